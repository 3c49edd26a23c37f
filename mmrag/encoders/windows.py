"""The lines of a page as windows: neighbouring lines that are embedded together, with the box around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.text.normalise import join_lines
from mmrag.types import BBox, Line


@dataclass(frozen=True, slots=True)
class Window:
    """Consecutive lines as one text, and the box around them; ``None`` where their place is unknown."""

    text: str
    bbox: BBox | None


def windows(lines: Sequence[Line], size: int) -> list[Window]:
    """All windows of ``size`` lines that follow each other, each window one line further down than the last.

    Where the page goes on further up (in the next column) or beside, the windows begin anew; a stretch of
    fewer lines is one window.

    Args:
        lines: of one page, column by column from top to bottom.
        size: lines a window, at least 1.
    """
    found: list[Window] = []
    for stretch in _stretches(lines):
        starts = range(max(1, len(stretch) - size + 1))
        found += [_window(stretch[start : start + size]) for start in starts]
    return found


def _stretches(lines: Sequence[Line]) -> list[list[Line]]:
    stretches: list[list[Line]] = []
    for line in lines:
        if stretches and _goes_on(stretches[-1][-1].bbox, line.bbox):
            stretches[-1].append(line)
        else:
            stretches.append([line])
    return stretches


def _goes_on(before: BBox | None, after: BBox | None) -> bool:
    """Whether a line stands lower than the one before, if their places are known.

    It need not stand under it: the labels of a plot, each a window of its own, would match any question.
    """
    if before is None or after is None:
        return before is after
    return before.y0 < after.y0


def _window(lines: Sequence[Line]) -> Window:
    box = lines[0].bbox
    for line in lines[1:]:
        if box is not None and line.bbox is not None:
            box = box.union(line.bbox)
    return Window(join_lines([line.text for line in lines]), box)
