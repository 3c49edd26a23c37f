"""Rows of one column to paragraphs, lists and listings."""

from __future__ import annotations

import itertools
import re
from statistics import median

from mmrag.ingest.pdf.boxes import shared_height, union
from mmrag.ingest.pdf.rows import merge_rows, preformatted
from mmrag.ingest.pdf.values import Block, Line, Role, Row
from mmrag.text.normalise import join_lines, normalise

MARKER = re.compile(
    r"\s*(?:[•◦▪▫‣⁃–—∙·■□●○►▶➢✓∗*✦◆◇★☆-](?=\s|[\u2e80-\U0003ffff])|"
    r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)](?=\s)|[①-⑳]|\[[^\]\s]{1,12}\](?=\s)|（[\d一二三四五六七八九十]+）|[\d一二三四五六七八九十]+、)"
)
BULLET = re.compile(r"\s*[•◦▪▫‣⁃∙·■□●○►▶➢✓∗*◆◇★☆]")
_SENTENCE_END = (".", "!", "?", ":", "。", "！", "？", "：", "…")
_UNUSUAL = re.compile(
    "[^\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e\u2190-\u22ff"
    "\u3001-\u3003\u3008-\u301f\u4e00-\u9fff\uff01-\uff0f\uff1a-\uff20]|  "
)
_DOTS = re.compile(r"\s*(?:[.·][ .·]*){5,}\s*")
_MAX_LIST_CHARS = 1500
_MIN_SIDEWAYS = 20
_TITLE = 1.15


def build(rows: list[Row], *, trusted: bool = False) -> list[Block]:
    """Blocks of text from the rows of one column, from top to bottom.

    Args:
        rows: without header and footer.
        trusted: the layout model says that they are one paragraph: then only a wide gap or a change
            between prose and listing splits them.
    """
    if not rows:
        return []
    pitch = typical_pitch(rows)
    left = _left(rows)
    right = max(row.x1 for row in rows)
    body = median(row.size for row in rows)
    groups: list[list[Row]] = [[rows[0]]]
    for before, row in itertools.pairwise(rows):
        if _starts_new(before, row, groups[-1], pitch, left, right, body, trusted):
            groups.append([row])
        else:
            groups[-1].append(row)
    return [_block(group) for group in groups]


def sideways(lines: list[Line]) -> list[Block]:
    """Text that runs up or down the page, as one paragraph in the order in which it was written."""
    text = join_lines([line.text for line in lines])
    if len(text) < _MIN_SIDEWAYS:
        return []
    return [Block(Role.PARAGRAPH, union(line.box for line in lines), [], text, ocr=lines[0].ocr)]


def merge_runs(blocks: list[Block]) -> list[Block]:
    """List items that follow each other become one list, listings one listing."""
    merged: list[Block] = []
    for block in blocks:
        before = merged[-1] if merged else None
        if before is not None and _continues(before, block):
            join = Block(
                before.role, union([before.box, block.box]), before.rows + block.rows, ocr=before.ocr
            )
            gap = block.role is Role.LISTING and _gap(before, block) > 0.8 * block.rows[0].size
            join.text = before.text + ("\n\n" if gap else "\n") + block.text
            if block.role is Role.LISTING and not block.ocr:
                join.rows = merge_rows(join.rows)
                join.text = preformatted(join.rows)
            merged[-1] = join
        else:
            merged.append(block)
    return merged


def _continues(before: Block, block: Block) -> bool:
    if before.role is not block.role or before.ocr != block.ocr:
        return False
    size = block.rows[0].size if block.rows else 10.0
    if _gap(before, block) > 3.2 * size or block.box[1] < before.box[1] - size:
        return False
    if block.role is Role.LISTING and shared_height(before.box, block.box) > 0.5:
        return True
    if block.role is Role.LIST:
        return len(before.text) + len(block.text) <= _MAX_LIST_CHARS
    return block.role is Role.LISTING and before.box[0] < block.box[2] and block.box[0] < before.box[2]


def _gap(before: Block, block: Block) -> float:
    return block.box[1] - before.box[3]


