"""Text that refers to a figure or a table: "as Figure 3 shows", "见图3", "voir le tableau 2"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mmrag.types import Element, Kind

# English, French, German, Spanish, Italian, Portuguese, Dutch, Russian. What is called by a word of another
# line is counted by itself: there may be a Figure 3 and a Chart 3.
_WORDS = {
    "figure": """fig figs figg figure figures figura figuras figuren figuur abb abbildung abbildungen bild
        bilder illustration illustrations рис рисунок рисунке рисунка рисунки""",
    "table": """tab tabs table tables tableau tableaux tabelle tabellen tabel tabela tabelas tabella tabla
        tablas cuadro cuadros табл таблица таблице таблицы""",
    "chart": """chart charts diagram diagrams diagramm diagramme grafik grafiken graph graphs graphique
        graphiques gráfico gráficos grafico grafici""",
    "scheme": "scheme schemes schema schemata schéma schémas esquema esquemas",
    "plate": "plate plates planche planches tafel tafeln",
    "map": "map maps carte cartes karte karten mapa mapas",
    "exhibit": "exhibit exhibits",
}
# Written without a space before them, but not where they end another word: 地图 (map), 代表 (stand for).
_CJK_WORDS = {
    "figure": r"插图|附图|(?<![地意企试贪])[图圖図]|그림",
    "table": r"(?<![代发發手外仪填])表格?|표",
}
_ONE = r"(?:[A-Z]{1,2}[.-]?)?\d+(?:[.-]\d+)*|[IVX]+(?![A-Za-z])"
_NUMBER = rf"(?:{_ONE})(?:\(?[a-z]\)?(?![a-z]))?"
_TO = r"\s*[~～至到-]\s*|\s+(?:to|bis|à|a|al|through|t/m|до)\s+"
_AND = r"\s*[,;&、，；和及与與]\s*(?:(?:and|und|et)\s+)?|\s+(?:and|or|und|oder|et|ou|y|o|e|en|и)\s+"
_LISTED = re.compile(rf"(?P<number>{_NUMBER})(?:(?P<to>{_TO})|{_AND})?")
_PART = re.compile(r"(?<=[\dIVX])\(?[a-z]\)?$")
_DASHES = str.maketrans("–—‐‑−", "-----")
_LONGEST_RANGE = 30


@dataclass(frozen=True, slots=True)
class Label:
    """What a caption calls its figure or table: the word in English, and the number, that of 3a being 3."""

    word: str
    number: str


def label_of(caption: str) -> Label | None:
    """The label that a printed caption begins with; ``None`` if it begins with none."""
    caption = caption.lstrip().translate(_DASHES)
    for word in _WORDS:
        mention = _mention(word).match(caption)
        first = _LISTED.match(mention["numbers"]) if mention else None
        if first:
            return Label(word, _PART.sub("", first["number"]))
    return None


def refers_to(text: str, label: Label) -> bool:
    """Whether ``text`` names it: alone, in a list ("Figs. 2 and 3") or within a range ("图 2–4")."""
    return any(
        label.number == number
        for mention in _mention(label.word).finditer(text.translate(_DASHES))
        for number in _numbers(mention["numbers"])
    )


def referring(element: Element, elements: Sequence[Element]) -> list[Element]:
    """Text among ``elements`` that refers to a figure or table by its caption's label, in their order."""
    label = label_of(element.caption)
    if label is None:
        return []
    return [
        one
        for one in elements
        if one.kind is Kind.TEXT and one.id != element.id and refers_to(one.text, label)
    ]


@lru_cache(maxsize=len(_WORDS))
def _mention(word: str) -> re.Pattern[str]:
    words = "|".join(sorted(_WORDS[word].split(), key=len, reverse=True))
    named = rf"(?<!\w)(?i:{words})(?:\.\s*|\s+|(?=\d))"
    if word in _CJK_WORDS:
        named = rf"(?:{named}|(?:{_CJK_WORDS[word]})\s*)"
    return re.compile(rf"{named}(?P<numbers>{_NUMBER}(?:(?:{_TO}|{_AND}){_NUMBER})*)")


def _numbers(listed: str) -> Iterator[str]:
    """All numbers of a list, those inside its ranges too."""
    before = ""
    for found in _LISTED.finditer(listed):
        number = _PART.sub("", found["number"])
        yield number
        if before:
            yield from _inside(before, number)
        if "-" in number:  # 2-4 is one number in Chinese books, a range elsewhere
            first, _, last = number.partition("-")
            yield from (first, *_inside(first, last), last)
        before = number if found["to"] else ""


def _inside(first: str, last: str) -> Iterator[str]:
    """Numbers between two that differ in their last figure alone: 3.2 and 3.5, 3 and 6."""
    head, begin = _last_figure(first)
    other, end = _last_figure(last)
    if head == other and end - begin <= _LONGEST_RANGE:
        yield from (f"{head}{number}" for number in range(begin + 1, end))


def _last_figure(number: str) -> tuple[str, int]:
    found = re.search(r"\d+$", number)
    return (number[: found.start()], int(found[0])) if found else (number, 0)
