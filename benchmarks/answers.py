"""Quality of answers on a development set: ``python benchmarks/answers.py DEVSET INDEX``.

DEVSET holds ``queries.jsonl``; INDEX is an index of its documents. Prints, for each group of questions,
the share whose answer holds an accepted variant as it is written, the share that holds all words and
numbers of one in any order (see mmrag.benchmark.accepted), the share whose citations name a relevant page,
and the share refused. Short variants ("1", "5") may be met by chance.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from devset import groups, load_questions, relevant, scans

import mmrag
from mmrag.benchmark.accepted import holds, holds_words
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.values import Question


def judge(question: Question, answer: mmrag.Answer) -> tuple[bool, bool, bool, bool]:
    """Whether the answer holds an accepted variant, holds its words, cites a relevant page, is a refusal."""
    cited = {(citation.document.path, citation.page.number) for citation in answer.citations}
    text = "" if answer.refused else answer.text
    right, words = holds(text, question.answers), holds_words(text, question.answers)
    return right, words, bool(cited & relevant(question)), answer.refused


def table(questions: list[Question], judged: list[tuple[bool, bool, bool, bool]]) -> None:
    print("| group | n | accepted variant | its words | cites a relevant page | refused |")
    print("|---|---|---|---|---|---|")
    for group, members in groups(questions, scans(questions)).items():
        shares = [statistics.fmean(judged[i][column] for i in members) for column in range(4)]
        print(f"| {group} | {len(members)} |", " | ".join(f"{share:.3f}" for share in shares), "|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--show", action="store_true", help="print every question with its answer")
    arguments = parser.parse_args()
    print_machine()
    questions = load_questions(arguments.devset)
    with mmrag.open(arguments.index) as index:
        answers = [index.ask(question.text) for question in questions]
    judged = [judge(question, answer) for question, answer in zip(questions, answers, strict=True)]
    if arguments.show:
        for question, answer, (right, _, cites, _) in zip(questions, answers, judged, strict=True):
            print(f"{question.id} {question.kind} right={right} cites={cites} {answer.confidence:.2f}")
            print(f"   Q: {question.text}\n   accepted: {question.answers}\n   A: {answer.text}\n")
    table(questions, judged)


if __name__ == "__main__":
    main()
