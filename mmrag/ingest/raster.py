"""Pictures in files: checked before they are decoded, turned upright, in RGB, and encoded again."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import DamagedError, IngestError, TooLargeError
from mmrag.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
_KEPT_BYTES = 4_000_000
_ASSET_SIDE = 3000
_PHOTO_COLOURS = 4096
_ORIENTATION = 0x0112


@contextmanager
def opened(source: Path | bytes, name: str, max_pixels: int) -> Iterator[Image]:
    """The picture in a file, its header read and its size checked, its pixels not yet decoded.

    Args:
        source: the file, or its bytes.
        name: what messages call it.
        max_pixels: a larger picture is refused.

    Raises:
        DamagedError: if it is not a picture in a format that is read, or is broken.
        TooLargeError: if it has more pixels than allowed.
    """
    from PIL import Image as pillow  # noqa: N813

    from mmrag.pictures import FORMATS

    file = io.BytesIO(source) if isinstance(source, bytes) else source
    # Pillow's own limit would refuse pictures that max_pixels allows; ours takes its place.
    limit, pillow.MAX_IMAGE_PIXELS = pillow.MAX_IMAGE_PIXELS, None
    try:
        with _damage(name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = pillow.open(file, formats=FORMATS)
        with picture:
            check_size(picture, name, max_pixels)
            yield picture
    finally:
        pillow.MAX_IMAGE_PIXELS = limit


def check_size(picture: Image, name: str, max_pixels: int) -> None:
    """Refuse a picture with more than ``max_pixels``, by its header.

    Raises:
        TooLargeError: then.
    """
    if picture.width * picture.height > max_pixels:
        raise TooLargeError(
            f"{name} has {picture.width:,} × {picture.height:,} pixels, over the limit of "
            f"{max_pixels / 1e6:,.0f} million (ingest.max_pixels)"
        )


def upright(picture: Image, name: str) -> Image:
    """The decoded frame in RGB, turned as its EXIF orientation says, transparency laid on white.

    Raises:
        DamagedError: if it can't be decoded.
    """
    from PIL import ImageOps

    with _damage(name), warnings.catch_warnings():
        # Pillow warns about odd metadata of pictures that it reads well.
        warnings.simplefilter("ignore")
        picture.load()
        return on_white(ImageOps.exif_transpose(_eight_bits(picture)))


def on_white(picture: Image) -> Image:
    """``picture`` in RGB, transparency laid on white."""
    if picture.mode == "RGB" and not picture.has_transparency_data:
        return picture
    if picture.has_transparency_data:
        from PIL import Image as pillow  # noqa: N813

        layer = picture.convert("RGBA")
        return pillow.alpha_composite(pillow.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")


def to_asset(picture: Image, source: bytes, original: Image) -> Asset:
    """The asset of a picture from a file: the file itself where viewers show it just so, else made anew.

    Args:
        picture: upright, in RGB.
        source: the file's bytes.
        original: the opened file that ``picture`` was decoded from.
    """
    media_type = _KEPT.get(original.format or "")
    simple = original.mode in ("RGB", "RGBA", "L", "LA", "P", "1") and not _turned(original)
    small = len(source) <= _KEPT_BYTES and max(picture.size) <= _ASSET_SIDE
    if media_type and simple and small and getattr(original, "n_frames", 1) == 1:
        return Asset(hashlib.sha256(source).hexdigest(), media_type, *picture.size, source)
    return encode(picture)


def encode(picture: Image) -> Asset:
    """``picture`` (RGB) as PNG, or as JPEG where it has the colours of a photo.

    A side over 3,000 pixels is reduced to that.
    """
    from PIL import Image as pillow  # noqa: N813

    from mmrag.pictures import shrunk

    picture = shrunk(picture, _ASSET_SIDE)
    probe = picture.resize((min(256, picture.width), min(256, picture.height)), 0)
    photo = probe.getcolors(_PHOTO_COLOURS) is None
    buffer = io.BytesIO()
    if photo:
        picture.save(buffer, "JPEG", quality=88)
    else:
        few = picture.getcolors(256) is not None
        (picture.quantize(256, dither=pillow.Dither.NONE) if few else picture).save(buffer, "PNG")
    data = buffer.getvalue()
    kind = "image/jpeg" if photo else "image/png"
    return Asset(hashlib.sha256(data).hexdigest(), kind, picture.width, picture.height, data)


def _turned(picture: Image) -> bool:
    return int(picture.getexif().get(_ORIENTATION, 1)) != 1


def _eight_bits(picture: Image) -> Image:
    """A picture of 16 or 32 bits a sample, its range spread over 8 bits; others as they are."""
    if picture.mode not in ("I", "F") and not picture.mode.startswith("I;16"):
        return picture
    import numpy as np
    from PIL import Image as pillow  # noqa: N813

    values = np.nan_to_num(np.asarray(picture, dtype=np.float32))
    low, high = (0.0, 65535.0) if picture.mode.startswith("I;16") else (values.min(), values.max())
    scaled = (values - low) * (255.0 / max(high - low, 1e-9))
    made = pillow.fromarray(scaled.clip(0, 255).astype(np.uint8), "L")
    made.info = picture.info
    return made


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Whatever Pillow raises about a broken file becomes one error of ours."""
    try:
        yield
    except (IngestError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if "cannot identify image file" in reason:
            reason = "its header is broken"
        raise DamagedError(f"{name} can't be decoded: {reason}") from error
