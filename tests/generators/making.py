"""Hits made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.types import BBox, Document, Element, Hit, Kind, Page, element_id


def element(
    text: str,
    kind: Kind = Kind.TEXT,
    *,
    caption: str = "",
    section: tuple[str, ...] = (),
    document: str = "d" * 64,
    page: int = 1,
) -> Element:
    box = BBox(0.1, 0.1, 0.9, 0.3)
    name = element_id(document, page, kind, box, caption + text)
    return Element(name, document, page, kind, box, text, caption, section)


def hit(elements: Sequence[Element], rank: int = 1, title: str = "") -> Hit:
    first = elements[0]
    document = Document(first.document, f"{first.document[:4]}.pdf", "application/pdf", title, 9)
    return Hit(rank, 1 / rank, document, Page(first.document, first.page), first, tuple(elements))


STATION = (
    "The station was commissioned on 14 May 1987 as the first of its kind on this coast. "
    "Its four turbines are still the original machines. The director, Marta Oduya, thanks the crew. "
    "A generating run lasts between four and six hours."
)
COSTS = """| Item | Cost in 2024 | Cost in 2025 |
|---|---|---|
| Staff and training | 598 | 612 |
| Repairs | 455 | 548 |
| Insurance | 139 | 141 |"""


def library() -> list[Hit]:
    """Three pages: running text, a table and a figure, and Chinese."""
    return [
        hit([element(STATION, section=("The year in brief",))]),
        hit(
            [
                element(COSTS, Kind.TABLE, caption="Table 2. Running costs, thousand crowns.", page=2),
                element(
                    "basin level +6.8 m\nroad deck +9.5 m\nsea level +3.1 m",
                    Kind.FIGURE,
                    caption="Figure 1. Cross-section of the barrage on the ebb.",
                    page=2,
                ),
            ],
            rank=2,
        ),
        hit(
            [
                element(
                    "涨潮时，五座水闸全部打开。三声长鸣表示水位将要上升。电站于1987年投入运行。",
                    document="e" * 64,
                )
            ],
            rank=3,
        ),
    ]
