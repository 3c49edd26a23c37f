"""Long texts, shortened at the ends of sentences and rows around what matches."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import accumulate

from mmrag.text.sentences import sentences
from mmrag.text.tables import is_header
from mmrag.text.terms import terms

GAP = "…"
"""Stands where something was left out."""

LONGEST_PIECE = 600
"""Bytes of a sentence or a row; a longer one may be cut between words."""

_AS_GOOD = 0.95  # of the best: among these, what matches stands nearest to the middle


def size(text: str) -> int:
    """Bytes in UTF-8: a rough measure of how many tokens a text takes, whatever its language."""
    return len(text.encode("utf-8", "surrogatepass"))


class Shortening:
    """A text that can be had in less room.

    Args:
        text: of an element. A Markdown table keeps its header.
        anchor: what matched: the rarer a word of it is in the text, the more its place counts.
    """

    def __init__(self, text: str, anchor: str) -> None:
        self.text = text
        self.size = size(text)
        self._anchor = anchor
        self._head, self._body = _header(text)

    def within(self, most: int) -> str:
        """The run of consecutive sentences or rows, of at most ``most`` bytes, that fits the anchor best.

        ``…`` stands for what is left out. Empty where there is no room for one sentence.
        """
        if self.size <= most:
            return self.text
        first, last = self._best(most - size(self._head) - 2 * size(f"{GAP}\n") - 1)
        if first == last:
            return ""
        kept = self._body[self._pieces[first][0] : self._pieces[last - 1][1]]
        cut_before, cut_after = first > 0, last < len(self._pieces)
        lines = (self._head, GAP if cut_before else "", kept, GAP if cut_after else "")
        return "\n".join(line for line in lines if line)

    @cached_property
    def _pieces(self) -> list[tuple[int, int]]:
        spans = sentences(self._body)
        return [piece for begin, end in spans for piece in _cut(self._body, begin, end)]

    @cached_property
    def _sizes(self) -> list[int]:
        """Bytes before each piece; the white space behind a piece counts for it."""
        starts = [begin for begin, _ in self._pieces]
        ends = [*starts[1:], *(end for _, end in self._pieces[-1:])]
        return [0, *accumulate(size(self._body[a:b]) for a, b in zip(starts, ends, strict=True))]

    @cached_property
    def _worth(self) -> list[float]:
        wanted = frozenset(terms(self._anchor))
        found = [wanted.intersection(terms(self._body[begin:end])) for begin, end in self._pieces]
        times = Counter(term for here in found for term in here)
        return [sum(1 / times[term] for term in here) for here in found]

    def _best(self, most: int) -> tuple[int, int]:
        """Slice of the pieces; of slices that are about as good, the one with what matches in its middle."""
        sums = [0.0, *accumulate(self._worth)]
        moments = [0.0, *accumulate(at * worth for at, worth in enumerate(self._worth))]
        slices = self._slices(most)
        best = max((sums[last] - sums[first] for first, last in slices), default=0.0)
        if best <= 0:
            return slices[0] if slices else (0, 0)

        def off_centre(one: tuple[int, int]) -> float:
            first, last = one
            centre = (moments[last] - moments[first]) / (sums[last] - sums[first])
            return abs(centre - (first + last - 1) / 2)

        good = [one for one in slices if sums[one[1]] - sums[one[0]] >= _AS_GOOD * best]
        return min(good, key=off_centre)

    def _slices(self, most: int) -> list[tuple[int, int]]:
        """From each piece on as many as fit."""
        found = []
        last = 0
        for first in range(len(self._pieces)):
            last = max(last, first)
            while last < len(self._pieces) and self._sizes[last + 1] - self._sizes[first] <= most:
                last += 1
            if last > first:
                found.append((first, last))
        return found


def _header(text: str) -> tuple[str, str]:
    """The header of a Markdown table with its rule, and the rest."""
    lines = text.split("\n", 2)
    if len(lines) == 3 and is_header(lines[0], lines[1]):
        return f"{lines[0]}\n{lines[1]}", lines[2]
    return "", text


def _cut(text: str, begin: int, end: int) -> list[tuple[int, int]]:
    """A span, in parts where it is too long."""
    parts = []
    while size(text[begin:end]) > LONGEST_PIECE:
        data = text[begin : begin + LONGEST_PIECE].encode("utf-8", "surrogatepass")[:LONGEST_PIECE]
        stop = begin + len(data.decode("utf-8", "ignore"))
        space = text.rfind(" ", (begin + stop) // 2, stop)
        stop = space + 1 if space > 0 else stop
        parts.append((begin, stop))
        begin = stop
    return [*parts, (begin, end)]
