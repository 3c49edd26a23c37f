"""Pictures as vision-language models take them."""

from __future__ import annotations

import base64
import io

from PIL import Image

from mmrag.pictures import as_rgb

LONGEST_SIDE = 1536
_SHORTEST_SIDE = 32  # some processors refuse sides below 28 pixels, or one side 200 times the other
_FEW_COLOURS = 8192  # at most in a drawing, whose sharp edges JPEG would blur
_LARGEST_PNG = 4_000_000


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
    if min(plain.size) >= _SHORTEST_SIDE:
        return plain
    paper = Image.new("RGB", (max(plain.width, _SHORTEST_SIDE), max(plain.height, _SHORTEST_SIDE)), "white")
    paper.paste(plain, ((paper.width - plain.width) // 2, (paper.height - plain.height) // 2))
    return paper


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


def _uri(kind: str, buffer: io.BytesIO) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
