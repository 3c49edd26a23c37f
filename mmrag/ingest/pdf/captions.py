"""Printed captions and what they belong to."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

from mmrag.ingest.pdf.boxes import gaps, inside, shared_height, shared_width, union
from mmrag.ingest.pdf.values import Block, Line, Role
from mmrag.text.normalise import join_lines, normalise

_FIGURE = (
    r"figures?|fig\.?|abbildung|abb\.?|schema|scheme|chart|plate|diagram(?:me)?|illustration|bild|"
    r"图|圖|図|插图|рис\.?|рисунок"
)
_TABLE = r"tables?|tab\.?|tabelle|tableau|tabla|tabella|表|表格|таблица"
_NUMBER = r"(?:[A-Z]?[.\-–]?\d[\d.\-–—]*|[IVX]+|[A-Z])[a-z]?"
_END = r"\s*[:.：。)—–|-]|\s|$"
LABEL = re.compile(
    rf"\s*(?P<figure>(?i:{_FIGURE}))\s*{_NUMBER}(?P<end>{_END})|"
    rf"\s*(?P<table>(?i:{_TABLE}))\s*{_NUMBER}(?P<end2>{_END})"
)
_MAX_CHARS = 900
_MAX_GAP = 48.0
_WRONG_KIND = 60.0
_UNUSUAL_SIDE = 14.0
_BESIDE = 25.0
_UNLINKED = 150.0
_MOST_CAPTIONS = 10
_NEXT_LINE = 2.2


class CaptionHabits:
    """Whether the document sets captions below or above, learnt from those linked so far."""

    def __init__(self) -> None:
        self._below: Counter[tuple[Role, bool]] = Counter()

    def add(self, role: Role, below: bool) -> None:
        """A caption was found on this side."""
        self._below[(role, below)] += 1

    def usual(self, role: Role, below: bool) -> bool:
        """Whether this side is the document's habit; figures have captions below until shown otherwise."""
        here, there = self._below[(role, below)], self._below[(role, not below)]
        if here == there:
            return below if role is Role.FIGURE else not below
        return here > there

    def carried(self) -> list[Any]:
        """As JSON-able data, for `carry_on`."""
        return [[role, below, count] for (role, below), count in self._below.items()]

    def carry_on(self, carried: list[Any]) -> None:
        """Take up what `carried` gave."""
        self._below.update({(Role(role), below): count for role, below, count in carried})


def label_of(text: str) -> str:
    """``"figure"``, ``"table"`` or ``""``: what the text's label says that it is a caption of."""
    found = LABEL.match(text)
    if found is None:
        return ""
    return "figure" if found["figure"] else "table"


def is_caption(block: Block) -> bool:
    """Whether a block of text begins like a caption: a label with a number, set off from what follows."""
    if block.role not in (Role.PARAGRAPH, Role.HEADING, Role.LIST) or len(block.text) > _MAX_CHARS:
        return False
    found = LABEL.match(block.text)
    if found is None:
        return False
    end = (found["end"] if found["figure"] else found["end2"]).strip()
    rest = block.text[found.end() :].strip()
    # "Figure 3 shows that …" is prose; "Figure 3: …", "表 4.5 …" and a lone "Figure 3" are captions.
    return bool(end) or not rest or not rest[0].isascii() or (len(rest) < 120 and rest[0].isupper())


def starts_caption(lines: list[Line]) -> bool:
    """As `is_caption`, for the lines of a region."""
    return is_caption(Block(Role.PARAGRAPH, lines[0].box, text=join_lines([line.text for line in lines])))


