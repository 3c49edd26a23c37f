"""Long texts, shortened at the ends of sentences and rows around what matches."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mmrag.text.sentences import sentences
from mmrag.text.terms import terms

GAP = "…"
"""Stands where something was left out."""


def size(text: str) -> int:
    """Bytes in UTF-8: a rough measure of how many tokens a text takes, whatever its language."""
    return len(text.encode("utf-8", "surrogatepass"))


def shortened(text: str, most: int, anchor: str) -> str:
    """The run of whole sentences or table rows that has most terms of ``anchor``; of equals, the first.

    A Markdown table keeps its header. A single sentence that is too long is cut between words. The result
    may be empty.

    Args:
        text: of an element, or any other.
        most: of the result, in bytes.
        anchor: what matched.
    """
    if size(text) <= most:
        return text
    head, body = _header(text)
    room = most - size(head) - 2 * size(f"{GAP}\n")
    spans = [span for begin, end in sentences(body) for span in _cut(body, begin, end, room)]
    if not spans:
        return ""
    first, last = _best(body, spans, room, frozenset(terms(anchor)))
    if first == last:
        return ""
    kept = body[spans[first][0] : spans[last - 1][1]]
    return "\n".join(
        part for part in (head, GAP if first else "", kept, GAP if last < len(spans) else "") if part
    )


def _header(text: str) -> tuple[str, str]:
    """The header of a Markdown table with its rule, and the rest."""
    lines = text.split("\n", 2)
    if len(lines) == 3 and lines[0].startswith("|") and lines[1].strip() and not set(lines[1]) - set("|-: "):
        return f"{lines[0]}\n{lines[1]}", lines[2]
    return "", text


def _cut(text: str, begin: int, end: int, most: int) -> list[tuple[int, int]]:
    """A span, in parts where it has more than ``most`` bytes."""
    parts = []
    while end > begin and size(text[begin:end]) > most:
        stop = begin + _characters(text[begin:end], most)
        if stop == begin:
            return []
        space = text.rfind(" ", begin + (stop - begin) // 2, stop)
        stop = space + 1 if space > 0 else stop
        parts.append((begin, stop))
        begin = stop
    return [*parts, (begin, end)] if end > begin else parts


def _characters(text: str, most: int) -> int:
    """How many of the first characters take at most ``most`` bytes."""
    return len(text.encode("utf-8", "surrogatepass")[: max(most, 0)].decode("utf-8", "ignore"))


def _best(text: str, spans: Sequence[tuple[int, int]], most: int, wanted: frozenset[str]) -> tuple[int, int]:
    """Slice of consecutive spans, of at most ``most`` bytes together, that has most of ``wanted``."""
    worth = [0, *accumulate(len(wanted.intersection(terms(text[begin:end]))) for begin, end in spans)]
    # What stands between two spans is white space; it is counted with the span before it.
    starts = [begin for begin, _ in spans]
    sizes = [
        0,
        *accumulate(size(text[a:b]) for a, b in zip(starts, [*starts[1:], spans[-1][1]], strict=True)),
    ]
    best, chosen, last = -1, (0, 0), 0
    for first in range(len(spans)):
        last = max(last, first)
        while last < len(spans) and sizes[last + 1] - sizes[first] <= most:
            last += 1
        if last > first and worth[last] - worth[first] > best:
            best, chosen = worth[last] - worth[first], (first, last)
    return chosen
