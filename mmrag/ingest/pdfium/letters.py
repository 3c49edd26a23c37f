"""The letters of a page of pdfium to lines and words, in points from the page's top left corner."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import pypdfium2.raw as pdfium

from mmrag.ingest.pdf.boxes import union
from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.rawpage import bold_name
from mmrag.ingest.pdf.values import Box, Line, Word

_WIDE_GAP = 1.0
_BACK = 0.5
_OTHER_BASE = 0.3
_ITALIC, _FORCE_BOLD = 1 << 6, 1 << 18
_UPRIGHT = 0.3
_UNMAPPED = "\ufffd"
_MOST_LETTERS = 200_000


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; ``text`` is a space between words. ``angle``: radians that its line is turned by."""

    text: str
    box: Box
    base: float
    size: float
    font: str
    bold: bool
    italic: bool
    angle: float
    invisible: bool


@dataclass(slots=True)
class Run:
    """Letters that follow each other on one line, and whether another line has to follow."""

    letters: list[Letter] = field(default_factory=list)

    def line(self) -> Line:
        """The run as a line of a raw page."""
        inked = [letter for letter in self.letters if not letter.text.isspace()]
        box = union(letter.box for letter in inked)
        first = inked[0]
        text = _joined("".join(letter.text for letter in self.letters)).strip()
        upright = abs(math.sin(first.angle)) < _UPRIGHT or len(text) < 3
        return Line(*box, first.base, text, first.size, first.font, first.bold, first.italic, upright)

    def words(self) -> Iterator[Word]:
        """Its words."""
        word: list[Letter] = []
        for letter in [*self.letters, None]:
            if letter is not None and not letter.text.isspace():
                word.append(letter)
            elif word:
                yield Word(*union(one.box for one in word), _joined("".join(one.text for one in word)))
                word = []


def read_runs(textpage: Any, place: Callable[[float, float], tuple[float, float]], turned: int) -> list[Run]:
    """The runs of letters of a page, in the order of its content.

    Args:
        textpage: of pypdfium2.
        place: from pdfium's coordinates to points from the top left corner, as the page is shown.
        turned: degrees by which the page is turned to be shown.
    """
    runs = [Run()]
    inked: Letter | None = None
    for letter in _letters(textpage.raw, place, math.radians(turned)):
        if letter is None or (inked is not None and _parted(inked, letter)):
            runs.append(Run())
            inked = None
        if letter is not None:
            runs[-1].letters.append(letter)
            inked = inked if letter.text.isspace() else letter
    return [run for run in runs if any(not letter.text.isspace() for letter in run.letters)]


def _letters(
    raw: Any, place: Callable[[float, float], tuple[float, float]], turned: float
) -> Iterator[Letter | None]:
    """All letters; ``None`` where pdfium sees the end of a line."""
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(min(pdfium.FPDFText_CountChars(raw), _MOST_LETTERS)):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in (10, 13):
            yield None
            continue
        if not pdfium.FPDFText_GetLooseCharBox(raw, index, box):
            continue
        pdfium.FPDFText_GetCharOrigin(raw, index, x, y)
        corners = (place(box.left, box.top), place(box.right, box.bottom))
        left, right = sorted(corner[0] for corner in corners)
        top, bottom = sorted(corner[1] for corner in corners)
        size = pdfium.FPDFText_GetFontSize(raw, index)
        if pdfium.FPDFText_GetMatrix(raw, index, matrix):
            size *= math.hypot(matrix.c, matrix.d)
        name, flags = _font(raw, index)
        shown_by = pdfium.FPDFText_GetTextObject(raw, index)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(shown_by) if shown_by else 0
        yield Letter(
            chr(code) if 0 < code <= 0x10FFFF else _UNMAPPED,
            (left, top, right, bottom),
            place(x.value, y.value)[1],
            size if math.isfinite(size) and size > 0 else bottom - top,
            name,
            bold_name(name) or bool(flags & _FORCE_BOLD),
            bool(flags & _ITALIC),
            pdfium.FPDFText_GetCharAngle(raw, index) - turned,
            mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE,
        )


def _font(raw: Any, index: int) -> tuple[str, int]:
    buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    length = pdfium.FPDFText_GetFontInfo(raw, index, buffer, 128, flags)
    return _name(buffer.raw[: max(0, min(length, 128) - 1)]), flags.value


@lru_cache(maxsize=512)
def _name(data: bytes) -> str:
    return data.decode("utf-8", "replace").rpartition("+")[2]


def _parted(before: Letter, after: Letter) -> bool:
    """Whether two letters stand too far apart for one line."""
    if after.text.isspace():
        return False
    if abs(math.sin(after.angle)) >= _UPRIGHT:
        return False
    upside_down = math.cos(after.angle) < 0
    gap = before.box[0] - after.box[2] if upside_down else after.box[0] - before.box[2]
    size = max(before.size, after.size)
    return gap > _WIDE_GAP * size or gap < -_BACK * size or abs(after.base - before.base) > _OTHER_BASE * size


def _joined(text: str) -> str:
    """``text`` with the halves of surrogate pairs, as pdfium gives them, made one."""
    if not text.isprintable():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return readable(text)
