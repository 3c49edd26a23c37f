"""Does ``--self`` rank strategies as people's questions do?

    python benchmarks/self_questions.py DEVSET INDEX COPY

INDEX is an index of ``DEVSET/corpus`` with all three views. COPY is a folder for the copy of it in which
captions and headings are hidden, made if it is missing. Prints nDCG@5 by kind with the hand-written
questions, with the documents' own captions and headings, and with these while nothing is hidden; then which
strategy is better than which.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from questions import groups

import mmrag
from mmrag.benchmark.datasets import hidden_copy, load, self_questions
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.metrics import Values, mean, measures
from mmrag.benchmark.statistics import better, documents_of, interval
from mmrag.benchmark.values import Dataset, Found, Outcome
from mmrag.config import STRATEGIES

CHOICES = (*((name,) for name in STRATEGIES), STRATEGIES)
KINDS = ("all", "figure", "table", "text")
DEPTH = 20


def asked(index: mmrag.Index, dataset: Dataset, strategies: Sequence[str]) -> Values:
    """nDCG@5 of each question."""
    outcomes = []
    for question in dataset.questions:
        hits = index.search(question.text, DEPTH, strategies=strategies)
        ranking = tuple(Found(hit.document.path, hit.page.number, hit.score) for hit in hits)
        outcomes.append(Outcome(question.id, ranking, 0.0))
    return measures(outcomes, dataset.questions)["nDCG@5"]


def report(name: str, index: mmrag.Index, dataset: Dataset) -> list[str]:
    """Print one row for each choice of strategies; which is better than which, in words."""
    members = groups(dataset.questions)
    units, what = documents_of(dataset.questions)
    values = {" + ".join(choice): asked(index, dataset, choice) for choice in CHOICES}
    for choice, ndcg in values.items():
        low, high = interval(ndcg, units)
        cells = [f"{mean(ndcg[members[kind]]):.3f}" for kind in KINDS]
        cells[0] += f" [{low:.3f}, {high:.3f}]"
        print(f"| {name} ({len(ndcg)}) | {choice} |", " | ".join(cells), "|", flush=True)
    found = better(values, units)
    return [f"- {name}, by {what}: {one.verdict} (Holm's p = {one.adjusted:.3f})" for one in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("copy", type=Path)
    arguments = parser.parse_args()
    print_machine()
    with mmrag.open(arguments.index) as index:
        made = self_questions(index)
    if not arguments.copy.exists():
        hidden_copy(arguments.index, made, arguments.copy)
    with mmrag.open(arguments.copy) as copy:
        copy.update()
    print("| questions | strategies | nDCG@5 of", " | ".join(KINDS), "|")
    print("|---|---|" + "---|" * len(KINDS))
    verdicts = []
    with mmrag.open(arguments.index) as index, mmrag.open(arguments.copy) as copy:
        verdicts += report("hand-written", index, load(arguments.devset))
        verdicts += report("own captions and headings", copy, made)
        verdicts += report("the same, nothing hidden", index, made)
    print("\n" + "\n".join(verdicts))


if __name__ == "__main__":
    main()
