"""Every question with its gold pages and what each setup found, drawn on the pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmrag.benchmark.metrics import ordered
from mmrag.benchmark.report.figures import counted, seconds
from mmrag.benchmark.report.marks import mark
from mmrag.benchmark.report.markup import Html, tag
from mmrag.benchmark.report.pages import Embedded, PageKey
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.tables import MAIN, decimals
from mmrag.benchmark.values import Found, Gold, Outcome, Question
from mmrag.types import BBox

_DEPTH = 10  # ranks that are listed


@dataclass(frozen=True, slots=True)
class Shown:
    """What the questions are shown with.

    Attributes:
        pages: their pictures.
        names: class of the style sheet that holds the picture of a page.
        depth: how many pages of a ranking are drawn; the others are named.
    """

    pages: Embedded
    names: Mapping[PageKey, str]
    depth: int


def outcomes_of(results: Results) -> list[dict[str, Outcome]]:
    """By question's id, for each setup."""
    return [{outcome.question: outcome for outcome in run.outcomes} for run in results.comparison.runs]


def wanted_pages(results: Results, places: Sequence[int], depth: int) -> list[PageKey]:
    """Pages to embed: all gold pages, then what stands first in the rankings, second, and so on."""
    questions = [results.comparison.dataset.questions[place] for place in places]
    wanted = [(gold.file, gold.page) for question in questions for gold in question.gold if gold.page]
    rankings = [
        ordered(outcomes[question.id].ranking)[:depth]
        for question in questions
        for outcomes in outcomes_of(results)
        if question.id in outcomes
    ]
    for rank in range(depth):
        wanted += [(ranking[rank].file, ranking[rank].page) for ranking in rankings if rank < len(ranking)]
    return wanted


def question_card(
    results: Results, place: int, outcomes: Sequence[Mapping[str, Outcome]], shown: Shown
) -> Html:
    """One question, closed until somebody opens it.

    Args:
        results: of all.
        place: of the question among all, from 0.
        outcomes: as `outcomes_of` gives them.
        shown: the pages.
    """
    question = results.comparison.dataset.questions[place]
    scores = [float(results.found[name][MAIN][place]) for name in results.setups]
    head = tag(
        "summary",
        tag("span", question.id, class_="id"),
        tag(
            "span", question.text or "(a picture)", class_="text", dir="auto", lang=question.language or None
        ),
        tag("span", [tag("span", word, class_="chip") for word in _words(question)], class_="chips"),
        tag(
            "span",
            [_score(results, at, score) for at, score in enumerate(scores)],
            class_="scores",
            aria_label=MAIN,
        ),
    )
    found = [
        _ranking(results, at, question, mine.get(question.id), shown, scores[at])
        for at, mine in enumerate(outcomes)
    ]
    return tag(
        "details",
        head,
        tag("div", _gold(question, shown), found, class_="inside"),
        class_="q",
        id=f"q{place + 1}",
        data_kind=question.kind or "other",
        data_language=question.language or "?",
        data_scores=" ".join(f"{score:.4f}" for score in scores),
    )


def _words(question: Question) -> list[str]:
    return [question.kind or "other", question.language or "?"]


def _score(results: Results, place: int, score: float) -> Html:
    name = results.short(results.setups[place])
    level = round(100 * score) if not math.isnan(score) else 0
    bar = tag("span", class_="bar", style=f"--v:{level}%")
    return tag(
        "span", mark(place), tag("span", f"{name}: ", class_="unseen"), decimals(score), bar,
        class_="score", title=name,
    )  # fmt: skip


def _gold(question: Question, shown: Shown) -> Html:
    drawn = [
        tag(
            "li",
            _page(gold.file, gold.page, shown, gold=gold.boxes),
            _caption(gold.file, gold.page, _grade(gold)),
        )
        for gold in question.gold
    ]
    answer = None
    if question.answers:
        answer = tag("p", "Accepted: ", tag("q", question.answers[0], dir="auto"), class_="answer")
    return tag(
        "section",
        tag("h3", "Right " + ("page" if len(question.gold) == 1 else f"pages ({len(question.gold)})")),
        answer,
        tag("ul", drawn, class_="strip-of-pages gold"),
        class_="right-pages",
    )


def _grade(gold: Gold) -> str:
    return f"grade {gold.grade}" if gold.grade != 1 else ""


