"""The lines of a page as they stand on it: rows of its columns, words in tables and figures included."""

from __future__ import annotations

from collections.abc import Iterable

from mmrag.ingest.pdf.boxes import fractions, gaps, union
from mmrag.ingest.pdf.paragraphs import normal
from mmrag.ingest.pdf.values import Box, RawPage, Row
from mmrag.ingest.pdf.values import Line as RawLine
from mmrag.types import Line


def page_lines(raw: RawPage, columns: list[list[Row]], turned: list[RawLine]) -> list[Line]:
    """The lines of a page, column by column from top to bottom; text on its side comes last.

    What stands on one baseline of a column is one line: a row of a table, its cells parted by spaces.

    Args:
        raw: the page.
        columns: rows of its upright text, header and footer left out.
        turned: its text that runs up or down the page.
    """
    width, height = raw.width, raw.height
    found = []
    for rows in columns:
        for row in rows:
            text = normal(row.text)
            if text:
                found.append(Line(text, fractions((row.x0, row.y0, row.x1, row.y1), width, height)))
    for line in turned:
        text = normal(line.text)
        if text:
            found.append(Line(text, fractions(line.box, width, height)))
    return found


def in_picture(lines: Iterable[Line], picture: Box, raw: RawPage) -> list[Line]:
    """Lines of a picture, in its fractions, as lines of the page on which it covers the box ``picture``."""
    left, top, right, bottom = picture
    width, height = right - left, bottom - top
    placed = []
    for line in lines:
        if line.bbox is not None:
            x0, y0, x1, y1 = line.bbox.to_points(width, height)
            box = (left + x0, top + y0, left + x1, top + y1)
            placed.append(Line(line.text, fractions(box, raw.width, raw.height)))
    return placed


def put_in(lines: list[Line], more: list[Line]) -> None:
    """Put ``more``, the lines of one picture, before the first of ``lines`` that stands below their end."""
    boxes = [line.bbox.as_tuple() for line in more if line.bbox is not None]
    if not boxes:
        return
    area = union(boxes)
    place = next((index for index, line in enumerate(lines) if _below(line, area)), len(lines))
    lines[place:place] = more


def _below(line: Line, area: Box) -> bool:
    if line.bbox is None:
        return False
    box = line.bbox.as_tuple()
    return box[1] >= area[3] and gaps(area, box)[0] <= 0
