"""Lines, bitmaps and drawings of a page to blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mmrag.ingest.pdf import captions, console, figures, order, paragraphs, regions, tables
from mmrag.ingest.pdf.boxes import area, grow, inside, overlap, union
from mmrag.ingest.pdf.clusters import text_frames
from mmrag.ingest.pdf.drawings import Drawing, read_drawings
from mmrag.ingest.pdf.outline import demote_byline, is_numbered, mark_heading
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.parting import part_tables
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.values import Block, Box, Line, RawPage, Region, Role, Row, TextView
from mmrag.text.normalise import join_lines

_HEADINGS = frozenset({"section-header", "title"})
_MARGIN = 0.2
_SPARSE = 0.35
_LARGER = 1.15


def by_geometry(view: TextView, raw: RawPage, columns: list[list[Row]], state: DocumentState) -> list[Block]:
    """Blocks of a page from its rows alone: headings, paragraphs, lists and listings.

    Args:
        view: of the page.
        raw: the page.
        columns: their rows, without header and footer.
        state: of the document.
    """
    blocks: list[Block] = []
    for column in columns:
        for block in paragraphs.build(column):
            mark_heading(block, raw.number, state, view, hinted=False)
            blocks.append(block)
    demote_byline(blocks, state.outline, raw)
    return paragraphs.merge_runs(blocks)


def by_layout(view: PageView, raw: RawPage, lines: list[Line], state: DocumentState) -> list[Block]:
    """Blocks of a page by the layout model, with its figures and tables, captions linked.

    Args:
        view: of the page.
        raw: the page's bitmaps and drawings.
        lines: without header and footer.
        state: of the document.
    """
    page = view.page
    return from_regions(view, raw, lines, regions.analyse(page), read_drawings(page), state)


def from_regions(
    view: TextView,
    raw: RawPage,
    lines: list[Line],
    found: list[Region],
    drawings: list[Drawing],
    state: DocumentState,
) -> list[Block]:
    """As `by_layout`, for regions and drawings that are known already."""
    loose = regions.assign(lines, found)
    found = [_judged(region, drawings) for region in part_tables(found)]
    _own_margins(found, state)
    loose = _complete_formulas(found, loose)
    around = _surroundings(raw, found, loose, drawings, state)
    boxes = figures.find_figures(raw, drawings, around)
    blocks: list[Block] = []
    for region in found:
        if region.name == "picture":
            loose += [line for line in region.lines if not _in_any(line.box, boxes)]
            continue
        if region.name == "table" and _in_any(region.box, boxes):
            continue
        own = [line for line in region.lines if region.name == "caption" or not _in_any(line.box, boxes)]
        if own:
            blocks += _region_blocks(view, raw, region, own, drawings, state)
    left = [line for line in loose if line.upright and not _in_any(line.box, boxes)]
    turned = [line for line in loose if not line.upright and not _in_any(line.box, boxes)]
    for block in [*paragraphs.build(to_rows(left, state.fonts)), *paragraphs.sideways(turned)]:
        order.insert(blocks, block)
    for box in boxes:
        order.insert(blocks, Block(Role.FIGURE, box))
    if order.in_one_column(blocks, raw.width):
        blocks.sort(key=lambda block: (block.box[1], block.box[0]))
    top = order.top_of_columns(blocks, raw.width)
    if top is not None:
        order.put_first(blocks, top)
    for block in blocks:
        if captions.is_caption(block) and (block.role is not Role.HEADING):
            block.role = Role.CAPTION
    blocks = captions.link(blocks, state.habits)
    for block in blocks:
        if block.role is Role.FIGURE:
            block.extra["lines"] = [line for line in lines if inside(line.box, block.box) > 0.5]
    demote_byline(blocks, state.outline, raw, top)
    return [part for block in paragraphs.merge_runs(blocks) for part in console.split_tables(block, view)]


def _judged(region: Region, drawings: list[Drawing]) -> Region:
    """A table that is drawn with curves, or drawn and mostly empty, is a plot with its tick labels."""
    if region.name == "table":
        cells = (len(region.columns) + 1) * (len(region.rows) + 1)
        drawn = [item.box for item in drawings if inside(item.box, region.box) > 0.8]
        if drawn and len(region.lines) < _SPARSE * cells and area(union(drawn)) > 0.3 * area(region.box):
            region.name = "picture"
        curves = [
            drawing.box
            for drawing in drawings
            if drawing.shape == "path" and inside(drawing.box, region.box) > 0.8
        ]
        if curves and area(union(curves)) > 0.3 * area(region.box):
            region.name = "picture"
    return region


def _own_margins(found: list[Region], state: DocumentState) -> None:
    """What the model takes for header or footer is text where there is nothing that it could head.

    What repeats on other pages is gone before; so a page's only words, or those of an only page, are its own.
    """
    words = any(region.lines for region in found if region.name not in (*regions.MARGINS, "picture"))
    if state.page_count == 1 or not words:
        for region in found:
            if region.name in regions.MARGINS:
                region.name = "text"


def _complete_formulas(found: list[Region], loose: list[Line]) -> list[Line]:
    """Give lines that touch a formula to it: fractions and limits stand on lines of their own."""
    formulas = [region for region in found if region.name == "formula"]
    rest = []
    for line in loose:
        home = next((region for region in formulas if overlap(line.box, grow(region.box, 2.0)) > 0), None)
        if home is None:
            rest.append(line)
        else:
            home.lines.append(line)
    return rest


def _surroundings(
    raw: RawPage, found: list[Region], loose: list[Line], drawings: list[Drawing], state: DocumentState
) -> figures.Surroundings:
    pictures = [region.box for region in found if region.name == "picture"]
    labels = [line for line in loose if not state.fonts.is_mono(line)]
    prose = [line for line in loose if state.fonts.is_mono(line)]
    labelled: list[Box] = []
    for region in found:
        if region.name in ("caption", "text") and region.lines and captions.starts_caption(region.lines):
            labelled.append(region.box)
        if region.name == "picture" or (region.name == "text" and _in_any(region.box, pictures)):
            labels += region.lines
        elif region.name in regions.PROSE or region.name in regions.MARGINS or region.name == "formula":
            prose += region.lines
    frames = text_frames(drawings, prose, labels, raw.width)
    framed = [line for line in labels if _in_any(line.box, frames)]
    if framed:
        labels = [line for line in labels if not _in_any(line.box, frames)]
    return figures.Surroundings(
        prose + framed,
        labels,
        labelled,
        frames,
        [region.box for region in found if region.name == "table"],
        pictures,
    )


def _in_any(box: Box, boxes: Iterable[Box]) -> bool:
    return any(inside(box, other) > 0.6 for other in boxes)


def _region_blocks(
    view: TextView,
    raw: RawPage,
    region: Region,
    lines: list[Line],
    drawings: list[Drawing],
    state: DocumentState,
) -> list[Block]:
    name = region.name
    box = union(line.box for line in lines)
    rows = to_rows([line for line in lines if line.upright] or lines, state.fonts)
    if name in regions.MARGINS and _is_furniture(raw, rows, box, state):
        return []
    ocr = lines[0].ocr
    if name == "table":
        return _table(view, region, lines, drawings, state)
    if name == "formula":
        return [Block(Role.FORMULA, box, rows, " ".join(row.text for row in rows), ocr=ocr)]
    if name == "caption":
        return [Block(Role.CAPTION, box, rows, join_lines([row.text for row in rows]), ocr=ocr)]
    blocks = [
        block
        for part in order.side_by_side([line for row in rows for line in row.lines])
        for block in paragraphs.build(to_rows(part, state.fonts), trusted=name != "list-item")
    ]
    for block in blocks:
        hinted = name in _HEADINGS
        mark_heading(block, raw.number, state, view, hinted=hinted)
    return blocks


def _is_furniture(raw: RawPage, rows: list[Row], box: Box, state: DocumentState) -> bool:
    """Whether to believe the model, which knows this page alone, that it is a header or a footer.

    What repeats is gone already. A title is set larger than the text, a page may end with a heading, and the
    first page has its letterhead or the name of the conference where others have a running head.
    """
    at_top, at_bottom = box[3] < _MARGIN * raw.height, box[1] > (1 - _MARGIN) * raw.height
    if not (at_top or at_bottom) or all(row.mono for row in rows):
        return False
    text = " ".join(row.text for row in rows)
    if not any(map(str.isalpha, text)):
        return True
    if raw.number == 1 and at_top:
        return False
    larger = not rows[0].lines[0].ocr and min(row.size for row in rows) > _LARGER * state.fonts.body
    return not (larger or (at_bottom and is_numbered(text)))


def _table(
    view: TextView, region: Region, lines: list[Line], drawings: list[Drawing], state: DocumentState
) -> list[Block]:
    ocr = lines[0].ocr
    title = _title_within(lines)
    if title is not None:
        lines = [line for line in lines if line is not title]
        x0, y0, x1, y1 = region.box
        region = replace(region, box=(x0, max(y0, title.y1), x1, y1))
        above = [Block(Role.CAPTION, title.box, to_rows([title], state.fonts), title.text, ocr=ocr)]
        return above + _table(view, region, lines, drawings, state)
    box = union([region.box, *(line.box for line in lines)])
    words = tables.words_of(lines) if ocr else view.words_in(box)
    rules = [item.box for item in drawings if item.shape == "rule" and _touches(item.box, box)]
    cells = tables.to_cells(words, region, rules)
    if len(cells) < 2 or len(cells[0]) < 2:
        return paragraphs.build(to_rows(lines, state.fonts), trusted=True)
    block = Block(Role.TABLE, union([box, *rules]), [], tables.markdown(cells), ocr=ocr)
    block.extra["drawn"] = any(
        item.shape != "rule" and inside(item.box, grow(box, 4.0)) > 0.9 for item in drawings
    )
    return [block]


def _title_within(lines: list[Line]) -> Line | None:
    """The first line of a table, if it is the table's printed caption and there is more below it."""
    first = min(lines, key=lambda line: line.y0)
    if captions.label_of(first.text) != "table" or not captions.starts_caption([first]):
        return None
    below = all(line is first or line.y0 > (first.y0 + first.y1) / 2 for line in lines)
    return first if below and len(lines) > 1 else None


def _touches(rule: Box, box: Box) -> bool:
    return (
        box[1] - 8 < rule[1] < box[3] + 8
        and min(rule[2], box[2]) - max(rule[0], box[0]) > 0.5 * (rule[2] - rule[0])
        and area(box) > 0
    )
