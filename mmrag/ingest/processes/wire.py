"""Frames between the pool and its parser processes: JSON and raw picture bytes, never pickle.

A frame is one letter, the lengths of its JSON and of its bytes (big-endian, 32 bits each), the JSON, the
bytes. The JSON is that of orjson; a blank before it says that it is the standard library's, for what orjson
refuses: lone surrogates, and integers of more than 64 bits. Numbers that are not finite become null. What
comes out of a parser process has touched hostile files: lengths are checked, and values are built by their
own constructors.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any

import orjson

from mmrag import errors
from mmrag.errors import CrashedError, IngestError
from mmrag.types import Asset, BBox, Document, Element, Kind, Line, Metadata, Page, ParsedPage

if TYPE_CHECKING:
    from PIL.Image import Image

HEADER = struct.Struct(">cII")
LIMIT = 1 << 30
_NUMBER = (int, float, NoneType)
_TEXT = (str, NoneType)
_GARBLED = "the parser sent something that can't be understood, and was not believed"

START, OPEN, NEXT, CLOSE, DRAW = b"S", b"O", b"N", b"C", b"W"
"""To the parser: options; open this file; parse one more page; leave this file; draw a page, of any file."""
READY, DOCUMENT, PAGE, END, ERROR, FATAL = b"R", b"D", b"P", b"E", b"X", b"F"
"""From the parser: started; opened; one page; no more pages; this file failed; and so the parser leaves."""
LOST, PICTURE = b"L", b"I"
"""Also: a page of which nothing could be read; a drawing."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, not yet decoded."""

    kind: bytes
    text: bytes = b"null"
    blob: bytes = b""

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return len(self.text) + len(self.blob)

    def value(self) -> Any:
        """Its JSON, parsed."""
        return json.loads(self.text) if self.text.startswith(b" ") else orjson.loads(self.text)


def pack(frame: Frame) -> bytes:
    """The bytes of a frame.

    Raises:
        CrashedError: if it is over 1 GiB.
    """
    if max(len(frame.text), len(frame.blob)) > LIMIT:
        raise CrashedError(f"one page came to {frame.size / 1e6:,.0f} MB, more than a parser may hand over")
    return HEADER.pack(frame.kind, len(frame.text), len(frame.blob)) + frame.text + frame.blob


def read_frame(read: Callable[[int], bytes]) -> Frame:
    """The next frame. ``read(n)`` returns exactly n bytes.

    Raises:
        EOFError: from ``read``, at the end of the stream.
        CrashedError: if what was read is not a frame.
    """
    kind, text, blob = HEADER.unpack(read(HEADER.size))
    if max(text, blob) > LIMIT:
        raise CrashedError(_GARBLED)
    return Frame(kind, read(text), read(blob) if blob else b"")


