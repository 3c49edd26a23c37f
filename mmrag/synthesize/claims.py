"""An answer cut into what it claims: sentences, list items and table rows, each with what it cites.

A marker after a full stop belongs to the sentence before it. A sentence without a marker may rest on those of
its block (a paragraph, a list, a table): on the markers at the block's end, if it has none elsewhere, and on
those of the heading or sentence that introduces it; a list or table also on those of the sentence after it.
Whether it does is for the checks to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mmrag.text.script import is_cjk
from mmrag.text.sentences import sentences
from mmrag.text.tables import is_header, is_rule

_MARKERS = re.compile(r"\[(\d+)\](?:\s?\[\d+\])*")
_NUMBER = re.compile(r"\d+")
_LONGEST_NUMBER = 9  # digits; Python refuses to read thousands, and no answer has so many sources
_CODE = re.compile(r"(`{3,}).*?(?:\1`*|\Z)|(?<!`)(`{1,2})(?!`)[^\n]*?(?<!`)\2(?!`)", re.DOTALL)
_ENDED = re.compile(r"[.!?…。！？；][\"'”’»」』)）*_]*\s*$")
_STOPS = tuple(".!?…。！？；,，")
# Holds a marker's place: neither a space, which would part a full stop from its sentence, nor a letter.
_FILLER = "\u2060"
_LIST_MARK = re.compile(r"(?:[-*•‣▪◦–—·+]\s+|[(\[]?(?:\d{1,3}|[A-Za-z])[.)、]\s+|\d{1,2}、|#{1,6}\s+|>\s*)+")
_WRAPPED = 60  # letters, of which an ideograph counts two: a shorter line was ended on purpose
_BLANK_LINE = re.compile(r"\n\s*\n")
_BOLD_LINE = re.compile(r"(\*\*|__)[^*_]+\1[:：]?")
_SOURCES_LISTED = re.compile(
    r"^[#*_ \t]*(?:sources?|references?|citations?|bibliography|来源|引用|参考(?:文献|资料|来源)?|quellen|"
    r"literatur|références|fuentes|referencias)[*_ \t]*[:：]?[*_ \t]*(?:\n|(?=\[))",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"“[^“”\n]*”|\"[^\"\n]+\"|«[^«»\n]*»|„[^„“”\n]*[“”]|「[^「」\n]*」|『[^『』\n]*』")


@dataclass(slots=True)
class Claim:
    """A sentence, list item or table row.

    Attributes:
        begin, end: where it stands, without list marks before it and markers at its end.
        cited: sources that it cites itself, from 1.
        inherited: sources that it may rest on, if it cites none itself.
        line: the line that it begins in, list marks included.
        heads: whether it is a table's head.
    """

    begin: int
    end: int
    line: str
    heads: bool = False
    cited: list[int] = field(default_factory=list)
    inherited: list[int] = field(default_factory=list)

    @property
    def introduces(self) -> bool:
        """Whether it only says what comes after it."""
        return (
            self.heads
            or self.line.startswith("#")
            or _BOLD_LINE.fullmatch(self.line) is not None
            or self.line.rstrip(f"*_ {_FILLER}").endswith((":", "："))
        )

    @property
    def listed(self) -> bool:
        """Whether it is an item of a list or a row of a table."""
        if self.line.startswith("#"):
            return False
        return self.line.startswith("|") or _LIST_MARK.match(self.line) is not None


def without_markers(text: str) -> str:
    """The text with markers, code and wrapped line ends blanked out, every other character at its place."""
    masked = _CODE.sub(lambda found: re.sub(r"[^\n]", _FILLER, found.group()), text)

    def blank(found: re.Match[str]) -> str:
        before = masked[max(0, found.start() - 12) : found.start()]
        parts = _ENDED.search(before) and not masked.startswith(_STOPS, found.end())
        return (" " if parts else _FILLER) * len(found.group())

    return _unwrapped(_MARKERS.sub(blank, masked))


def _unwrapped(text: str) -> str:
    """The text with a space for each line end that only wraps a paragraph, so that sentences are whole."""
    lines = text.split("\n")
    joined = lines[0]
    for before, line in pairwise(lines):
        joined += (" " if _wraps(before.strip(), line.strip()) else "\n") + line
    return joined


def _wraps(line: str, following: str) -> bool:
    if not following or _width(line) < _WRAPPED or line[-1] in ".!?…。！？；:：|":
        return False
    return not (line.startswith(("|", "#")) or following.startswith("|") or _LIST_MARK.match(following))


def _width(line: str) -> int:
    return sum(2 if is_cjk(char) else 1 for char in line)


def quotations(text: str) -> list[tuple[int, int]]:
    """Where quoted words stand, quotation marks included."""
    return [found.span() for found in _QUOTED.finditer(text)]


def claims(text: str, known: int) -> list[Claim]:
    """What ``text`` claims, in order; markers beyond ``known`` count for nothing.

    A list of sources at its end ("Sources: …"), which models like to add, claims nothing.
    """
    bare = without_markers(text)
    claimed = bare[: _end_of_claims(text)]
    found = [_claim(claimed, begin, end) for begin, end in _whole_quotations(claimed)]
    found = [claim for claim in found if claim.begin < claim.end]
    for marker in _markers(text[: len(claimed)]):
        owner = _owner(found, marker, bare)
        if owner is not None:
            written = (digits for digits in _NUMBER.findall(marker.group()) if len(digits) <= _LONGEST_NUMBER)
            owner.cited += [number for number in map(int, written) if 1 <= number <= known]
    for block in _blocks(found, text):
        _inherit(block)
    _introduce(found)
    return found


def _end_of_claims(text: str) -> int:
    """Where a list of sources begins that goes on to the end, a marker in every line."""
    *_, listed = [None, *_SOURCES_LISTED.finditer(text)]
    lines = [line for line in text[listed.end() :].split("\n") if line.strip()] if listed else []
    return listed.start() if listed and lines and all(map(_MARKERS.search, lines)) else len(text)


def _markers(text: str) -> Iterator[re.Match[str]]:
    code = [found.span() for found in _CODE.finditer(text)]
    for marker in _MARKERS.finditer(text):
        if not any(begin <= marker.start() < end for begin, end in code):
            yield marker


def _whole_quotations(text: str) -> Iterator[tuple[int, int]]:
    """Sentences; those that one quotation holds together."""
    quoted = quotations(text)
    last: tuple[int, int] | None = None
    for begin, end in sentences(text):
        if last and any(first < begin < after and first < last[1] for first, after in quoted):
            last = (last[0], end)
            continue
        if last:
            yield last
        last = (begin, end)
    if last:
        yield last


def _claim(text: str, begin: int, end: int) -> Claim:
    line_begin = text.rfind("\n", 0, begin) + 1
    line_end = text.find("\n", begin)
    line = text[line_begin : line_end if line_end >= 0 else len(text)].strip()
    following = text[line_end + 1 :].split("\n", 1)[0].strip() if line_end >= 0 else ""
    heads = is_header(line, following)
    mark = _LIST_MARK.match(text, begin, end)
    begin = mark.end() if mark else begin
    piece = text[begin:end]
    left = len(piece) - len(piece.lstrip(f" \t\n{_FILLER}"))
    right = len(piece) - len(piece.rstrip(f" \t\n{_FILLER}"))
    if is_rule(piece):
        return Claim(begin, begin, line)
    return Claim(begin + left, max(begin + left, end - right), line, heads)


def _owner(found: list[Claim], marker: re.Match[str], text: str) -> Claim | None:
    """The claim that a marker belongs to: around it, before it on its line, after it there, or before it."""
    at = marker.start()
    before = next((claim for claim in reversed(found) if claim.begin <= at), None)
    after = next((claim for claim in found if claim.begin > at), None)
    if before and (at < before.end or "\n" not in text[before.end : at]):
        return before
    if after and "\n" not in text[at : after.begin]:
        return after
    return before


def _blocks(found: list[Claim], text: str) -> Iterator[list[Claim]]:
    """Claims of one paragraph, list or table: no blank line nor heading stands between them."""
    block: list[Claim] = []
    for claim in found:
        if block and (_parted(block[-1], claim, text) or block[-1].introduces):
            yield block
            block = []
        block.append(claim)
    if block:
        yield block


def _parted(one: Claim, other: Claim, text: str) -> bool:
    """Whether two claims stand in different blocks; list items may have blank lines between them."""
    both_listed = one.listed and other.listed
    blank = _BLANK_LINE.search(text, one.end, other.begin) is not None
    return (blank and not both_listed) or one.listed != other.listed


def _inherit(block: list[Claim]) -> None:
    if not any(claim.cited for claim in block[:-1]):
        for claim in block[:-1]:
            claim.inherited += block[-1].cited


def _introduce(found: list[Claim]) -> None:
    """Hand down markers: of a heading to what stands under it, of the sentence before a list or table to its
    items, of a table's head to its rows, and of the sentence after a list or table back to its items.
    """
    over: list[int] = []
    items: list[Claim] = []
    last: list[int] = []
    for claim in found:
        if claim.listed:
            over = claim.cited or over if claim.heads else over
            claim.inherited += over or last
            items.append(claim)
            continue
        for item in items:
            item.inherited += claim.cited
        if claim.introduces:
            over = list(claim.cited)
        elif items:
            over = []
        claim.inherited += over
        items, last = [], claim.cited
