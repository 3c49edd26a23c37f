"""Which words of a text answer to a question's words, and the part of the text that shows most of them.

Words agree where word search finds one by the other (`mmrag.text`); Chinese, Japanese and Korean
agree by pairs of letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import accumulate

from mmrag.cli.terminal import clean
from mmrag.text import query_terms, terms

Span = tuple[int, int]

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[^\W_{_CJK}]+(?:[.,]\d+)*")
_RUN = re.compile(rf"[{_CJK}]{{2,}}")


def spans(text: str, question: str) -> list[Span]:
    """Where words of ``question`` stand in ``text``: ordered pieces that do not touch, in characters."""
    wanted = set(query_terms(question))
    found = [match.span() for match in _WORD.finditer(text) if not wanted.isdisjoint(terms(match[0]))]
    found += [
        (place, place + 2)
        for run in _RUN.finditer(text)
        for place in range(run.start(), run.end() - 1)
        if text[place : place + 2] in wanted
    ]
    return _joined(sorted(found))


def excerpt(text: str, question: str, width: int) -> tuple[str, list[Span]]:
    """At most ``width`` terminal columns of ``text`` in one line, with the matches in it.

    The part that holds the most matched letters is taken; dots say where something was left out.
    """
    from rich.cells import cell_len, chop_cells

    text = clean(text)
    if cell_len(text) <= width:
        return text, spans(text, question)
    start = _best_start(text, spans(text, question), width)
    piece = chop_cells(text[start:], max(2, width - 2))[0]
    end = start + len(piece)
    if end < len(text) and not text[end - 1].isspace() and (cut := piece.rfind(" ")) > len(piece) * 2 // 3:
        piece = piece[:cut]
    piece = ("…" if start else "") + piece.strip() + ("…" if end < len(text) else "")
    return piece, spans(piece, question)


def _joined(found: list[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in found:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _best_start(text: str, found: list[Span], width: int) -> int:
    """Where to begin: a little before the match from which the most matched letters fit into ``width``."""
    from rich.cells import cell_len

    column = list(accumulate(map(cell_len, text), initial=0))  # wide letters take two
    if not found or column[found[-1][1]] <= width - 2:
        return 0

    def gain(start: int) -> int:
        beyond = column[start] + width * 3 // 4
        return sum(right - left for left, right in found if start <= left and column[right] <= beyond)

    best = max((left for left, _ in found), key=gain)
    before = bisect_left(column, column[best] - width // 6)
    return text.find(" ", before, best) + 1 or best if before else 0
