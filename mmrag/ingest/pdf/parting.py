"""Tables of the layout model that run over what is none of theirs: a plot, its caption, the heading below."""

from __future__ import annotations

from itertools import pairwise

from mmrag.ingest.pdf.boxes import holds_middle, union
from mmrag.ingest.pdf.captions import label_of
from mmrag.ingest.pdf.values import Line, Region
from mmrag.text.normalise import join_lines

_APART = frozenset({"caption", "section-header", "title"})


def part_tables(found: list[Region]) -> list[Region]:
    """The same regions, where a table that holds captions or headings is cut at them.

    A printed table has its caption outside. So what stands between two captions is a table or a figure of its
    own: a figure if only a figure's caption is next to it.

    Args:
        found: regions in reading order, with their lines.
    """
    parted: list[Region] = []
    placed: set[int] = set()
    for region in found:
        if id(region) in placed:
            continue
        between = [other for other in found if _parts(other, region) and id(other) not in placed]
        if region.name != "table" or not between:
            parted.append(region)
            continue
        placed |= {id(other) for other in between}
        parted = [other for other in parted if id(other) not in placed] + _cut(region, between)
    return parted


def _parts(other: Region, region: Region) -> bool:
    return other.name in _APART and bool(other.lines) and holds_middle(region.box, other.box)


def _cut(region: Region, between: list[Region]) -> list[Region]:
    """The parts of a table and what stands between them, from top to bottom."""
    x0, top, x1, bottom = region.box
    between = sorted(between, key=lambda other: other.box[1])
    edges = [Region("", (x0, top, x1, top)), *between, Region("", (x0, bottom, x1, bottom))]
    out: list[Region] = []
    spoken_for = False  # whether the caption above belongs to what is above it
    for above, below in pairwise(edges):
        box = (x0, above.box[3], x1, below.box[1])
        lines = [line for line in region.lines if box[1] <= (line.y0 + line.y1) / 2 < box[3]]
        labels = {_label(below), "" if spoken_for else _label(above)}
        if lines:
            out.append(_part(region, lines, labels))
        spoken_for = bool(lines)
        out.append(below)
    return out[:-1]


def _part(region: Region, lines: list[Line], labels: set[str]) -> Region:
    """Its borders between columns are left to be found from its words: the model drew them through all."""
    box = union(line.box for line in lines)
    if "figure" in labels and "table" not in labels:
        return Region("picture", box, lines=lines)
    rows = [border for border in region.rows if box[1] < border < box[3]]
    return Region("table", box, rows=rows, lines=lines)


def _label(region: Region) -> str:
    return label_of(join_lines([line.text for line in region.lines])) if region.lines else ""
