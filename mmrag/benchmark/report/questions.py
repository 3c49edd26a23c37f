"""A question with its gold pages and what each setup found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmrag.benchmark.metrics import ordered
from mmrag.benchmark.report.figures import seconds
from mmrag.benchmark.report.marks import mark
from mmrag.benchmark.report.markup import Html, tag
from mmrag.benchmark.report.pages import PageKey
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.report.sheets import Sheets
from mmrag.benchmark.tables import MAIN, decimals
from mmrag.benchmark.values import Found, Gold, Outcome, Question

_LISTED = 10  # ranks


@dataclass(frozen=True, slots=True)
class Cards:
    """Makes a card of a question: a line, which opens to the pages.

    Attributes:
        results: of all questions.
        outcomes: by question's id, for each setup.
        sheets: the pages.
        depth: how many pages of a ranking are drawn; of the others, to rank 10, the names are given.
    """

    results: Results
    outcomes: Sequence[Mapping[str, Outcome]]
    sheets: Sheets
    depth: int

    def card(self, place: int) -> Html:
        """The question at ``place`` among all, from 0."""
        results = self.results
        question = results.comparison.dataset.questions[place]
        scores = [float(results.found[name][MAIN][place]) for name in results.setups]
        kind, language = question.kind or "other", question.language or "?"
        head = tag(
            "summary",
            tag("span", question.id, class_="id", title=question.id),
            tag(
                "span",
                question.text or "(a picture)",
                class_="text",
                dir="auto",
                lang=question.language or None,
            ),
            tag("span", [tag("span", word, class_="chip") for word in (kind, language)], class_="chips"),
            tag("span", [self._score(at, score) for at, score in enumerate(scores)], class_="scores"),
        )
        found = [
            self._ranking(at, question, mine.get(question.id), scores[at])
            for at, mine in enumerate(self.outcomes)
        ]
        return tag(
            "details",
            head,
            tag("div", self._gold(question), found, class_="inside"),
            class_="q",
            id=f"q{place + 1}",
            data_kind=kind,
            data_language=language,
            data_scores=" ".join(f"{score:.4f}" for score in scores),
        )

    def _score(self, place: int, score: float) -> Html:
        name = self.results.short(self.results.setups[place])
        level = 0 if math.isnan(score) else round(100 * score)
        return tag(
            "span",
            mark(place),
            tag("span", f"{name}, {MAIN}: ", class_="unseen"),
            decimals(score),
            tag("span", class_="bar", style=f"--v:{level}%"),
            class_="score",
            title=name,
        )

    def _gold(self, question: Question) -> Html:
        pages = [
            tag(
                "li",
                self.sheets.sheet(gold.file, gold.page, gold=gold.boxes),
                self.sheets.caption(gold.file, gold.page, f"grade {gold.grade}" if gold.grade != 1 else ""),
            )
            for gold in question.gold
        ]
        answer = None
        if question.answers:
            answer = tag("p", "Answer: ", tag("q", question.answers[0], dir="auto"), class_="answer")
        return tag(
            "section",
            tag("h3", "Right page" if len(pages) == 1 else f"{len(pages)} right pages"),
            answer,
            tag("ul", pages, class_="sheets gold"),
            class_="right-pages",
        )

    def _ranking(self, place: int, question: Question, outcome: Outcome | None, score: float) -> Html:
        ranking = ordered(outcome.ranking)[:_LISTED] if outcome else ()
        ranks = [(rank, one, _gold_of(one, question)) for rank, one in enumerate(ranking, 1)]
        says = [f"{MAIN} {decimals(score)}", _first(ranks)]
        if outcome and outcome.seconds:
            says.append(seconds(outcome.seconds))
        named = self.results.named(self.results.setups[place])
        drawn = [self._found(*one) for one in ranks[: self.depth]]
        rest = [
            tag("li", self.sheets.called(one.file, one.page), " ✓" if gold else "", class_=_right(gold))
            for _, one, gold in ranks[self.depth :]
        ]
        return tag(
            "section",
            tag("h3", named, " ", tag("small", " · ".join(says))),
            _answer(outcome),
            tag("ol", drawn, class_="sheets") if drawn else None,
            tag("ol", rest, class_="rest", start=self.depth + 1) if rest else None,
        )

    def _found(self, rank: int, found: Found, gold: Gold | None) -> Html:
        sheet = self.sheets.sheet(
            found.file,
            found.page,
            gold=gold.boxes if gold else (),
            found=(found.box,) if found.box else (),
        )
        caption = self.sheets.caption(found.file, found.page, "✓ right" if gold else "", rank)
        return tag("li", sheet, caption, class_=_right(gold))


def outcomes_of(results: Results) -> list[dict[str, Outcome]]:
    """By question's id, for each setup."""
    return [{outcome.question: outcome for outcome in run.outcomes} for run in results.comparison.runs]


def wanted_pages(results: Results, places: Sequence[int], depth: int) -> list[PageKey]:
    """Pages to embed: all gold pages, then what stands first in the rankings, second, and so on."""
    questions = [results.comparison.dataset.questions[place] for place in places]
    wanted = [(gold.file, gold.page) for question in questions for gold in question.gold if gold.page]
    outcomes = outcomes_of(results)
    rankings = [
        ordered(mine[question.id].ranking)[:depth]
        for question in questions
        for mine in outcomes
        if question.id in mine
    ]
    for rank in range(depth):
        wanted += [(ranking[rank].file, ranking[rank].page) for ranking in rankings if rank < len(ranking)]
    return wanted


def _gold_of(found: Found, question: Question) -> Gold | None:
    """The gold that a page of a ranking is, by itself or as a page of a file that is gold as a whole."""
    for gold in question.gold:
        if gold.file == found.file and gold.page in (found.page, 0):
            return gold
    return None


def _right(gold: Gold | None) -> str | None:
    return "right" if gold else None


def _first(ranks: Sequence[tuple[int, Found, Gold | None]]) -> str:
    if not ranks:
        return "nothing found"
    right = next((rank for rank, _, gold in ranks if gold), None)
    return f"first right page at rank {right}" if right else f"no right page among the first {len(ranks)}"


def _answer(outcome: Outcome | None) -> Html | None:
    if outcome is None or outcome.answer is None:
        return None
    says = "Declined: " if outcome.refused else "Answered: "
    return tag("p", says, tag("q", outcome.answer, dir="auto"), class_="answer")
