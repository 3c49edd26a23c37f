"""Where on a page a quote stands: the lines that it runs over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from mmrag.text.normalise import find_whole, letters_of, word_edges
from mmrag.types import BBox, Line

_SLACK = 0.01  # of the page: lines may stick out of their element's box by a hair


def place_of(quote: str, lines: Sequence[Line], within: BBox) -> BBox | None:
    """The smallest box around the lines that hold the quote; ``None`` if they are not found.

    Only letters and digits are compared, so that hyphens, line ends and table rules do not matter; of several
    places the first that cuts no word, as 5 mm cuts 15 mm.

    Args:
        quote: words of one element.
        lines: of the element's page, in reading order within a column.
        within: the element's box.
    """
    members = [(line.text, line.bbox) for line in lines if line.bbox and _centre_in(line.bbox, within)]
    wanted = letters_of(quote)
    stream, owners, edges = "", [], set()
    for at, (text, _) in enumerate(members):
        letters = letters_of(text)
        edges |= {len(stream) + edge for edge in word_edges(text)}
        stream += letters
        owners += [at] * len(letters)
    begin = find_whole(wanted, stream, edges)
    if begin < 0:
        begin = stream.find(wanted)
    if begin < 0 or not wanted:
        return None
    boxes = [members[at][1] for at in range(owners[begin], owners[begin + len(wanted) - 1] + 1)]
    return reduce(BBox.union, boxes)


def _centre_in(box: BBox, around: BBox) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    inside_x = around.x0 - _SLACK <= x <= around.x1 + _SLACK
    return inside_x and around.y0 - _SLACK <= y <= around.y1 + _SLACK
