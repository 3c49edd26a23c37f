"""The section of questions: what filters and sorts them, and as many of them as a file should hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmrag.benchmark.counting import counted
from mmrag.benchmark.report.markup import Child, Html, tag
from mmrag.benchmark.report.pages import NO_PICTURES, PictureOf, embed
from mmrag.benchmark.report.questions import Cards, outcomes_of, wanted_pages
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.report.sheets import Sheets, files_of, legend
from mmrag.benchmark.tables import MAIN

_DEPTH = 5  # pages of a ranking that are drawn
_RANKING = 2_500  # bytes of what one setup has found for one question, about


@dataclass(frozen=True, slots=True)
class Browser:
    """The section, and the style sheet that holds its pictures."""

    section: Html
    style: Html


def questions_section(results: Results, picture_of: PictureOf | None, budget: int) -> Browser:
    """All questions, or as many as a file of ``budget`` bytes should hold: those the setups differ on most.

    Args:
        results: of all.
        picture_of: gives pictures of pages.
        budget: bytes of the whole section.
    """
    places = _places(results, budget)
    files = files_of(results.comparison)
    outcomes = outcomes_of(results)
    without = Cards(results, outcomes, Sheets(NO_PICTURES, files, results.unpaged), _DEPTH)
    words = sum(len(without.card(place).encode()) for place in places)
    pages = embed(wanted_pages(results, places, _DEPTH), picture_of, int(0.98 * budget) - words)
    sheets = Sheets(pages, files, results.unpaged)
    cards = Cards(results, outcomes, sheets, _DEPTH)
    section = tag(
        "section",
        tag("h2", "Question by question"),
        _left_out(results, places, sheets.left_out()),
        _controls(results, places),
        legend(),
        tag("div", [cards.card(place) for place in places], id="cards"),
        tag("p", "No question fits these filters.", id="none", hidden=True),
        id="questions",
    )
    return Browser(section, sheets.style())


def _places(results: Results, budget: int) -> list[int]:
    count = len(results.comparison.dataset.questions)
    most = max(1, int(0.5 * budget / (_RANKING * len(results.setups))))
    if count <= most:
        return list(range(count))
    scores = np.array([results.found[name][MAIN] for name in results.setups])
    spread = np.ptp(scores, axis=0)
    return sorted(np.argsort(-spread, kind="stable")[:most].tolist())


def _left_out(results: Results, places: Sequence[int], pages: str) -> Html | None:
    count = len(results.comparison.dataset.questions)
    says = []
    if len(places) < count:
        says.append(
            f"The {len(places):,} of {count:,} questions on which the setups differ most; "
            "report.json has all of them."
        )
    if pages:
        says.append(pages)
    return tag("p", " ".join(says), class_="note") if says else None


def _controls(results: Results, places: Sequence[int]) -> Html:
    """Filters and sorting; shown where scripts run."""
    questions = [results.comparison.dataset.questions[place] for place in places]
    kinds = sorted({question.kind or "other" for question in questions})
    languages = sorted({question.language or "?" for question in questions})
    order = results.ranked
    parts: list[Child] = [
        _field("Text", tag("input", type="search", id="f-text", placeholder="words of a question or a file")),
        _choice("Kind", "f-kind", ["", *kinds], ["any", *kinds]) if len(kinds) > 1 else None,
        _choice("Language", "f-language", ["", *languages], ["any", *languages])
        if len(languages) > 1
        else None,
    ]
    sorts = [("order", "as in the dataset"), ("hard", "hardest first"), ("easy", "easiest first")]
    versus: list[Child] = []
    if len(order) > 1:
        names = [str(place) for place in range(len(results.setups))]
        shorts = [results.short(name) for name in results.setups]
        first, second = (results.setups.index(name) for name in order[:2])
        versus = [
            _choice("Compare", "f-a", names, shorts, str(first)),
            _choice("with", "f-b", names, shorts, str(second)),
            _choice(
                "Outcome",
                "f-won",
                ["", "a", "b", "even", "differ"],
                ["any", "first won", "second won", "even", "not even"],
            ),
        ]
        sorts[1:1] = [
            ("a", "wins of the first"),
            ("b", "wins of the second"),
            ("differ", "largest difference"),
        ]
    values, says = zip(*sorts, strict=True)
    parts.append(_choice("Sort", "f-sort", list(values), list(says)))
    return tag(
        "form",
        tag("div", versus, class_="row") if versus else None,
        tag("div", parts, class_="row"),
        tag("div", id="versus") if versus else None,
        tag("p", counted(len(places), "question"), id="count", aria_live="polite"),
        class_="controls js",
        id="controls",
    )


def _field(name: str, control: Html) -> Html:
    return tag("label", tag("span", name), control)


def _choice(
    name: str, id_: str, values: Sequence[str], says: Sequence[str], chosen: str | None = None
) -> Html:
    options = [
        tag("option", text, value=value, selected=value == chosen)
        for value, text in zip(values, says, strict=True)
    ]
    return _field(name, tag("select", options, id=id_))
