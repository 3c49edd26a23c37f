"""Where sentences begin and end."""

from __future__ import annotations

import re

# A full stop after one of these ends no sentence. Lower case, without the last stop.
_ALWAYS = """
al approx assn ave bd ca cf corp dept dr e.g eg esp gen gov hon i.e ie inc jr lt ltd messrs mme mr mrs
ms mt mus para prof pvt rep resp rev sen sr st viz vs w.r.t wrt
abb anm bzgl bzw d.h evtl ggf hrsg s.o s.u sog u.a vgl z.b z.t av cie p.ex sra srta ud uds
"""
# These end none before a figure ("No. 5", "Fig. A1", "Sec. IV"), but may otherwise ("He said no. Then …").
_FIGURES_ONLY = """
app art bd c ch chap chs col eq eqn eqns eqs ex fig figs max min n nr no nos p pp pt ref refs s sec sect
suppl tab tabs vol vols núm pág págs abs
"""
_ABBREVIATIONS = frozenset(_ALWAYS.split())
_BEFORE_FIGURES = frozenset(_FIGURES_ONLY.split())
_FIGURE = re.compile(r"[(\[]?(?:[A-Z]?\d|[IVXLC]+\b)")
_INITIAL = re.compile(r"[A-Z]\.")
# A stop after a space ends nothing (dot leaders), but French sets one before ! and ?.
_STOP = re.compile(
    r"(?:(?<=[^\s.!?…])[.!?…]++|(?<=\s)[!?]++)[\"'”’»)\]]*+(?=\s)|[。！？；…][。！？；…”’」』）》】]*|[｡]+"
)
_WORD_AT_END = re.compile(r"[^\s(\[{\"'“‘«]*$")
_LIST_NUMBER = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,4})$")
_LIST_MARK = re.compile(r"\s*(?:[-*•‣▪◦–—·]\s|[(\[]?(?:\d{1,3}|[A-Za-z])[.)\]]\s|\|)")
_CODE = re.compile(r"[={};|<>]|\w\(")
_BEGINNING = re.compile(r"\S.{0,7}", re.DOTALL)
_LONGEST_ABBREVIATION = 24
_WRAPPED_LINE = 40


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans ``(start, end)`` of the sentences of ``text``, in order, without the space around them.

    Sentences end at . ! ? … before a space and a new beginning, at 。！？； and at the end of a line (a list
    item, a line of code, a row of a Markdown table); a line that plainly goes on in the next one (long, no
    stop at its end, lower case after it) does not end there. Abbreviations, initials, decimals and the
    numbers of list items end nothing. Every character that is not space is in exactly one span.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _blocks(text):
        begin = start
        if text.startswith("|", start):  # a row of a table is one piece, whatever its cells hold
            _add(spans, text, start, end)
            continue
        for stop in _STOP.finditer(text, start, end):
            if _ends_sentence(text, begin, stop, end):
                _add(spans, text, begin, stop.end())
                begin = stop.end()
        _add(spans, text, begin, end)
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    if start < end:
        spans.append((start, end))


def _blocks(text: str) -> list[tuple[int, int]]:
    """Spans of lines, wrapped lines of one paragraph taken together."""
    if "\n" not in text:
        return [(0, len(text))]
    blocks: list[tuple[int, int]] = []
    start = position = 0
    lines = text.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        position += len(line) + 1
        if not _goes_on(line, following):
            blocks.append((start, position - 1))
            start = position
    if start < len(text):
        blocks.append((start, len(text)))
    return blocks


def _goes_on(line: str, following: str) -> bool:
    line = line.rstrip()
    return (
        len(line) >= _WRAPPED_LINE
        and following[:1].islower()
        and (line[-1].isalnum() or line[-1] in ",-)'’\"”")
        and not _LIST_MARK.match(following)
        and not line.startswith("|")
        and not _CODE.search(line)
        and not _CODE.search(following)
    )


def _ends_sentence(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    mark = stop.group()
    following = _BEGINNING.search(text, stop.end(), end)
    if mark[0] not in ".!?…" or following is None:
        return True
    after = following.group()
    if after[0].islower() or after[0] in ",;:)]":
        return False
    if mark != ".":
        return True
    # Only the last word is looked at: slices of a whole text for each stop would take quadratic time.
    before = text[max(begin, stop.start() - _LONGEST_ABBREVIATION) : stop.start()]
    numbered = stop.start() - begin < _LONGEST_ABBREVIATION and _LIST_NUMBER.match(before)
    return not (numbered or _is_abbreviation(before, after))


def _is_abbreviation(before: str, after: str) -> bool:
    word = _last_word(before)
    if len(word) == 1 and word != "I" and (word.isupper() or _INITIAL.match(after)):
        return True
    word = word.casefold()
    return word in _ABBREVIATIONS or (word in _BEFORE_FIGURES and _FIGURE.match(after) is not None)


def _last_word(text: str) -> str:
    found = _WORD_AT_END.search(text)
    return found.group() if found else ""
