"""A comparison with all that the sections of the report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mmrag.benchmark.metrics import MEASURES, Values, mean
from mmrag.benchmark.report.marks import named
from mmrag.benchmark.report.markup import Html, join
from mmrag.benchmark.statistics import Difference, documents_of, interval
from mmrag.benchmark.tables import MAIN, Measured, short_name
from mmrag.benchmark.values import Comparison

_DRAWS = 1000  # for all intervals but those that are printed elsewhere, too


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of a kind or in a language: what they share, and their places among all."""

    sort: str
    name: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """What a report shows.

    Attributes:
        comparison: all that was found.
        found: its measures, by setup and name, a value a question.
        pairs: the setups compared by `MAIN`.
        failed: setups that could not be compared, with why.
        unpaged: files that have sections instead of pages.
        seed: of the intervals.
    """

    comparison: Comparison
    found: Measured
    pairs: tuple[Difference, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    unpaged: Collection[str] = ()
    _intervals: dict[tuple[str, str, tuple[int, ...]], tuple[float, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    seed: int = 0

    @property
    def setups(self) -> list[str]:
        """Names, in the order of the runs."""
        return [run.setup.name for run in self.comparison.runs]

    @property
    def measures(self) -> list[str]:
        """Those that say something about at least one question."""
        return [
            name
            for name in MEASURES
            if any(not np.isnan(values[name]).all() for values in self.found.values())
        ]

    @property
    def ranked(self) -> list[str]:
        """Names by falling mean of `MAIN`."""
        return sorted(self.setups, key=lambda name: -mean(self.found[name][MAIN]))

    def short(self, name: str) -> str:
        """What a setup is called in this report."""
        return short_name(self.comparison, name)

    def named(self, name: str) -> Html:
        """The setup's sign and short name."""
        return named(self.setups.index(name), self.short(name))

    def listed(self, names: Sequence[str]) -> Html:
        """``a``, ``a and b``, ``a, b and c``."""
        glue = [", "] * (len(names) - 2) + [" and "] * (len(names) > 1) + [""] * bool(names)
        return join((self.named(name), after) for name, after in zip(names, glue, strict=True))

    def pair(self, first: str, second: str) -> Difference:
        """The comparison of two setups, seen from ``first``."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                return turned(pair)
        raise KeyError(first, second)

    def groups(self) -> list[Group]:
        """All questions, then those of each kind and in each language where there is more than one."""
        questions = self.comparison.dataset.questions
        made = [Group("all", "all", tuple(range(len(questions))))]
        for sort, keys in (
            ("kind", [question.kind or "other" for question in questions]),
            ("language", [question.language or "?" for question in questions]),
        ):
            counted = Counter(keys).most_common()
            if len(counted) > 1:
                made += [
                    Group(sort, key, tuple(at for at, one in enumerate(keys) if one == key))
                    for key, _ in counted
                ]
        return made

    def values(self, name: str, measure: str, members: Sequence[int]) -> Values:
        """``(len(members),)``: a measure of a setup on some questions."""
        return self.found[name][measure][list(members)]

    def interval(self, name: str, measure: str, members: Sequence[int]) -> tuple[float, float]:
        """The 95 % confidence interval of the mean of these, drawn once."""
        key = (name, measure, tuple(members))
        if key not in self._intervals:
            self._intervals[key] = self._drawn(*key)
        return self._intervals[key]

    def _drawn(self, name: str, measure: str, members: tuple[int, ...]) -> tuple[float, float]:
        questions = [self.comparison.dataset.questions[at] for at in members]
        units, _ = documents_of(questions)
        values = self.values(name, measure, members)
        if measure == MAIN and len(members) == len(self.comparison.dataset.questions):
            return interval(values, units, seed=self.seed)
        return interval(values, units, seed=self.seed, draws=_DRAWS)


def turned(pair: Difference) -> Difference:
    """The same comparison, seen from the second setup."""
    return replace(
        pair,
        first=pair.second,
        second=pair.first,
        difference=-pair.difference,
        low=-pair.high,
        high=-pair.low,
    )