def _ranking(
    results: Results, place: int, question: Question, outcome: Outcome | None, shown: Shown, score: float
) -> Html:
    ranking = ordered(outcome.ranking)[:_DEPTH] if outcome else ()
    right = {(gold.file, gold.page): gold for gold in question.gold}
    marked = [right.get((one.file, one.page)) or right.get((one.file, 0)) for one in ranking]
    first = next((rank for rank, gold in enumerate(marked, 1) if gold), None)
    says = [
        f"{MAIN} {decimals(score)}",
        f"first right page at rank {first}" if first else f"no right page among the first {len(ranking)}"
        if ranking
        else "nothing found",
    ]  # fmt: skip
    if outcome and outcome.seconds:
        says.append(seconds(outcome.seconds))
    drawn = [
        _found(rank, one, gold, shown)
        for rank, (one, gold) in enumerate(zip(ranking, marked, strict=True), 1)
        if rank <= shown.depth
    ]
    rest = [
        tag("li", f"{one.file} p. {one.page}", " ✓" if gold else None, class_="right" if gold else None)
        for one, gold in list(zip(ranking, marked, strict=True))[shown.depth :]
    ]
    return tag(
        "section",
        tag("h3", results.named(results.setups[place]), " ", tag("small", " · ".join(says))),
        _answer(outcome),
        tag("ol", drawn, class_="strip-of-pages"),
        tag("ol", rest, class_="rest", start=shown.depth + 1) if rest else None,
    )


def _answer(outcome: Outcome | None) -> Html | None:
    if outcome is None or outcome.answer is None:
        return None
    says = "Declined: " if outcome.refused else "Answered: "
    return tag("p", says, tag("q", outcome.answer, dir="auto"), class_="answer")


def _found(rank: int, found: Found, gold: Gold | None, shown: Shown) -> Html:
    boxes = (found.box,) if found.box else ()
    page = _page(found.file, found.page, shown, gold=gold.boxes if gold else (), found=boxes)
    return tag(
        "li",
        page,
        _caption(found.file, found.page, "✓ right" if gold else "", rank),
        class_="right" if gold else None,
    )


def _page(
    file: str, page: int, shown: Shown, *, gold: Sequence[BBox] = (), found: Sequence[BBox] = ()
) -> Html | None:
    """The page with its boxes; where no picture is embedded, the boxes on an empty sheet."""
    if not page:
        return None
    name = shown.names.get((file, page))
    rectangles = [_rectangle(box, "gold") for box in gold] + [_rectangle(box, "found") for box in found]
    drawn = tag("svg", rectangles, aria_hidden="true") if rectangles else None
    return tag(
        "button",
        drawn,
        None if name else tag("span", "page not embedded"),
        type="button",
        class_=f"page {name or 'empty'}",
        aria_label=f"{file}, page {page}",
    )


def _rectangle(box: BBox, kind: str) -> Html:
    x0, y0, x1, y1 = (100 * value for value in box.as_tuple())
    return tag(
        "rect",
        x=f"{x0:.1f}%",
        y=f"{y0:.1f}%",
        width=f"{x1 - x0:.1f}%",
        height=f"{y1 - y0:.1f}%",
        class_=kind,
    )


def _caption(file: str, page: int, says: str, rank: int | None = None) -> Html:
    name = file.rpartition("/")[2]
    return tag(
        "span",
        tag("b", f"{rank} ") if rank else None,
        tag("bdi", name, title=file),
        f" p. {page}" if page else " (whole file)",
        tag("em", says) if says else None,
        class_="where",
    )


def legend() -> Html:
    """What the boxes mean."""
    return tag(
        "p",
        tag("span", _sample("gold"), " where the answer is", class_="key"),
        " ",
        tag("span", _sample("found"), " what brought the page", class_="key"),
        class_="legend",
    )


def _sample(kind: str) -> Html:
    box = tag("rect", x="8%", y="15%", width="84%", height="70%", class_=kind)
    return tag("svg", box, class_="sample", aria_hidden="true")


def note_on_pages(pages: Embedded) -> str:
    """What was left out, in words; empty if nothing was."""
    says = []
    if pages.no_room:
        says.append(f"{counted(pages.no_room, 'page')} for want of room")
    if pages.not_drawn:
        says.append(f"{counted(pages.not_drawn, 'page')} that could not be drawn")
    return (
        f"Without a picture: {', and '.join(says)}; their boxes are drawn on an empty sheet." if says else ""
    )
