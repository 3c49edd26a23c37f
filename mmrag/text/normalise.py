"""Text as documents hold it becomes text as people type it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from mmrag.text.script import is_cjk

_SPACES = "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_LINE_ENDS = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_INVISIBLE = (
    range(0x200B, 0x200C),  # zero-width space
    range(0x200E, 0x2010),  # direction marks
    range(0x202A, 0x202F),  # direction overrides
    range(0x2060, 0x2070),  # word joiner, invisible operators, isolates
    range(0xFEFF, 0xFF00),  # byte order mark
    range(0xD800, 0xE000),  # lone surrogates: no encoding can write them
)
# Forms that fonts draw and nobody types: ligatures, Kangxi radicals that stand for ideographs, Arabic
# shapes, full-width letters and digits, half-width kana. All else is left as it is, since wholesale
# NFKC would also turn x² into x2 and ½ into 1⁄2.
_DRAWN_FORMS = (
    range(0x2E80, 0x2FD6),
    range(0xFB00, 0xFB18),
    range(0xFB50, 0xFE00),
    range(0xFE70, 0xFEFD),
    range(0xFF10, 0xFF1A),
    range(0xFF21, 0xFF3B),
    range(0xFF41, 0xFF5B),
    range(0xFF66, 0xFFA0),
)
_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*")
_RUN_OF_SPACES = re.compile(r" {2,}")
_SPACES_AT_LINE_END = re.compile(r" *\n *")
_SOFT_HYPHEN_AT_LINE_END = re.compile("\u00ad(?= *(?:\n|$))")
_LATIN_JOINER = re.compile("(?<=[\\x00-\u024f])[\u200c\u200d]+")
# "two- and three-way": the hyphen belongs to the word, even at the end of a line.
_SUSPENDED = re.compile(r"(?:and|or|to|und|oder|bis|et|ou|y|o|e)\b")


def _characters(ranges: Iterable[range]) -> Iterable[int]:
    return (code for each in ranges for code in each)


def _table() -> dict[int, str]:
    table = {code: unicodedata.normalize("NFKC", chr(code)) for code in _characters(_DRAWN_FORMS)}
    table.update(dict.fromkeys(_characters((range(32), range(127, 160), *_INVISIBLE)), ""))
    table.update({ord(char): " " for char in _SPACES})
    table.update({ord(char): "\n" for char in _LINE_ENDS})
    table[ord("\n")] = "\n"
    table[0x00AD] = ""
    return table


_TABLE = _table()


def normalise(text: str) -> str:
    """``text`` in NFC with one kind of space, without ligatures, invisible and control characters.

    Full-width letters and digits become ASCII; superscripts, fractions and full-width punctuation stay.
    A soft hyphen at the end of a line becomes a hyphen (`join_lines` takes it out), others vanish. Runs of
    spaces become one space, spaces at line ends go, newlines stay. Idempotent.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")  # most text by far
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\u00ad" in text:
        text = _SOFT_HYPHEN_AT_LINE_END.sub("-", text)
    if "\u200c" in text or "\u200d" in text:
        text = _LATIN_JOINER.sub("", text)
    text = text.translate(_TABLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "  " in text:
        text = _RUN_OF_SPACES.sub(" ", text)
    if "\n" in text:
        text = _SPACES_AT_LINE_END.sub("\n", text)
    return text.strip(" ")


def join_lines(lines: Sequence[str]) -> str:
    """The lines of one paragraph as one line of text; empty lines count for nothing.

    A word broken by a hyphen is rejoined where the next line begins in lower case; lines that meet
    between Chinese or Japanese characters are joined without a space, all others with one.
    """
    joined = ""
    for line in lines:
        line = line.strip()
        if line:
            joined = _join(joined, line) if joined else line
    return joined


def _join(before: str, after: str) -> str:
    if before[-1] in "-\u2010\u00ad" and len(before) > 1 and before[-2].isalnum():
        if _SUSPENDED.match(after):
            return f"{before} {after}"
        return before[:-1] + after if after[0].islower() else before + after
    if is_cjk(before[-1]) and is_cjk(after[0]):
        return before + after
    return f"{before} {after}"


def letters_of(text: str) -> str:
    """Letters and digits alone, case folded: the same however a text is set or hyphenated."""
    return "".join(char for char in text.casefold() if char.isalnum())


def word_edges(text: str) -> frozenset[int]:
    """The places in `letters_of` the text where a word, a number or an ideograph begins or ends."""
    bounds = {at for word in _WORD.finditer(text) for at in word.span()}
    edges, size, before = set(), 0, ""
    for at, char in enumerate(text):
        if at in bounds or is_cjk(char) or (before and is_cjk(before)):
            edges.add(size)
        size += len(letters_of(char))
        before = char
    return frozenset({*edges, size})


def find_whole(wanted: str, letters: str, edges: Collection[int]) -> int:
    """Where ``wanted`` stands in ``letters`` first without cutting a word at either end; -1 if nowhere.

    Args:
        wanted, letters: as `letters_of` gives them.
        edges: of ``letters``, as `word_edges` gives them.
    """
    whole = (begin for begin in sorted(edges) if begin + len(wanted) in edges)
    return next((begin for begin in whole if letters.startswith(wanted, begin)), -1)
