"""Captions and headings as people would ask for them, and as they stand on a page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import groupby

from mmrag.ingest.pdf.captions import LABEL
from mmrag.text.script import is_cjk, language
from mmrag.text.sentences import sentences
from mmrag.text.terms import terms

_AFTER_LABEL = " \t\n:.：。)）—–-|"
_IN_WORDS = "〇零一二三四五六七八九十百"
_END = r"(?=\s|[^\W\dA-Za-z])"  # not within a word; ideographs may follow at once
# What nothing marks as numbering is a word as often: "2024 年报", "C programming", "A mill".
_NUMBERING = re.compile(
    r"\s*(?:"
    + "|".join(
        (
            rf"第\s*[{_IN_WORDS}\d]+\s*(?:部分|[章节節部篇])",
            rf"[（(](?:[{_IN_WORDS}]+|\d{{1,2}})[）)]",
            rf"[{_IN_WORDS}]+[、.．]",
            r"(?:§\s*|(?:chapter|section|part|appendix|kapitel|abschnitt|chapitre|annexe)(?:\s+|(?=\d)))"
            rf"(?:\d+|[A-Z]|[IVXL]+)(?:[.\-]\d+)*[.):：]?{_END}",
            rf"(?:\d{{1,3}}(?:[.\-]\d{{1,3}})+|[A-Z](?:\.\d{{1,3}})+)[.):：]?{_END}",
            rf"(?:\d{{1,3}}|[A-Z]|[IVXL]+)[.):：、]{_END}",
            r"\d{1,2}(?=\s)",
        )
    )
    + r")[\s:：、]*",
    re.IGNORECASE,
)
_LONG = 25  # words; a title of more is told by its first sentence

_GENERIC_HEADINGS = """
abstract acknowledgements acknowledgments appendices appendix background bibliography bugs changelog
conclusion conclusions contents copyright credits details discussion example examples faq figures foreword
furtherreading generalremarks glossary history index installation introduction license licence listoffigures
listoftables methods miscellaneous motivation notation notes options output overview preface prerequisites
references relatedwork remarks requirements results seealso setup summary tableofcontents terminology
tutorial usage
annexe annexes avantpropos bibliographie exemple exemples généralités préface remerciements résumé sommaire
tabledesmatières
anhang beispiel beispiele einführung einleitung fazit inhalt inhaltsverzeichnis literatur literaturverzeichnis
überblick vorwort zusammenfassung
apéndice bibliografía conclusiones ejemplo ejemplos índice introducción referencias resumen
引言 简介 介绍 前言 序言 结论 总结 小结 参考文献 目录 附录 摘要 致谢 概述 概要 背景 示例 例子
簡介 介紹 結論 總結 參考文獻 目錄 附錄 致謝 はじめに まとめ 参考文献 目次 付録
"""
_GENERIC = frozenset(_GENERIC_HEADINGS.split())
_WORD = re.compile(r"[^\W_]+(?:[-_.'’][^\W_]+)*")


def letters(text: str) -> str:
    """The letters alone, folded: what stays the same when text is broken, hyphenated or numbered."""
    return "".join(filter(str.isalpha, unicodedata.normalize("NFKC", text).casefold()))


def without_label(caption: str) -> str:
    """A caption without its "Figure 3:"."""
    found = LABEL.match(caption)
    return caption[found.end() :].lstrip(_AFTER_LABEL) if found else caption


def is_labelled(text: str) -> bool:
    """Whether it begins like a caption: "Figure 3: …"."""
    return LABEL.match(text) is not None


def without_number(heading: str) -> str:
    """A heading without its "2.1", "Chapter 3" or "第三章"."""
    found = _NUMBERING.match(heading)
    rest = heading[found.end() :] if found else ""
    return rest or heading.strip()


def title_of(caption: str) -> str:
    """What somebody would ask for a figure: its caption, or the first sentence of a long one."""
    text = " ".join(without_label(caption).split())
    if len(text.split()) <= _LONG and sum(map(is_cjk, text)) <= 2 * _LONG:
        return text
    start, end = sentences(text)[0]
    return text[start:end].strip()


def is_telling(text: str, least: float) -> bool:
    """Whether the text has at least so many different words that tell something; two ideographs make one."""
    spaced = "".join(" " if is_cjk(char) else char for char in text)
    words = {word.casefold() for word in _WORD.findall(spaced) if any(map(str.isalpha, word)) and terms(word)}
    return len(words) + sum(map(is_cjk, text)) / 2 >= least and letters(text) not in _GENERIC


def language_of(title: str, said: str) -> str:
    """ISO 639-1 code of a short text's language, as far as it, or else what its document says, tells."""
    ideographs = "".join(filter(is_cjk, title))
    if ideographs:
        return language(ideographs) or "zh"
    around = language(said)
    return around if around and not any(map(is_cjk, said[:2000])) else language(title) or "en"


def only_once(keys: Iterable[str]) -> set[str]:
    """The keys that occur once."""
    return {key for key, group in groupby(sorted(keys)) if len(list(group)) == 1}


class Hidden:
    """Texts that may not be found, wherever they stand by themselves.

    Numbering, labels ("Figure 3:"), leaders and page numbers may stand around, so that entries of tables of
    contents are found, and a text may run over several lines. A sentence that holds the words is none.

    Args:
        texts: captions and headings, in any wording that they may stand in.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(filter(None, map(letters, texts)))
        self._beginnings = {text[:size] for text in self._texts for size in range(1, len(text) + 1)}

    def is_one(self, *wordings: str) -> bool:
        """Whether one of the wordings is hidden."""
        return any(letters(wording) in self._texts for wording in wordings)

    def alone(self, lines: Sequence[str]) -> set[int]:
        """Positions of the lines, as they follow one another, that are hidden."""
        found: set[int] = set()
        for start, line in enumerate(lines):
            for begin in {letters(line), letters(without_label(line)), letters(without_number(line))}:
                if begin in self._beginnings:
                    found.update(range(start, self._end(begin, lines, start)))
        return found

    def without(self, text: str) -> str:
        """The text without the lines that are hidden; rows of tables count as lines."""
        lines = text.split("\n")
        gone = self.alone([line.replace("|", " ") for line in lines])
        return "\n".join(line for at, line in enumerate(lines) if at not in gone) if gone else text

    def _end(self, begin: str, lines: Sequence[str], start: int) -> int:
        """Behind the last line of the longest hidden text that begins at ``start``; else ``start``."""
        read, end = begin, start
        for at in range(start, len(lines)):
            if at > start:
                read += letters(lines[at])
            if read not in self._beginnings:
                break
            if read in self._texts:
                end = at + 1
        return end
