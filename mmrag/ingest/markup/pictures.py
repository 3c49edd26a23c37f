"""The pictures that a document shows: local files below the indexed root, and data URIs. Never fetched."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from mmrag.config import IngestOptions
from mmrag.errors import IngestError
from mmrag.ingest.markup.vector import draw, is_svg
from mmrag.ingest.raster import encode, opened, to_asset, upright
from mmrag.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

_DATA = re.compile(r"data:[^,;]*(?:;(?!base64)[^,;]*)*(;base64)?,", re.IGNORECASE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_MAX_BYTES = 50_000_000
_ICON = 32


class PictureNotRead(Exception):  # noqa: N818
    """A picture that should be there is not: the message says which and why, in one line."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture and the words in it; ``ocr`` says that they were read from pixels."""

    asset: Asset
    words: str
    ocr: bool


class PictureFinder:
    """Loads the pictures of one document.

    Args:
        path: the document's file.
        name: its path relative to the indexed root: pictures above that root are refused.
        options: limits and switches.
    """

    def __init__(self, path: Path, name: str, options: IngestOptions) -> None:
        self._folder = path.absolute().parent
        self._root = path.absolute().parents[len(PurePosixPath(name).parts) - 1]
        self._options = options
        self._known: dict[str, Shown | None] = {}
        self._words: dict[str, str] = {}

    def find(self, source: str) -> Shown | None:
        """The picture at ``source``; ``None`` if it is on the network, or as small as an icon.

        Raises:
            PictureNotRead: if it is missing, outside the root, not a picture, or over a limit.
        """
        if source not in self._known:
            self._known[source] = self._load(source)
        return self._known[source]

    def _load(self, source: str) -> Shown | None:
        inline = _DATA.match(source)
        if inline:
            name, data = "a picture inside the text", _inline(source, inline)
        elif source.startswith("//") or (_SCHEME.match(source) and not source.lower().startswith("file:")):
            return None
        else:
            name, data = source, self._read(source)
        try:
            return self._drawn(data, name) if is_svg(data) else self._decoded(data, name)
        except IngestError as error:
            raise PictureNotRead(str(error)) from error

    def _drawn(self, data: bytes, name: str) -> Shown | None:
        picture, words = draw(data, name, self._options.dpi, self._options.max_pixels)
        if max(picture.size) <= _ICON * self._options.dpi / 72:
            return None
        if words:
            return Shown(encode(picture), words, ocr=False)
        # Plotting programs draw letters as outlines.
        return self._shown(picture, encode(picture))

    def _decoded(self, data: bytes, name: str) -> Shown | None:
        with opened(data, name, self._options.max_pixels) as picture:
            if max(picture.size) <= _ICON:
                return None
            shown = upright(picture, name)
            asset = to_asset(shown, data, picture)
        return self._shown(shown, asset)

    def _shown(self, picture: Image, asset: Asset) -> Shown:
        if asset.id not in self._words:
            self._words[asset.id] = self._read_words(picture)
        words = self._words[asset.id]
        return Shown(asset, words, ocr=bool(words))

    def _read_words(self, picture: Image) -> str:
        if self._options.ocr == "never":
            return ""
        from mmrag.ingest.prose import plain_text
        from mmrag.vision.ocr import read_text

        return plain_text(read_text(picture))

    def _read(self, source: str) -> bytes:
        path = self._place(source)
        try:
            if path.stat().st_size > _MAX_BYTES:
                raise PictureNotRead(f"the picture {source} has more than {_MAX_BYTES / 1e6:.0f} MB")
            return path.read_bytes()
        except OSError as error:
            raise PictureNotRead(f"the picture {source} can't be read: {error.strerror}") from error

    def _place(self, source: str) -> Path:
        """The file that ``source`` names, if it is one below the root."""
        local = unquote(urlsplit(source).path) if source.lower().startswith("file:") else source
        tries = dict.fromkeys((local, unquote(local), unquote(re.split(r"[?#]", local)[0])))
        outside = False
        for name in tries:
            for path in self._candidates(name.replace("\\", "/"), absolute=local is not source):
                if path.is_relative_to(self._root.resolve()):
                    if _is_file(path):
                        return path
                else:
                    outside = True
        if outside:
            raise PictureNotRead(f"the picture {source} lies outside the indexed folder, and was not opened")
        raise PictureNotRead(f"the picture {source} is missing")

    def _candidates(self, name: str, absolute: bool) -> list[Path]:
        # A path from the top of a site is one from the root of the folder that holds the site.
        place = (
            self._root / name.lstrip("/") if name.startswith("/") and not absolute else self._folder / name
        )
        try:
            return [place.resolve()]
        except (OSError, ValueError, RuntimeError):
            return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _inline(source: str, found: re.Match[str]) -> bytes:
    if len(source) > _MAX_BYTES:
        raise PictureNotRead(f"a picture inside the text has more than {_MAX_BYTES / 1e6:.0f} MB")
    body = source[found.end() :]
    if not found[1]:
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(re.sub(r"\s+", "", unquote(body)), validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureNotRead(f"a picture inside the text is not base64: {error}") from error
