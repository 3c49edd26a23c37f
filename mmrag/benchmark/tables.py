"""A comparison as tables: how well each setup ranks, which is better than which, and what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmrag.benchmark.counting import counted
from mmrag.benchmark.metrics import ANSWER, MEASURES, Values, mean, measures
from mmrag.benchmark.statistics import Difference, best_gold, better, documents_of, interval
from mmrag.benchmark.values import BM25, Comparison, Run
from mmrag.config import STRATEGIES

ALL = "all"
"""What all strategies together are called."""

MAIN = "nDCG@5"
"""The measure that setups are compared by."""

MOST_DOCUMENTS = 20
"""Up to so many are given a row each."""

NDCG = (
    "nDCG@5 looks at the first five pages: 1 where the right page comes first, less the lower it stands, "
    "0 where it is not among them; the mean over the questions."
)

Measured = Mapping[str, Mapping[str, Values]]
"""By setup's name and measure, a value a question."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of words.

    Attributes:
        title: what it shows.
        head: of its columns; the first one names the row.
        rows: as wide as the head.
        note: how to read it.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def measured(comparison: Comparison) -> dict[str, dict[str, Values]]:
    """Every measure of every setup, each ``(questions,)`` float64."""
    questions = comparison.dataset.questions
    return {run.setup.name: measures(run.outcomes, questions) for run in comparison.runs}


def differences(comparison: Comparison, found: Measured, *, seed: int = 0) -> tuple[Difference, ...]:
    """Every pair of setups by `MAIN`."""
    units, _ = documents_of(comparison.dataset.questions)
    return better({name: values[MAIN] for name, values in found.items()}, units, seed=seed)


def tables(
    comparison: Comparison, found: Measured, pairs: Sequence[Difference], *, seed: int = 0
) -> tuple[Table, ...]:
    """All tables of a comparison.

    Args:
        comparison: with at least one run.
        found: its measures, as `measured` gives them.
        pairs: as `differences` gives them.
        seed: of the intervals.
    """
    made = [
        _quality(comparison, found, pairs, seed),
        *(_by_group(comparison, found, measure) for measure in (MAIN, ANSWER)),
        _by_document(comparison, found),
        _pairs(comparison, pairs),
        _costs(comparison),
    ]
    return tuple(table for table in made if table.rows)


def short_name(comparison: Comparison, name: str) -> str:
    """The name of a setup, without the recipe where all have the same; ``all`` for all strategies."""
    pipeline, _, views = name.rpartition(" · ")
    views = ALL if views == "+".join(STRATEGIES) else views
    several = len({run.setup.pipeline for run in comparison.runs}) > 1
    return f"{pipeline} · {views}" if several else views


def names_explained(comparison: Comparison) -> dict[str, str]:
    """What those names of setups mean that do not say it themselves."""
    asked = {run.setup.strategies for run in comparison.runs}
    explained = {
        ALL: (STRATEGIES, f"{', '.join(STRATEGIES)}, fused by page"),
        BM25: ((), "words alone, without a view"),
    }
    return {name: what for name, (strategies, what) in explained.items() if strategies in asked}


def markdown(table: Table) -> str:
    """The table in Markdown."""
    lines = [
        table.head,
        tuple(":--" if place == 0 else "--:" for place in range(len(table.head))),
        *table.rows,
    ]
    text = "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
    return f"## {table.title}\n\n{text}\n" + (f"\n{table.note}\n" if table.note else "")


def decimals(value: float) -> str:
    """``.612``, ``1.000``, ``–.031``; a dash for NaN."""
    if math.isnan(value):
        return "–"
    text = f"{abs(value):.3f}"
    return ("−" if value < 0 and float(text) else "") + text.removeprefix("0")


def p_value(value: float) -> str:
    """``.034``, ``< .001``."""
    return "< .001" if value < 0.001 else decimals(value)


def _letters(comparison: Comparison) -> dict[str, str]:
    """A letter for each setup, by which others can name it."""
    return {run.setup.name: _letter(place) for place, run in enumerate(comparison.runs)}


