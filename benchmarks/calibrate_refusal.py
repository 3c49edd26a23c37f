"""How sure an answer has to be of its pages: ``python benchmarks/calibrate_refusal.py DEVSET INDEX``.

Asks three kinds of questions and compares the confidence that the extractive answerer has in its best quote:

- answerable: the development questions, where a relevant page is among the hits;
- without its document: the same questions, with the document that answers them filtered out;
- off topic: the made-up questions of off_topic.txt, which no document is about.

Prints the shares at a range of thresholds (points of the ROC curve), the area under the curve, and two
thresholds: the highest ones at which a fixed share of the answerable questions is still answered. A refusal
that hides an answer costs a reader more than a weak quote whose source is shown beside it, so what is kept is
fixed first: ``--keep`` for the extractive answerer, and ``--keep-asked`` for language
models (``refuse_below``), which can also read the pictures and refuse by themselves.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from questions import document, load_questions, relevant

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.values import Question

OFF_TOPIC = Path(__file__).with_name("off_topic.txt")
EXTRACTIVE = "mini:extractive"


def confidences(
    index: mmrag.Index, questions: list[Question]
) -> tuple[list[float], list[float], list[float]]:
    """Of answerable questions, of those without their document, of those off topic."""
    paths = [document.path for document in index.documents()]
    answerable, without, off_topic = [], [], []
    for question in questions:
        answer = index.ask(question.text, generator=EXTRACTIVE)
        if any((hit.document.path, hit.page.number) in relevant(question) for hit in answer.hits):
            answerable.append(answer.confidence)
        others = mmrag.Filters(documents=tuple(path for path in paths if path != document(question)))
        without.append(index.ask(question.text, filters=others, generator=EXTRACTIVE).confidence)
    for line in OFF_TOPIC.read_text(encoding="utf-8").splitlines():
        off_topic.append(index.ask(line, generator=EXTRACTIVE).confidence)
    return answerable, without, off_topic


def share(values: list[float], threshold: float) -> float:
    """Of values that are at least the threshold."""
    return sum(value >= threshold for value in values) / len(values)


def area(positive: list[float], negative: list[float]) -> float:
    """Under the ROC curve: how often an answerable question has the higher confidence, ties half."""
    pairs = [(a > b) + (a == b) / 2 for a in positive for b in negative]
    return sum(pairs) / len(pairs)


def threshold_for(positive: list[float], keep: float) -> float:
    """The highest threshold, in hundredths, that keeps this share of the answerable questions."""
    return max(step / 100 for step in range(100) if share(positive, step / 100) >= keep)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--keep", type=float, default=0.95)
    parser.add_argument("--keep-asked", type=float, default=0.98)
    arguments = parser.parse_args()
    print_machine()
    with mmrag.open(arguments.index) as index:
        answerable, without, off_topic = confidences(index, load_questions(arguments.devset))
    chosen = {
        threshold_for(answerable, arguments.keep): "extractive",
        threshold_for(answerable, arguments.keep_asked): "language models",
    }
    print(f"answerable {len(answerable)}, without its document {len(without)}, off topic {len(off_topic)}")
    print("| threshold | answered: answerable | answered: without its document | answered: off topic |")
    print("|---|---|---|---|")
    for threshold in sorted({*(step / 20 for step in range(20)), *chosen}):
        shares = [share(values, threshold) for values in (answerable, without, off_topic)]
        mark = f" (chosen for {chosen[threshold]})" if threshold in chosen else ""
        print(f"| {threshold:.2f}{mark} |", " | ".join(f"{value:.3f}" for value in shares), "|")
    print(f"\narea under the curve: without its document {area(answerable, without):.3f}, ", end="")
    print(f"off topic {area(answerable, off_topic):.3f}")


if __name__ == "__main__":
    main()
