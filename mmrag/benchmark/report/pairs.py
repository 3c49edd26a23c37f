"""Which setup is better than which."""

from __future__ import annotations

import math

from mmrag.benchmark.counting import counted
from mmrag.benchmark.metrics import mean
from mmrag.benchmark.report.axes import Axis, difference_axis
from mmrag.benchmark.report.figures import range_of, signed, tick
from mmrag.benchmark.report.markup import Html, join, scrolled, tag
from mmrag.benchmark.report.plots import STRIP, strip, strip_head
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.statistics import Difference, documents_of
from mmrag.benchmark.tables import MAIN, decimals, p_value

_ALL_PAIRS = 10  # pairs that are shown at once; of more, those of the leader


def verdict(results: Results) -> Html:
    """What came out, in a sentence or two."""
    leader, *others = results.ranked
    best = mean(results.found[leader][MAIN])
    low, high = results.interval(leader, MAIN, results.groups()[0].members)
    figure = join(MAIN, " ", tag("strong", decimals(best)), f" (95 % interval {range_of(low, high)})")
    if not others:
        return join(results.named(leader), " reaches ", figure, ".")
    even = [name for name in others if decimals(mean(results.found[name][MAIN])) == decimals(best)]
    beaten = [name for name in others if results.pair(leader, name).better == leader]
    unclear = [name for name in others if name not in beaten and name not in even]
    if even:
        says = join(results.listed([leader, *even]), " have the same mean: ", figure, ".")
    elif beaten:
        says = join(results.named(leader), " ranks the right pages highest: ", figure, ".")
    else:
        says = join(results.named(leader), " has the highest mean: ", figure, ".")
    if len(others) > 1 and not any(pair.better for pair in results.pairs):
        return join(says, f" No difference is shown between any two of the {len(results.setups)} setups.")
    of_them = results.listed([leader, *even]) if even else "it"
    return join(
        says,
        (" ", results.named(leader) if even else "It", " is better than ", results.listed(beaten), ".")
        if beaten
        else None,
        (" No difference is shown between ", of_them, " and ", results.listed(unclear), ".")
        if unclear
        else None,
    )


def pairs_section(results: Results) -> Html | None:
    """Which setup is better than which."""
    if not results.pairs:
        return None
    # Every pair from the one with the higher mean, the leader's first.
    order = results.ranked
    pairs = [results.pair(first, second) for at, first in enumerate(order) for second in order[at + 1 :]]
    axis = difference_axis([value for pair in pairs for value in (pair.low, pair.high)], 8, STRIP - 8)
    first = pairs if len(pairs) <= _ALL_PAIRS else pairs[: len(order) - 1]
    rest = pairs[len(first) :]
    _, unit = documents_of(results.comparison.dataset.questions)
    others = f"The other {counted(len(rest), 'pair')}"
    by = "whole documents at a time" if unit == "documents" else "question by question"
    return tag(
        "section",
        tag("h2", "Which is better than which"),
        _pairs_table(results, first, axis),
        tag("details", tag("summary", others), _pairs_table(results, rest, axis)) if rest else None,
        tag(
            "p",
            f"Compared by {MAIN} on the same questions: paired randomisation test, two-sided, {by}, "
            f"p adjusted for {counted(len(pairs), 'pair')} (Holm). Better is what is below .05; "
            "its dot is filled. The intervals are of each pair alone. “No difference shown” does not say "
            "that there is none: more questions may show one.",
            class_="note",
        ),
        id="pairs",
    )


def _pairs_table(results: Results, pairs: list[Difference], axis: Axis) -> Html:
    head = tag(
        "tr",
        tag("th", "Setups", scope="col"),
        tag("th", "Verdict", scope="col"),
        tag("th", f"Difference in {MAIN}", scope="col", class_="num"),
        tag("th", tag("span", "95 % interval", class_="unseen"), strip_head(axis, _tick), scope="col"),
        tag("th", "p", scope="col", class_="num"),
        tag("th", "Questions won, even, lost", scope="col", class_="num"),
    )
    rows = [_pair_row(results, pair, axis) for pair in pairs]
    table = tag("table", tag("thead", head), tag("tbody", rows), class_="pairs")
    return scrolled(table, "Pairs of setups")


def _pair_row(results: Results, pair: Difference, axis: Axis) -> Html:
    gaps = results.found[pair.first][MAIN] - results.found[pair.second][MAIN]
    won, even, lost = (int(count.sum()) for count in (gaps > 0, gaps == 0, gaps < 0))
    if pair.better:
        says = tag("td", results.named(pair.better), " is better", class_="verdict shown")
    else:
        says = tag("td", "no difference shown", class_="verdict")
    between = "–" if math.isnan(pair.low) else f"{signed(pair.low)} to {signed(pair.high)}"
    return tag(
        "tr",
        tag("th", results.named(pair.first), " against ", results.named(pair.second), scope="row"),
        says,
        tag("td", signed(pair.difference), " ", tag("small", between), class_="num"),
        tag("td", strip(axis, -1, pair.difference, pair.low, pair.high, filled=bool(pair.better))),
        tag("td", p_value(pair.adjusted), class_="num"),
        tag("td", f"{won} · {even} · {lost}", class_="num"),
    )


def _tick(value: float) -> str:
    return f"+{tick(value)}" if value > 0 else tick(value)
