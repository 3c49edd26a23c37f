"""Markers of citations in text that is still being written."""

from __future__ import annotations

import re

_CLOSING = {"[": "]", "【": "】", "［": "］", "〔": "〕"}
_OPEN, _CLOSE = (re.escape("".join(marks)) for marks in (_CLOSING, _CLOSING.values()))
# What models write before the number, although they are told not to.
_WORD = (
    r"sources?|src|refs?|references?|citations?|cit|documents?|docs?|evidence|来源|來源|资料|資料|文献|文獻"
    r"|参考|參考|文档|文檔|出典|quellen?|fuentes?|fonti|fonte|références?"
)
_LABEL = rf"\s*[\^#]?\s*(?:(?:{_WORD})(?![^\W\d_])[\s.:：#]*)?"
_RANGE = r"\d{1,4}(?:\s*[-–—~～至到]\s*\d{1,4})?"
_BETWEEN = r"\s*(?:[,;、，；&+]|and|und|et|y|和|与|及)\s*"
# The page, or a file's name as some services write it (【4:0†report.pdf】): the source says the same better.
_PAGE = r"\s*[,:，：]?\s*(?:pp?\.|p(?=\s?\d)|pages?|S\.|Seiten?|第)\s*\d+(?:\s*[-–]\s*\d+)?\s*页?"
_TAIL = rf"(?:{_PAGE}|(?::\d+)?†[^†\n]*)?"
_GROUP = re.compile(rf"{_LABEL}(?P<numbers>{_RANGE}(?:{_BETWEEN}{_LABEL}{_RANGE})*){_TAIL}\s*", re.IGNORECASE)
# What a group can begin with, so that "[see the appendix" is not held back until it closes.
_BEGINS = re.compile(r"\s*[\^#]?\s*(?:[^\W\d_]{0,10}|(?:[^\W\d_]{1,10})?[\s.:：#]*(?:\d.*)?)", re.DOTALL)
_ONE_RANGE = re.compile(r"(\d+)(?:\s*[-–—~～至到]\s*(\d+))?")
# A link's target is the model's invention: no source has an address.
_LINK = re.compile(r"\((?:https?:|www\.|#|/)[^\s()]*\)")
_PART_OF_LINK = re.compile(r"\((?:[^\s()]*)")
_PLAIN = re.compile(rf"[^{_OPEN}` \t]+")
_SPACES = re.compile(r"[ \t]+")
_TICKS = re.compile(r"`+")
_LONGEST = 80
"""Characters of a group in brackets, at most."""
_LONGEST_LINK = 300
_LONGEST_CODE = 300
_NO_YEAR = 1000
"""Numbers from here on are years and the like, unless there are so many sources."""


