"""What each setup costs, and what one gets for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from mmrag.benchmark.metrics import mean
from mmrag.benchmark.report.figures import seconds, size
from mmrag.benchmark.report.markup import Html, scrolled, tag
from mmrag.benchmark.report.plots import Point, quality_against
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.tables import MAIN, decimals
from mmrag.benchmark.values import Run


def seconds_a_page(run: Run) -> float:
    """To index, from nothing."""
    return run.laying.seconds / max(1, run.laying.pages)


def bytes_a_page(run: Run) -> float:
    """On disk."""
    return run.laying.bytes / max(1, run.laying.pages)


def query_seconds(run: Run, percentile: float) -> float:
    """Of a search; NaN where none was made."""
    if not run.outcomes:
        return math.nan
    return float(np.percentile([outcome.seconds for outcome in run.outcomes], percentile))


_PLOTS: tuple[tuple[str, str, Callable[[Run], float]], ...] = (
    ("Time to index", "seconds a page", seconds_a_page),
    ("Time to search", "milliseconds a query, median", lambda run: 1000 * query_seconds(run, 50)),
    ("Size on disk", "kilobytes a page", lambda run: bytes_a_page(run) / 1000),
)


def costs_section(results: Results) -> Html:
    """Plots of quality against cost, and the costs as a table."""
    return tag(
        "section",
        tag("h2", "What it costs"),
        tag("div", [_plot(results, *plot) for plot in _PLOTS], class_="plots"),
        tag(
            "p",
            "Up is better, left is cheaper. The dotted line joins the setups that no other beats in both. "
            "The lines through the signs are 95 % confidence intervals.",
            class_="note",
        ),
        _table(results),
        tag(
            "p",
            "Index: parsing and the setup’s own views, from nothing. Half of the searches took at most the "
            "median, 95 % of them at most the next. Tokens and cost: of captioners and answers.",
            class_="note",
        ),
        id="costs",
    )


def _plot(results: Results, title: str, label: str, cost: Callable[[Run], float]) -> Html:
    members = results.groups()[0].members
    points = []
    for place, run in enumerate(results.comparison.runs):
        name = run.setup.name
        low, high = results.interval(name, MAIN, members)
        spent = cost(run)
        if not math.isnan(spent):
            points.append(
                Point(place, results.short(name), spent, mean(results.found[name][MAIN]), low, high)
            )
    says = "; ".join(f"{point.name}: {decimals(point.quality)} at {point.cost:.3g}" for point in points)
    drawn = quality_against(points, MAIN, f"{MAIN} against {label}: {says}", label) if points else None
    return tag("figure", tag("figcaption", title), drawn)


def _table(results: Results) -> Html:
    names: tuple[str, ...] = ("Index, a page", "Index, whole", "Query, median", "Query, 95 %", "Disk, a page")
    runs = results.comparison.runs
    tokens = {run.setup.name: _tokens(run) for run in runs}
    cost = {run.setup.name: _cost(run) for run in runs}
    paid = any(any(count.values()) for count in tokens.values()) or any(cost.values())
    if paid:
        names = (*names, "Tokens in", "Tokens out", "Cost")
    rows = []
    for run in runs:
        name = run.setup.name
        cells = [
            f"{seconds_a_page(run):.3g} s",
            seconds(run.laying.seconds),
            seconds(query_seconds(run, 50)),
            seconds(query_seconds(run, 95)),
            size(bytes_a_page(run)),
        ]
        if paid:
            cells += [f"{tokens[name]['in']:,}", f"{tokens[name]['out']:,}", f"{cost[name]:.4g}"]
        rows.append(
            tag(
                "tr",
                tag("th", results.named(name), scope="row"),
                [tag("td", cell, class_="num") for cell in cells],
            )
        )
    head = tag(
        "tr",
        tag("th", "Setup", scope="col"),
        [tag("th", name, scope="col", class_="num") for name in names],
    )
    return scrolled(tag("table", tag("thead", head), tag("tbody", rows)), "Costs")


def _tokens(run: Run) -> Counter[str]:
    found = Counter(run.laying.tokens)
    for outcome in run.outcomes:
        found.update(outcome.tokens)
    return found


def _cost(run: Run) -> float:
    return run.laying.cost + sum(outcome.cost for outcome in run.outcomes)