def link(blocks: list[Block], habits: CaptionHabits) -> list[Block]:
    """Give each caption to the nearest figure or table that fits; returns the blocks without linked captions.

    Each target takes one caption; one that is printed in two languages is one. A caption that fits nothing
    stays as a paragraph.
    """
    blocks = _in_two_languages(blocks)
    captions = [block for block in blocks if block.role is Role.CAPTION]
    targets = [block for block in blocks if block.role in (Role.FIGURE, Role.TABLE)]
    costs = [[_cost(caption, target, blocks, habits) for target in targets] for caption in captions]
    linked: set[int] = set()
    for ci, ti in _cheapest(costs):
        linked.add(ci)
        caption, target = captions[ci], targets[ti]
        target.caption = normalise(caption.text)
        if label_of(target.caption) == "figure" and target.extra.get("drawn"):
            target.role = Role.FIGURE
        habits.add(target.role, caption.box[1] >= (target.box[1] + target.box[3]) / 2)
    gone = {id(captions[index]) for index in linked}
    for block in captions:
        if id(block) not in gone:
            block.role = Role.PARAGRAPH
    return [block for block in blocks if id(block) not in gone]


def _in_two_languages(blocks: list[Block]) -> list[Block]:
    """The same blocks, where captions of one number and two words for it, one below the other, are joined."""
    joined: list[Block] = []
    for block in blocks:
        before = next((other for other in joined if _translates(other, block)), None)
        if before is None:
            joined.append(block)
        else:
            first, second = sorted((before, block), key=lambda caption: caption.box[1])
            box, rows = union([first.box, second.box]), first.rows + second.rows
            both = Block(Role.CAPTION, box, rows, f"{first.text} {second.text}", ocr=first.ocr)
            joined[joined.index(before)] = both
    return joined


def _translates(one: Block, other: Block) -> bool:
    if one.role is not Role.CAPTION or other.role is not Role.CAPTION:
        return False
    first, second = LABEL.match(one.text), LABEL.match(other.text)
    if first is None or second is None or _number(first[0]) != _number(second[0]):
        return False
    height = min(one.box[3] - one.box[1], other.box[3] - other.box[1])
    return (
        label_of(one.text) == label_of(other.text)
        and first[0].strip()[0].isascii() is not second[0].strip()[0].isascii()
        and shared_width(one.box, other.box) > 0.5
        and gaps(one.box, other.box)[1] <= _NEXT_LINE * height
    )


def _number(label: str) -> list[str]:
    return re.findall(r"\d+", label)


def _cheapest(costs: list[list[float | None]]) -> list[tuple[int, int]]:
    """Pairs of caption and target, each used once, that cost least in all; an unlinked caption costs most."""

    @cache
    def best(ci: int, free: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        if ci == len(costs):
            return 0.0, ()
        rest, pairs = best(ci + 1, free)
        least = (rest + _UNLINKED, pairs)
        for ti, cost in enumerate(costs[ci]):
            if cost is not None and free >> ti & 1:
                rest, pairs = best(ci + 1, free & ~(1 << ti))
                least = min(least, (rest + cost, ((ci, ti), *pairs)))
        return least

    if len(costs) > _MOST_CAPTIONS or not costs:
        return _greedy(costs)
    return list(best(0, (1 << len(costs[0])) - 1)[1])


def _greedy(costs: list[list[float | None]]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    order = sorted(
        (cost, ci, ti) for ci, row in enumerate(costs) for ti, cost in enumerate(row) if cost is not None
    )
    for _, ci, ti in order:
        if all(ci != other and ti != taken for other, taken in pairs):
            pairs.append((ci, ti))
    return pairs


def _cost(caption: Block, target: Block, blocks: list[Block], habits: CaptionHabits) -> float | None:
    across, down = gaps(caption.box, target.box)
    beside = shared_height(caption.box, target.box) > 0.5 and shared_width(caption.box, target.box) < 0.1
    if (beside and across > _MAX_GAP) or (
        not beside and (down > _MAX_GAP or shared_width(caption.box, target.box) < 0.2)
    ):
        return None
    between = union([caption.box, target.box])
    for block in blocks:
        if block is caption or block is target or block.role is Role.FURNITURE:
            continue
        if inside(block.box, between) > 0.6 and inside(block.box, target.box) < 0.5:
            return None
    cost = across + _BESIDE if beside else down
    label = label_of(caption.text)
    if label and label != ("figure" if target.role is Role.FIGURE else "table"):
        cost += _WRONG_KIND
    if not beside and not habits.usual(target.role, caption.box[1] >= (target.box[1] + target.box[3]) / 2):
        cost += _UNUSUAL_SIDE
    return cost