class Markers:
    """Finds [n] in text that comes in pieces; renumbers by first appearance; drops what stands for nothing.

    Known forms: ``[1]``, ``[1][2]``, ``[1, 2]``, ``[1,3-5]``, ``[1–3]``, ``【1】``, ``［1］``, ``[^1]``,
    ``[Source 1]``, ``[来源 1]``, ``[1, p. 12]``, ``【1:0†report.pdf】``, ``[1](https://…)``; all are shown as
    ``[n][m]``. Left as they are: everything in code (between backticks), links whose text is no number,
    numbers of four digits (years; unless there are so many sources), and lists with a zero (``[0, 1]`` is an
    interval). The result does not depend on where the text is cut into pieces.

    Args:
        known: sources are [1] to [known].

    Attributes:
        order: the sources cited, in the order of first appearance: new number ``i + 1`` stands for
            ``order[i]``.
        unknown: markers taken out, with the offset in the shown text where they stood.
    """

    def __init__(self, known: int) -> None:
        self.order: list[int] = []
        self.unknown: list[tuple[str, int]] = []
        self._known = known
        self._held = ""
        self._length = 0
        self._line_begins = True
        self._dropped_there = False
        self._fence = 0

    def feed(self, piece: str) -> str:
        """What can be shown now: from an opening bracket on, text is held back until it is clear."""
        self._held += piece
        return self._run(final=False)

    def close(self) -> str:
        """What was held back: the text ends here."""
        return self._run(final=True)

    def _run(self, final: bool) -> str:
        shown: list[str] = []
        at = 0
        while at < len(self._held):
            step = self._step(at, final)
            if step is None:
                break
            at, text = step
            if text:
                shown.append(text)
                self._length += len(text)
                self._line_begins = text[-1] == "\n"
                self._dropped_there = False
        self._held = self._held[at:]
        return "".join(shown)

    def _step(self, at: int, final: bool) -> tuple[int, str] | None:
        """Where the next piece ends and how it is shown; ``None`` if what follows decides."""
        if self._fence:
            return self._in_fence(at, final)
        held = self._held
        if held[at] == "`":
            return self._code(at, final)
        if held[at] in " \t":
            return self._space(at, final)
        if held[at] in _CLOSING:
            return self._bracket(at, at, final)
        plain = _PLAIN.match(held, at)
        end = plain.end() if plain else at + 1
        return end, held[at:end]

    def _space(self, at: int, final: bool) -> tuple[int, str] | None:
        """A space goes with the marker after it if that is taken out, or, at a line's start, was before."""
        spaces = _SPACES.match(self._held, at)
        end = spaces.end() if spaces else at
        if end == len(self._held) and not final:
            return None
        begin = end if self._dropped_there else at
        if end < len(self._held) and self._held[end] in _CLOSING:
            return self._bracket(begin, end, final)
        return end, self._held[begin:end]

    def _code(self, at: int, final: bool) -> tuple[int, str] | None:
        """Code as it stands; a backtick that nothing closes on its line is a character like others."""
        held = self._held
        ticks = _TICKS.match(held, at)
        end = ticks.end() if ticks else at
        if end == len(held) and not final:
            return None
        if end - at >= 3:
            self._fence = end - at
            return end, held[at:end]
        line_end = held.find("\n", end, end + _LONGEST_CODE)
        limit = line_end if line_end >= 0 else end + _LONGEST_CODE
        for closing in _TICKS.finditer(held, end, limit):
            if closing.end() - closing.start() == end - at and (closing.end() < len(held) or final):
                return closing.end(), held[at : closing.end()]
        return (end, held[at:end]) if final or limit <= len(held) else None

    def _in_fence(self, at: int, final: bool) -> tuple[int, str] | None:
        held = self._held
        for closing in _TICKS.finditer(held, at):
            if closing.end() == len(held) and not final:
                return (closing.start(), held[at : closing.start()]) if closing.start() > at else None
            if closing.end() - closing.start() >= self._fence:
                self._fence = 0
                return closing.end(), held[at : closing.end()]
        return len(held), held[at:]

    def _bracket(self, begin: int, at: int, final: bool) -> tuple[int, str] | None:
        """A group in brackets at ``at``; the space before it begins at ``begin``."""
        held = self._held
        close = held.find(_CLOSING[held[at]], at, at + _LONGEST)
        if close < 0:
            waiting = not final and len(held) < at + _LONGEST and _may_be_marker(held[at + 1 :])
            return None if waiting else (at + 1, held[begin : at + 1])
        group = _GROUP.fullmatch(held, at + 1, close) if "\n" not in held[at:close] else None
        numbers = _numbers(group["numbers"], self._known) if group else []
        if not numbers:
            return at + 1, held[begin : at + 1]
        end = _after_link(held, close + 1, final)
        return None if end is None else (end, self._shown(numbers, held[begin:at]))

    def _shown(self, numbers: list[tuple[int, int]], space: str) -> str:
        """These ranges' markers, renumbered; nothing, not even the space before, if all are unknown."""
        cited: dict[int, None] = {}
        dropped: list[str] = []
        for first, last in numbers:
            cited.update(dict.fromkeys(range(max(first, 1), min(last, self._known) + 1)))
            if first < 1:
                dropped.append(f"[{first}]")
            if last > self._known:
                beyond = max(first, self._known + 1)
                dropped.append(f"[{beyond}]" if beyond == last else f"[{beyond}-{last}]")
        text = space + "".join(f"[{self._number_of(source)}]" for source in cited) if cited else ""
        self._dropped_there = not text and self._line_begins
        self.unknown += [(marker, self._length + len(text)) for marker in dropped]
        return text

    def _number_of(self, source: int) -> int:
        if source not in self.order:
            self.order.append(source)
        return self.order.index(source) + 1


def _may_be_marker(content: str) -> bool:
    return "\n" not in content and _BEGINS.fullmatch(content) is not None


def _after_link(held: str, end: int, final: bool) -> int | None:
    """The end of a marker with the link's target after it; ``None`` if it is not there yet."""
    link = _LINK.match(held, end, end + _LONGEST_LINK)
    if link:
        return link.end()
    if final or end + _LONGEST_LINK <= len(held):
        return end
    part = _PART_OF_LINK.match(held, end)
    return None if end == len(held) or (part and part.end() == len(held)) else end


def _numbers(text: str, known: int) -> list[tuple[int, int]]:
    """First and last number of every range in the group; nothing if these are no sources' numbers."""
    found: list[tuple[int, int]] = []
    for one in _ONE_RANGE.finditer(text):
        first, last = int(one[1]), int(one[2] or one[1])
        found.append((min(first, last), max(first, last)))
    interval = len(found) > 1 or found[0][0] < found[0][1]
    if interval and any(first == 0 for first, _ in found):
        return []
    return [] if all(first >= _NO_YEAR and first > known for first, _ in found) else found
