"""How well each setup ranks: tables of measures."""

from __future__ import annotations

import math

import numpy as np

from mmrag.benchmark.counting import counted
from mmrag.benchmark.metrics import mean
from mmrag.benchmark.report.axes import Axis, quality_axis
from mmrag.benchmark.report.figures import range_of, tick
from mmrag.benchmark.report.markup import Html, scrolled, tag
from mmrag.benchmark.report.plots import STRIP, strip, strip_head
from mmrag.benchmark.report.results import Group, Results
from mmrag.benchmark.report.words import explained
from mmrag.benchmark.statistics import Difference, documents_of
from mmrag.benchmark.tables import MAIN, decimals, names_explained

_FEW = 20  # questions under which a group says little


def quality_section(results: Results) -> Html:
    """The tables of measures: of all questions, and of each kind and language."""
    groups = results.groups()
    return tag(
        "section",
        tag("h2", "How well each setup finds the right page"),
        _tabs(results, groups) if len(groups) > 1 else _panel(results, groups[0]),
        _overview(results, groups) if len(groups) > 1 else None,
        tag(
            "p",
            "The highest value of a column stands in a box; that alone does not make it better. Small print "
            "and lines are 95 % confidence intervals of the means: "
            f"where the mean may lie with other {documents_of(results.comparison.dataset.questions)[1]} "
            "of this sort.",
            _names_explained(results),
            class_="note",
        ),
        tag("dl", [(tag("dt", name), tag("dd", text)) for name, text in explained(results.measures)],
            class_="explained"),
        id="quality",
    )  # fmt: skip


def _overview(results: Results, groups: list[Group]) -> Html:
    """One measure, by kind and language side by side."""
    best = {group: _best(results, MAIN, group) for group in groups}
    head = tag(
        "tr",
        tag("th", "Setup", scope="col"),
        [
            tag(
                "th",
                group.name,
                " ",
                tag("small", len(group.members)),
                scope="col",
                class_="num",
                data_sort=group.sort,
            )
            for group in groups
        ],
    )
    rows = [
        tag(
            "tr",
            tag("th", results.named(name), scope="row"),
            [
                _cell(
                    mean(results.values(name, MAIN, group.members)),
                    best[group],
                    range_of(*results.interval(name, MAIN, group.members)),
                    group.sort,
                )
                for group in groups
            ],
        )
        for name in results.setups
    ]
    title = f"{MAIN} by kind of question and language"
    return tag(
        "div",
        tag("h3", title),
        scrolled(tag("table", tag("thead", head), tag("tbody", rows), class_="overview"), title),
        tag(
            "p",
            f"The small number in the head is that of the questions; under {_FEW}, the means say little.",
            class_="note",
        ),
    )


def _tabs(results: Results, groups: list[Group]) -> Html:
    """Radio buttons and the panels they choose, by the style sheet alone; on paper all panels show."""
    buttons, panels, rules = [], [], []
    for place, group in enumerate(groups):
        key = f"g{place}"
        buttons.append(tag("input", type="radio", name="group", id=key, checked=place == 0))
        buttons.append(tag("label", group.name, " ", tag("small", len(group.members)), for_=key))
        panels.append(_panel(results, group, id_=f"p{place}"))
        rules.append(f"#{key}:checked~#p{place}")
    style = f"@media screen{{.tabs>.panel{{display:none}}{','.join(rules)}{{display:block}}}}"
    return tag(
        "div",
        tag("style", Html(style)),
        tag("span", "Questions: ", class_="tabs-name"),
        buttons,
        panels,
        class_="tabs",
        role="group",
        aria_label="Questions by kind and language",
    )


def _panel(results: Results, group: Group, id_: str | None = None) -> Html:
    shown = [
        name
        for name in results.measures
        if any(not np.isnan(results.values(one, name, group.members)).all() for one in results.setups)
    ]
    everything = group.sort == "all"
    intervals = {name: results.interval(name, MAIN, group.members) for name in results.setups}
    axis = quality_axis([value for pair in intervals.values() for value in pair], 8, STRIP - 8)
    compared = everything and bool(results.pairs)
    head = tag(
        "tr",
        tag("th", "Setup", scope="col"),
        tag("th", MAIN, scope="col", class_="num"),
        tag("th", tag("span", "95 % interval", class_="unseen"), strip_head(axis, tick), scope="col"),
        tag("th", "Better than", scope="col") if compared else None,
        [tag("th", name, scope="col", class_="num") for name in shown if name != MAIN],
    )
    best = {name: _best(results, name, group) for name in shown}
    rows = [_row(results, name, group, shown, best, intervals[name], axis) for name in results.setups]
    title = counted(len(group.members), "question")
    if not everything:
        title = f"{title}: {'in ' if group.sort == 'language' else ''}{group.name}"
    few = len(group.members) < _FEW
    return tag(
        "div",
        scrolled(tag("table", tag("caption", title), tag("thead", head), tag("tbody", rows)), title),
        tag("p", "So few questions say little: read them with care.", class_="note") if few else None,
        class_="panel",
        id=id_,
    )


def _row(
    results: Results,
    name: str,
    group: Group,
    shown: list[str],
    best: dict[str, float],
    interval: tuple[float, float],
    axis: Axis,
) -> Html:
    everything = group.sort == "all"
    means = {measure: mean(results.values(name, measure, group.members)) for measure in shown}
    cells = [
        tag("th", results.named(name), scope="row"),
        _cell(means[MAIN], best[MAIN], range_of(*interval)),
        tag("td", strip(axis, results.setups.index(name), means[MAIN], *interval)),
    ]
    if everything and results.pairs:
        beaten = [pair.second for pair in _from(results, name) if pair.better == name]
        cells.append(tag("td", results.listed(beaten) if beaten else "none shown", class_="beaten"))
    for measure in shown:
        if measure != MAIN:
            between = range_of(*results.interval(name, measure, group.members)) if everything else ""
            cells.append(_cell(means[measure], best[measure], between))
    return tag("tr", cells)


def _cell(value: float, best: float, between: str, sort: str | None = None) -> Html:
    is_best = not math.isnan(value) and decimals(value) == decimals(best)
    figure = tag("b", decimals(value), class_="best") if is_best else tag("span", decimals(value))
    return tag("td", figure, (" ", tag("small", between)) if between else None, class_="num", data_sort=sort)


def _best(results: Results, measure: str, group: Group) -> float:
    means = [mean(results.values(name, measure, group.members)) for name in results.setups]
    return max((value for value in means if not math.isnan(value)), default=math.nan)


def _from(results: Results, name: str) -> list[Difference]:
    return [results.pair(name, other) for other in results.setups if other != name]


def _names_explained(results: Results) -> str:
    explained = names_explained(results.comparison)
    return "".join(f" “{name}” stands for {what}." for name, what in explained.items())
