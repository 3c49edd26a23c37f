"""Any picture as plain red, green and blue on white paper, in sizes that models take."""

from __future__ import annotations

import base64
import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from mmrag.errors import ModelError

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
"""What Pillow is to open a picture as. Left to itself, it also has Ghostscript run PostScript."""

_ORIENTATION = 0x0112  # the EXIF tag
_LONGEST_STRIP = 16  # times its width
LONGEST_SIDE = 1536  # pixels of what language models are shown
_SHORTEST_SIDE = 32  # some processors refuse sides below 28 pixels, or one side 200 times the other
_FEW_COLOURS = 8192  # at most in a drawing, whose sharp edges JPEG would blur
_LARGEST_PNG = 4_000_000


def as_rgb(picture: Image.Image) -> Image.Image:
    """The first frame in RGB, turned as its EXIF orientation says, on white where it is transparent.

    16-bit and floating-point greys are spread over the whole range. A picture that is RGB already is handed
    back as it is.

    Raises:
        ModelError: if the picture's data can't be decoded.
    """
    try:
        if getattr(picture, "tell", lambda: 0)():
            picture.seek(0)
        picture.load()
        with warnings.catch_warnings():  # Pillow warns about odd metadata of pictures that it reads well
            warnings.simplefilter("ignore")
            turned = picture.getexif().get(_ORIENTATION, 1) != 1
            picture = ImageOps.exif_transpose(picture) if turned else picture
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ModelError(f"the picture can't be decoded: {error}") from error
    if picture.mode[0] in "IF":
        picture = _spread(picture)
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        picture = Image.alpha_composite(paper, layers)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def for_model(picture: Image.Image) -> Image.Image:
    """`as_rgb`, and where one side is over 16 times the other, centred on white paper of that shape.

    What models bring pictures to their input with refuses a longer strip, or makes it gigabytes large.

    Raises:
        ModelError: if the picture's data can't be decoded.
    """
    plain = as_rgb(picture)
    return _on_paper(plain, -(-max(plain.size) // _LONGEST_STRIP))


def framed(picture: Image.Image, longest_side: int = LONGEST_SIDE) -> Image.Image:
    """The picture in RGB, no side longer than ``longest_side``, on white paper where one is very short.

    Raises:
        ModelError: if the picture can't be decoded.
    """
    plain = as_rgb(picture)
    if max(plain.size) > longest_side:
        scale = longest_side / max(plain.size)
        size = (max(1, round(plain.width * scale)), max(1, round(plain.height * scale)))
        plain = plain.resize(size, Image.Resampling.LANCZOS)
    return _on_paper(plain, _SHORTEST_SIDE)


def squared(picture: Image.Image) -> Image.Image:
    """An RGB picture in the middle of white paper that is as high as it is wide."""
    return _on_paper(picture, max(picture.size))


def shrunk(picture: Image.Image, side: int) -> Image.Image:
    """``picture``, its longer side at most ``side`` pixels."""
    longest = max(picture.size)
    if longest <= side:
        return picture
    width, height = (max(1, round(length * side / longest)) for length in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)


def data_uri(picture: Image.Image) -> str:
    """An RGB picture as a ``data:`` URI: PNG for drawings, JPEG for photos and for what is large as PNG."""
    buffer = io.BytesIO()
    if picture.getcolors(_FEW_COLOURS) is not None:
        picture.save(buffer, "PNG")
        if buffer.tell() <= _LARGEST_PNG:
            return _uri("png", buffer)
        buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return _uri("jpeg", buffer)


def _on_paper(plain: Image.Image, least: int) -> Image.Image:
    """Centred on white paper, of which no side is shorter than ``least`` pixels."""
    if min(plain.size) >= least:
        return plain
    paper = Image.new("RGB", (max(plain.width, least), max(plain.height, least)), "white")
    paper.paste(plain, ((paper.width - plain.width) // 2, (paper.height - plain.height) // 2))
    return paper


def _uri(kind: str, buffer: io.BytesIO) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _spread(picture: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / (high - low or 1))).astype(np.uint8))