def _letter(place: int) -> str:
    return chr(ord("a") + place % 26) + (str(place // 26) if place > 25 else "")


def _row_names(comparison: Comparison) -> dict[str, str]:
    letters = _letters(comparison)
    return {name: f"{letter} {short_name(comparison, name)}" for name, letter in letters.items()}


def _quality(comparison: Comparison, found: Measured, pairs: Sequence[Difference], seed: int) -> Table:
    questions = comparison.dataset.questions
    units, unit = documents_of(questions)
    letters, names = _letters(comparison), _row_names(comparison)
    shown = [name for name in MEASURES if _says_something(found, name)]
    rows = []
    for name, values in found.items():
        low, high = interval(values[MAIN], units, seed=seed)
        beaten = [_other(pair, name) for pair in pairs if pair.better == name]
        cells = [decimals(mean(values[measure])) for measure in shown]
        rows.append(
            (
                names[name],
                cells[0],
                f"{decimals(low)}–{decimals(high)}",
                " ".join(sorted(letters[other] for other in beaten)) or "–",
                *cells[1:],
            )
        )
    note = " ".join([NDCG, *(f"{name}: {what}." for name, what in names_explained(comparison).items())])
    if ANSWER in shown:
        note += " Answer: share of the answers that hold an accepted one."
    many = len(set(units.tolist()))
    by = f"document ({many})" if unit == "documents" else "question, as there are few documents"
    return Table(
        f"{counted(len(questions), 'question')}, all pages judged alike",
        ("", MAIN, "95 %", "better than", *shown[1:]),
        tuple(rows),
        f"{note} Intervals and tests by {by}.",
    )


def _other(pair: Difference, name: str) -> str:
    return pair.second if pair.first == name else pair.first


def _by_group(comparison: Comparison, found: Measured, measure: str) -> Table:
    questions = comparison.dataset.questions
    groups: list[tuple[str, list[int]]] = []
    for keys in ([one.kind for one in questions], [one.language for one in questions]):
        counted = Counter(keys).most_common()
        if len(counted) > 1:
            groups += [
                (f"{key or 'other'} ({count})", [at for at, one in enumerate(keys) if one == key])
                for key, count in counted
            ]
    if not groups or not _says_something(found, measure):
        return Table("", (), ())
    groups.insert(0, (f"all ({len(questions)})", list(range(len(questions)))))
    names = _row_names(comparison)
    rows = tuple(
        (names[name], *(decimals(mean(values[measure][members])) for _, members in groups))
        for name, values in found.items()
    )
    title = f"{measure} by kind of question and language (number of questions)"
    return Table(title, ("", *(group for group, _ in groups)), rows)


def _by_document(comparison: Comparison, found: Measured) -> Table:
    """Where documents are few enough to look at one by one: those with most questions first."""
    files = [best_gold(question).file for question in comparison.dataset.questions]
    counted = Counter(files).most_common()
    if not 1 < len(counted) <= MOST_DOCUMENTS:
        return Table("", (), ())
    rows = []
    for file, count in counted:
        members = [at for at, one in enumerate(files) if one == file]
        rows.append(
            (f"{file} ({count})", *(decimals(mean(values[MAIN][members])) for values in found.values()))
        )
    head = ("", *(short_name(comparison, name) for name in found))
    return Table(f"{MAIN} by document (number of questions)", head, tuple(rows))


def _says_something(found: Measured, measure: str) -> bool:
    return any(not np.isnan(values[measure]).all() for values in found.values())


def _pairs(comparison: Comparison, pairs: Sequence[Difference]) -> Table:
    rows = []
    for pair in pairs:
        first, second = short_name(comparison, pair.first), short_name(comparison, pair.second)
        verdict = f"{short_name(comparison, pair.better)} is better" if pair.better else "no difference shown"
        between = f"{decimals(pair.low)} to {decimals(pair.high)}"
        rows.append(
            (f"{first} − {second}", decimals(pair.difference), between, p_value(pair.adjusted), verdict)
        )
    return Table(
        f"Which is better, by {MAIN}",
        ("", "difference", "95 %", "p", "verdict"),
        tuple(rows),
        "p: paired randomisation test, two-sided, adjusted for the number of pairs (Holm); better is what is "
        "below .05. No difference shown does not say that there is none.",
    )


def _costs(comparison: Comparison) -> Table:
    names = _row_names(comparison)
    spent = {run.setup.name: _spent(run) for run in comparison.runs}
    spends = any(any(tokens.values()) or cost for tokens, cost in spent.values())
    rows = []
    for run in comparison.runs:
        pages = max(1, run.laying.pages)
        p50, p95 = np.percentile([1000 * outcome.seconds for outcome in run.outcomes] or [math.nan], [50, 95])
        took = (
            f"{run.laying.seconds / pages:.3g}",
            f"{p50:.3g}",
            f"{p95:.3g}",
            f"{run.laying.bytes / pages / 1000:.0f}",
        )
        tokens, cost = spent[run.setup.name]
        paid = (f"{tokens['in']:,}", f"{tokens['out']:,}", f"{cost:.4g}") if spends else ()
        rows.append((names[run.setup.name], *took, *paid))
    head = ("", "index s/page", "query p50 ms", "p95 ms", "kB/page")
    note = "Index: parsing and the setup's views, from nothing."
    if spends:
        return Table(
            "What it costs",
            (*head, "tokens in", "tokens out", "cost"),
            tuple(rows),
            f"{note} Tokens and cost: of captioners and answers.",
        )
    return Table("What it costs", head, tuple(rows), f"{note} Nothing was paid for.")


def _spent(run: Run) -> tuple[Counter[str], float]:
    """Tokens by direction, and cost, of laying and of all answers."""
    tokens = Counter(run.laying.tokens)
    for outcome in run.outcomes:
        tokens.update(outcome.tokens)
    return tokens, run.laying.cost + sum(outcome.cost for outcome in run.outcomes)