def typical_pitch(rows: list[Row]) -> float:
    """Distance between baselines that most rows keep, in points; 0 for a single row."""
    steps = [
        after.base - before.base
        for before, after in itertools.pairwise(rows)
        if 0.5 * after.size < after.base - before.base < 2.2 * after.size
    ]
    return median(steps) if steps else 1.25 * rows[0].size


def _left(rows: list[Row]) -> float:
    """Left margin: the leftmost edge that several rows share."""
    edges = sorted(row.x0 for row in rows)
    return edges[len(edges) // 5]


def _starts_new(
    before: Row,
    row: Row,
    group: list[Row],
    pitch: float,
    left: float,
    right: float,
    body: float,
    trusted: bool,
) -> bool:
    step = row.base - before.base
    if before.mono != row.mono:
        return True
    if row.mono:
        return step > 3.2 * pitch
    first = group[0]
    size = max(row.size, 1.0)
    if step > 1.45 * max(pitch, 1.1 * size) or step < 0:
        return True
    if MARKER.match(row.text) and not _runs_on(before, row, first):
        return True
    if trusted:
        return False
    if abs(row.size - before.size) > 0.12 * size and len(row.lines) == 1 and len(before.lines) == 1:
        return True
    if row.bold != before.bold and (row.bold or all(item.bold for item in group)):
        return True
    if MARKER.match(first.text):
        return row.x0 < first.x0 - 0.3 * size
    if size > _TITLE * body and abs(row.size - before.size) < 0.5:
        return False
    indented = row.x0 - left > 0.8 * size and before.x0 - left <= 0.4 * size
    if indented and len(row.lines) >= 1 and before.text.rstrip().endswith(_SENTENCE_END):
        return True
    short = before.x1 < right - 0.12 * (right - left)
    return short and before.text.rstrip().endswith(_SENTENCE_END) and row.x0 <= left + 0.4 * size


def _runs_on(before: Row, row: Row, first: Row) -> bool:
    """Whether a row that begins like a list item only happens to begin with a number or a dash."""
    text = row.text
    if BULLET.match(text):
        return False
    return (
        not MARKER.match(first.text)
        and abs(row.x0 - before.x0) < 0.5 * row.size
        and not before.text.rstrip().endswith(_SENTENCE_END)
    ) or (row.x0 > first.x0 + 0.5 * row.size and bool(MARKER.match(first.text)) and text[:1] in "-–—")


def _block(rows: list[Row]) -> Block:
    first = rows[0]
    ocr = first.lines[0].ocr
    if len(rows) == 1:
        box, text = (first.x0, first.y0, first.x1, first.y1), first.text
    else:
        box = (
            min([row.x0 for row in rows]),
            min([row.y0 for row in rows]),
            max([row.x1 for row in rows]),
            max([row.y1 for row in rows]),
        )
        text = join_lines([row.text for row in rows])
    if first.mono:
        return Block(Role.LISTING, box, rows, preformatted(rows), ocr=ocr)
    role = Role.LIST if MARKER.match(first.text) else Role.PARAGRAPH
    return Block(role, box, rows, text, ocr=ocr)


def clean(block: Block) -> str:
    """The block's text in normal form; a listing keeps its columns and line breaks."""
    if block.role is not Role.LISTING:
        return normal(block.text)
    out = []
    for line in block.text.split("\n"):
        bare = line.lstrip(" ")
        indent = len(line) - len(bare)
        # normalise() makes one space of many, which would break the columns.
        pieces = re.split(r"( {2,})", bare)
        out.append(" " * indent + "".join(p if p.isspace() else normalise(p) or p.strip() for p in pieces))
    return "\n".join(out).strip("\n")


def normal(text: str) -> str:
    """`normalise`, which is left out where no character can need it: most paragraphs of most documents.

    The dots that lead to the page number in a table of contents become three.
    """
    text = text.replace("\u00a0", " ")
    if ". . ." in text or "....." in text or "·····" in text:
        text = _DOTS.sub(" … ", text)
    return normalise(text) if text.isascii() or _UNUSUAL.search(text) else text.strip(" ")
