"""Words in a table's box to rows of cells, and those to Markdown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from statistics import median

from mmrag.ingest.pdf.paragraphs import normal
from mmrag.ingest.pdf.values import Box, Line, Region, Word
from mmrag.text.normalise import join_lines

_WORD_GAP = 0.45
_FULL_GRID = 0.6
_SPACE = 0.8
_WIDE_GUTTER = 0.8
_FEW_ROWS = 3
_INDEX = 0.85
_INDENT = 0.3
_ALIGNED = 1.5


def words_of(lines: list[Line]) -> list[Word]:
    """Words of lines that have no boxes of their own (OCR): placed by their share of the characters."""
    words = []
    for line in lines:
        step = (line.x1 - line.x0) / max(1, len(line.text))
        at = 0
        for text in line.text.split(" "):
            if text:
                words.append(
                    Word(line.x0 + at * step, line.y0, line.x0 + (at + len(text)) * step, line.y1, text)
                )
            at += len(text) + 1
    return words


def to_cells(words: list[Word], region: Region, rules: list[Box]) -> list[list[str]]:
    """Rows of cells, all of one length, empty columns and rows left out.

    Args:
        words: of the table.
        region: with the borders that the layout model found.
        rules: boxes of the lines drawn in it.
    """
    if not words:
        return []
    rows = rows_of(words)
    columns = mended(sorted(region.columns), rows) or gutters(rows)
    cells = [split_row(row, columns) for row in rows]
    merged = _merge_wrapped(rows, cells, region, rules)
    used = [index for index in range(len(columns) + 1) if any(row[index] for row in merged)]
    return [[row[index] for index in used] for row in merged if any(row)]


def markdown(cells: list[list[str]]) -> str:
    """A Markdown table; the first row is its head. Bars inside cells are escaped."""
    if not cells:
        return ""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    lines.insert(1, "|" + " --- |" * len(cells[0]))
    return "\n".join(lines)


def rows_of(words: list[Word]) -> list[list[Word]]:
    """Words grouped into rows from top to bottom, each from left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda item: item.middle):
        if rows:
            last = rows[-1][-1]
            height = min(word.y1 - word.y0, last.y1 - last.y0)
            if word.middle - last.middle < 0.4 * height:
                rows[-1].append(word)
                continue
        rows.append([word])
    rows = _with_indices(rows)
    for row in rows:
        row.sort(key=lambda item: item.x0)
    return rows


def _with_indices(rows: list[list[Word]]) -> list[list[Word]]:
    """Rows that hold nothing but small raised or lowered words joined to the row that they stand in."""
    joined: list[list[Word]] = []
    for row in rows:
        if joined and _stands_in(row, joined[-1]):
            joined[-1] += row
        elif joined and _stands_in(joined[-1], row):
            joined[-1] = [*row, *joined[-1]]
        else:
            joined.append(list(row))
    return joined


def _stands_in(small: list[Word], row: list[Word]) -> bool:
    height = median([word.y1 - word.y0 for word in row])
    if small[0].y1 - small[0].y0 >= _INDEX * height:
        return False  # at once, as for nearly all rows
    top, bottom = min(word.y0 for word in row), max(word.y1 for word in row)
    return all(
        word.y1 - word.y0 < _INDEX * height
        and min(bottom, word.y1) - max(top, word.y0) > 0.5 * (word.y1 - word.y0)
        for word in small
    )


def split_row(row: list[Word], columns: Sequence[float], *, strict: bool = False) -> list[str]:
    """The row's words in their columns.

    Args:
        row: words from left to right.
        columns: borders between columns.
        strict: cut at every border; otherwise a phrase that runs across one stays whole where it begins.
    """
    cells: list[list[str]] = [[] for _ in range(len(columns) + 1)]
    columns = sorted(columns)
    column = -1
    for index, word in enumerate(row):
        own = bisect_right(columns, (word.x0 + word.x1) / 2)
        if index and own > column and not strict:
            gap = word.x0 - row[index - 1].x1
            if gap < _WORD_GAP * (word.y1 - word.y0):
                own = column
        column = max(own, column)
        cells[column].append(word.text)
    return [normal(" ".join(cell)) if cell else "" for cell in cells]


