"""Pages of lines, boxes and drawings in any place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mmrag.config import IngestOptions
from mmrag.ingest.pdf.drawings import Drawing
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.order import in_columns
from mmrag.ingest.pdf.outline import Outline
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry, from_regions
from mmrag.ingest.pdf.values import Line, RawPage, Region, Word
from mmrag.types import BBox
from mmrag.vision.reading_order import reading_order
from tests.stress.fuzzed.values import Target

_length = st.floats(-50, 700) | st.sampled_from([0.0, 1e-9, 300.0, 595.0, 1e6])


@st.composite
def _boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    x, y = draw(_length), draw(_length)
    return x, y, x + abs(draw(_length)), y + abs(draw(_length))


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    x0, y0, x1, y1 = draw(_boxes())
    size = draw(st.sampled_from([0.0, 1.0, 8.0, 10.0, 72.0]))
    text = draw(
        st.text(min_size=1, max_size=20)
        | st.sampled_from(["Figure 1: a", "Table 2", "1.", "•", "x = 3", "3.1 A"])
    )
    return Line(
        x0,
        y0,
        x1,
        y1,
        y1,
        text,
        size,
        draw(st.sampled_from(["A", "Mono"])),
        draw(st.booleans()),
        False,
        draw(st.booleans()),
    )


_regions = st.builds(
    Region,
    name=st.sampled_from(
        [
            "text",
            "title",
            "section-header",
            "table",
            "picture",
            "caption",
            "formula",
            "list-item",
            "page-header",
            "page-footer",
            "footnote",
        ]
    ),
    box=_boxes(),
    columns=st.lists(_length, max_size=3),
    rows=st.lists(_length, max_size=3),
)
_drawings = st.builds(
    Drawing, box=_boxes(), shape=st.sampled_from(["rule", "rectangle", "path"]), filled=st.booleans()
)
_pages = st.tuples(
    st.lists(_lines(), max_size=14),
    st.lists(_regions, max_size=5),
    st.lists(_drawings, max_size=8),
    st.lists(_boxes(), max_size=3),
)


class _View:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def words_in(self, box: Any) -> list[Word]:
        return [Word(*line.box, line.text) for line in self._lines if line.text.strip()]

    def spans_in(self, box: Any) -> list[dict[str, Any]]:
        return [
            {
                "text": line.text,
                "size": line.size,
                "font": line.font,
                "flags": 0,
                "bbox": line.box,
                "origin": (line.x0, line.base),
                "color": 0,
            }
            for line in self._lines
        ]


def _lay_out(page: Any, scratch: Path) -> None:
    lines, regions, drawings, images = page
    raw = RawPage(1, 595.0, 842.0, list(lines), images, [one.box for one in drawings], [])
    state = DocumentState(IngestOptions(), Outline([]), 2)
    state.fonts.add(lines)
    rows = to_rows([line for line in lines if line.upright], Fonts())
    by_geometry(_View(lines), raw, in_columns(rows, Fonts()), state)
    blocks = from_regions(_View(lines), raw, list(lines), regions, drawings, state)
    assert all(block.box[0] <= block.box[2] and block.box[1] <= block.box[3] for block in blocks)
    fractions = [BBox.from_points(*block.box, raw.width, raw.height) for block in blocks]
    assert sorted(reading_order(fractions)) == list(range(len(fractions)))


TARGETS = {"layout merge": Target(_pages, _lay_out)}