def to_frame(kind: bytes, value: Any, blob: bytes = b"") -> Frame:
    """A frame of plain JSON data."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        text = b" " + json.dumps(value, separators=(",", ":")).encode("ascii")
    return Frame(kind, text, blob)


def from_document(document: Document) -> Frame:
    """A document as a frame.

    Raises:
        ValueError: if its metadata holds what an index can't keep.
    """
    d = document
    metadata = _metadata(d.metadata)
    return to_frame(DOCUMENT, [d.id, d.path, d.media_type, d.title, d.page_count, d.paged, metadata])


def to_document(frame: Frame) -> Document:
    """The document in a frame.

    Raises:
        CrashedError: if there is none in it.
    """
    with _distrusted(frame, DOCUMENT):
        fields = _fields(frame.value(), str, str, str, str, int, bool, dict)
        fields[-1] = _metadata(fields[-1])
        return Document(*fields)


def from_page(parsed: ParsedPage) -> Frame:
    """A parsed page as a frame, its pictures' bytes one after the other.

    Raises:
        ValueError: if the metadata of an element holds what an index can't keep.
    """
    page = parsed.page
    value = {
        "page": [page.document, page.number, page.width, page.height, page.rotation, page.label],
        "elements": [_element(element) for element in parsed.elements],
        "assets": [[a.id, a.media_type, a.width, a.height, len(a.data)] for a in parsed.assets],
        "error": parsed.error,
        "lines": _from_lines(parsed.lines),
        "resume": parsed.resume,
    }
    empty = parsed.error is not None and not parsed.elements and not parsed.lines
    return to_frame(LOST if empty else PAGE, value, b"".join(asset.data for asset in parsed.assets))


def to_page(frame: Frame) -> ParsedPage:
    """The parsed page in a frame.

    Raises:
        CrashedError: if there is none in it.
    """
    with _distrusted(frame, PAGE, LOST):
        value = frame.value()
        page = Page(*_fields(value["page"], str, int, _NUMBER, _NUMBER, int, str))
        assets, start = [], 0
        for fields in value["assets"]:
            identity, kind, width, height, size = _fields(fields, str, str, int, int, int)
            assets.append(Asset(identity, kind, width, height, frame.blob[start : start + size]))
            start += size
        elements = tuple(_to_element(page, fields) for fields in value["elements"])
        lines = _to_lines(value["lines"])
        error, resume = _fields([value["error"], value["resume"]], _TEXT, _TEXT)
        error = error and _keepable(error)
        return ParsedPage(page, elements, tuple(assets), error, lines, resume)


def from_picture(picture: Image) -> Frame:
    """A picture in RGB as a frame, not compressed: it goes no further than the next process."""
    return to_frame(PICTURE, list(picture.size), picture.tobytes())


def to_picture(frame: Frame) -> Image:
    """The picture in a frame.

    Raises:
        CrashedError: if there is none in it.
    """
    from PIL import Image

    with _distrusted(frame, PICTURE):
        width, height = _fields(frame.value(), int, int)
        return Image.frombytes("RGB", (width, height), frame.blob)


def from_error(error: IngestError, kind: bytes = ERROR) -> Frame:
    """An error as a frame."""
    return to_frame(kind, [type(error).__name__, str(error)])


def to_error(frame: Frame) -> IngestError:
    """The error in a frame; `CrashedError` if its class is not one of ours."""
    try:
        name, message = frame.value()
        kind = getattr(errors, str(name), None)
    except (ValueError, TypeError, RecursionError):
        return CrashedError(_GARBLED)
    if isinstance(kind, type) and issubclass(kind, IngestError):
        return kind(_keepable(message))
    return CrashedError(_keepable(message))


def _keepable(message: Any) -> str:
    """A message without lone surrogates, as names of files that are not text bring them."""
    return str(message).encode("utf-8", "backslashreplace").decode()


@contextmanager
def _distrusted(frame: Frame, *kinds: bytes) -> Iterator[None]:
    """Whatever is wrong with a frame is the parser's fault, and costs its file alone."""
    try:
        if frame.kind not in kinds:
            raise ValueError(frame.kind)
        yield
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CrashedError(_GARBLED) from error


def _fields(values: Any, *kinds: type | tuple[type, ...]) -> list[Any]:
    """``values``, if they are as many as ``kinds`` and of these kinds."""
    if not isinstance(values, list) or not all(map(isinstance, values, kinds)) or len(values) != len(kinds):
        raise ValueError(values)
    return values


def _element(e: Element) -> list[Any]:
    box = None if e.bbox is None else e.bbox.as_tuple()
    return [e.id, e.kind, box, e.text, e.caption, e.section, e.order, e.picture, _metadata(e.metadata)]


def _to_element(page: Page, fields: list[Any]) -> Element:
    kinds = (str, str, (list, NoneType), str, str, list, int, _TEXT, dict)
    identity, kind, box, text, caption, section, order, picture, metadata = _fields(fields, *kinds)
    return Element(
        identity,
        page.document,
        page.number,
        Kind(kind),
        None if box is None else BBox(*box),
        text,
        caption,
        tuple(section),
        order,
        picture,
        _metadata(metadata),
    )


def _metadata(said: Metadata) -> dict[str, str | int | float | bool]:
    """``said``, by whatever reader, if it is words, finite numbers and truth values under words.

    A single NaN would make SQLite refuse every question about the metadata of the whole index.
    """
    for key, value in said.items():
        number = isinstance(value, (int, float)) and abs(value) <= sys.float_info.max
        if not isinstance(key, str) or not (number or isinstance(value, str)):
            raise ValueError(f"its metadata {str(key)[:80]!r} is neither text nor a finite number")
    return dict(said)


def _from_lines(lines: Sequence[Line]) -> list[list[Any]]:
    boxes = [None if line.bbox is None else line.bbox.as_tuple() for line in lines]
    return [[line.text for line in lines], boxes]


def _to_lines(value: Any) -> tuple[Line, ...]:
    texts, boxes = _fields(value, list, list)
    if not set(map(type, texts)) <= {str}:
        raise ValueError(value)
    # What is no number, or out of order, is no box either.
    places = [None if box is None else BBox(*box) for box in boxes]
    return tuple(Line(text, place) for text, place in zip(texts, places, strict=True))