def gutters(rows: list[list[Word]], least: float = 0.7) -> list[float]:
    """Middles of the vertical strips that no word of any row enters.

    Args:
        rows: words by row.
        least: width of a strip, in heights of a word.
    """
    spans = sorted([(word.x0, word.x1) for row in rows for word in row])
    height = sorted([word.y1 - word.y0 for row in rows for word in row])[len(spans) // 2]
    wide = least * height
    borders: list[float] = []
    end = spans[0][1]
    for x0, x1 in spans[1:]:
        if x0 - end > wide:
            borders.append((x0 + end) / 2)
        if x1 > end:
            end = x1
    return borders


def mended(columns: list[float], rows: list[list[Word]]) -> list[float]:
    """The model's borders without those that part nothing but words of a phrase, and with those it missed.

    Args:
        columns: borders, from left to right.
        rows: words by row.
    """
    if not columns:
        return []
    edges = [float("-inf"), *columns, float("inf")]
    kept = [
        border
        for left, border, right in zip(edges, columns, edges[2:], strict=False)
        if not _parts_phrases(rows, left, border, right)
    ]
    for border in gutters(rows, _WIDE_GUTTER):
        edges = [float("-inf"), *kept, float("inf")]
        place = bisect_right(kept, border)
        if _parts_cells(rows, edges[place], border, edges[place + 1]):
            kept.insert(place, border)
    return kept


def _beside(row: list[Word], left: float, border: float, right: float) -> tuple[list[Word], list[Word]]:
    """Words of a row between two borders, before and behind the one between them."""
    within = [word for word in row if left < (word.x0 + word.x1) / 2 < right]
    split = sum(word.x0 < border for word in within)
    return within[:split], within[split:]


def _parts_phrases(rows: list[list[Word]], left: float, border: float, right: float) -> bool:
    """Whether what stands behind the border always follows what stands before it by no more than a space.

    Where every row, the head too, has words on both sides, and those of one side are aligned, they are cells
    all the same.
    """
    pairs: list[tuple[Word, Word]] = []
    is_full = True
    for row in rows:
        before, behind = _beside(row, left, border, right)
        if behind:
            if not before or behind[0].x0 - before[-1].x1 > _SPACE * (behind[0].y1 - behind[0].y0):
                return False
            pairs.append((before[-1], behind[0]))
        elif before:
            is_full = False
    aligned = _are_equal([word.x1 for word, _ in pairs]) or _are_equal([word.x0 for _, word in pairs])
    return len(pairs) >= _FEW_ROWS and not (is_full and aligned)


def _are_equal(places: list[float]) -> bool:
    return max(places, default=0.0) - min(places, default=0.0) <= _ALIGNED


def _parts_cells(rows: list[list[Word]], left: float, border: float, right: float) -> bool:
    """Whether most rows have words on both sides of a gutter, and no border of the model lies in it."""
    sides = [_beside(row, left, border, right) for row in rows]
    filled = [(before, behind) for before, behind in sides if before or behind]
    both = sum(bool(before and behind) for before, behind in filled)
    return both >= 2 and both >= _FULL_GRID * len(filled)


def _merge_wrapped(
    rows: list[list[Word]], cells: list[list[str]], region: Region, rules: list[Box]
) -> list[list[str]]:
    """Lines of one row joined.

    Where rules part the rows, the model's borders are trusted. Elsewhere a line that fills only one cell,
    not the first, under a filled cell, goes on with the row above.
    """
    ruled = _is_ruled(region, rules)
    merged: list[list[str]] = []
    band_before, row_before = -1, list[Word]()
    for row, line in zip(rows, cells, strict=True):
        band = sum(border <= row[0].middle for border in region.rows)
        filled = [index for index, cell in enumerate(line) if cell]
        same_band = band == band_before and bool(region.rows)
        wrapped = len(filled) == 1 and filled[0] > 0 and bool(merged) and bool(merged[-1][filled[0]])
        hanging = filled == [0] and _hangs(row, row_before) and bool(merged) and bool(merged[-1][0])
        if merged and ((same_band and (ruled or wrapped)) or hanging):
            merged[-1] = [join_lines([a, b]) for a, b in zip(merged[-1], line, strict=True)]
        else:
            merged.append(list(line))
        band_before, row_before = band, row
    return merged


def _hangs(row: list[Word], above: list[Word]) -> bool:
    """Whether a row goes on with the first cell of the one above: indented, and in lower case."""
    height = row[0].y1 - row[0].y0
    return bool(above) and row[0].text[0].islower() and row[0].x0 - above[0].x0 > _INDENT * height


def _is_ruled(region: Region, rules: list[Box]) -> bool:
    """Whether most borders between rows are drawn as rules."""
    if not region.rows:
        return False
    width = region.box[2] - region.box[0]
    heights = {
        round((box[1] + box[3]) / 2)
        for box in rules
        if box[3] - box[1] <= 3
        and box[2] - box[0] > 0.15 * width
        and region.box[1] - 4 < box[1] < region.box[3] + 4
    }
    drawn = sum(any(abs(border - height) <= 6 for height in heights) for border in region.rows)
    return drawn >= _FULL_GRID * len(region.rows)
