from __future__ import annotations

import pytest

from mmrag.synthesize.context.referring import Label, label_of, referring, refers_to
from mmrag.types import Element, Kind


def element(text: str, kind: Kind = Kind.TEXT, caption: str = "", name: str = "") -> Element:
    return Element(name or text or caption, "d" * 64, 1, kind, None, text, caption)


@pytest.mark.parametrize(
    ("caption", "word", "number"),
    [
        ("Figure 3: Cross-section of the barrage.", "figure", "3"),
        ("FIG. 3 – Section", "figure", "3"),
        ("Fig. 3a. The gate, open", "figure", "3"),
        ("Figure 3(b) The gate, shut", "figure", "3"),
        ("Figure S2. More", "figure", "S2"),
        ("Figure A.1: More", "figure", "A.1"),
        ("Figure 2.10. More", "figure", "2.10"),
        ("Table IV. Costs", "table", "IV"),
        ("图 3 大坝剖面", "figure", "3"),
        ("图3-2　大坝剖面", "figure", "3-2"),
        ("圖 3 大壩", "figure", "3"),
        ("表2：费用", "table", "2"),
        ("表格 2 费用", "table", "2"),
        ("Tableau 2 – Dépenses", "table", "2"),
        ("Abbildung 3.1: Querschnitt", "figure", "3.1"),
        ("Abb. 3 Querschnitt", "figure", "3"),
        ("Tabelle 2: Kosten", "table", "2"),
        ("Tabla 2. Costes", "table", "2"),
        ("Рис. 3. Разрез", "figure", "3"),
        ("Таблица 2 — Расходы", "table", "2"),
        ("図3 断面", "figure", "3"),
        ("그림 3. 단면", "figure", "3"),
        ("Chart 3: Costs", "chart", "3"),
        ("Exhibit 12. Costs", "exhibit", "12"),
    ],
)
def test_labels(caption: str, word: str, number: str):
    assert label_of(caption) == Label(word, number)


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "Cross-section of the barrage",
        "Figure of a horse",
        "Figures show",
        "Tablet 3",
        "Section 3",
        "Figment 3",
    ],
)
def test_no_labels(caption: str):
    assert label_of(caption) is None


@pytest.mark.parametrize(
    "text",
    [
        "As Figure 3 shows, the road deck is dry.",
        "The deck is dry (see Fig. 3).",
        "The deck is dry (fig.3).",
        "Figures 2 and 3 show the deck.",
        "See Figures 1, 3 and 7.",
        "See Figs. 2–5.",
        "See Figures 2 to 5.",
        "See Figure 3a for the gate.",
        "See Figures 3(a) and 3(b).",
        "如图3所示，桥面高于水位。",
        "见图 3。",
        "图2、图3给出了结果。",
        "图2和3给出了结果。",
        "图2至图5给出了结果。" + "图2至5",
        "（参见图2～4）",
        "Comme le montre la figure 3, le pont est sec.",
        "Voir les figures 2 et 3.",
        "Voir les figures 2 à 4.",
        "Abbildung 3 zeigt die Brücke.",
        "Die Brücke (vgl. Abb. 3) ist trocken.",
        "Die Abbildungen 2 bis 4 zeigen die Brücke.",
        "Abbildungen 2 und 3",
        "Véanse las figuras 2 y 3.",
        "На рисунке 3 показан мост (рис. 3).",
    ],
)
def test_text_that_names_figure_3(text: str):
    assert refers_to(text, Label("figure", "3"))


@pytest.mark.parametrize(
    "text",
    [
        "Table 3 shows the deck.",
        "Figure 30 shows the deck.",
        "Figure 3.1 shows the deck.",
        "Figure 13 shows the deck.",
        "Figures 1 and 2, and Table 3",
        "We configure 3 gates.",
        "See Figures 4–7.",
        "In section 3 the figure is discussed.",
        "如图13所示",
        "如表3所示",
        "在地图3上",
        "图3.1给出了结果",
        "Voir le tableau 3.",
        "Abbildung 2 zeigt 3 Brücken.",
        "Chart 3 shows the costs.",
        "",
    ],
)
def test_text_that_does_not(text: str):
    assert not refers_to(text, Label("figure", "3"))


@pytest.mark.parametrize(
    "text",
    [
        "Table 2 gives the costs.",
        "表2给出了费用。",
        "费用见表 2。",
        "Le tableau 2 donne les dépenses.",
        "Les tableaux 1 et 2 donnent les dépenses.",
        "Tabelle 2 nennt die Kosten.",
        "In den Tabellen 1–3",
        "La tabla 2 da los costes.",
        "Tab. 2",
    ],
)
def test_text_that_names_table_2(text: str):
    assert refers_to(text, Label("table", "2"))


def test_text_that_only_seems_to_name_a_table():
    assert not refers_to("他代表2个部门，发表2篇文章。", Label("table", "2"))


def test_parts_of_numbers():
    assert refers_to("Figures 3.2–3.5", Label("figure", "3.4"))
    assert not refers_to("Figures 3.2–4.5", Label("figure", "3.4"))
    assert refers_to("图3-2给出了结果", Label("figure", "3-2"))
    assert refers_to("图3–2给出了结果", Label("figure", "3-2"))
    assert not refers_to("Figures 1 to 900", Label("figure", "450"))  # no such range is meant


def test_referring_text_is_running_text_alone():
    figure = element("", Kind.FIGURE, "Figure 3: Deck.", "f")
    elements = [
        element("Figure 3 and the deck", Kind.HEADING),
        element("As Figure 3 shows, it is dry."),
        figure,
        element("| Figure 3 |", Kind.TABLE),
        element("Nothing of that kind."),
        element("Again see Fig. 3."),
    ]
    assert referring(figure, elements) == [elements[1], elements[5]]
    assert referring(element("", Kind.FIGURE, "The deck"), elements) == []
