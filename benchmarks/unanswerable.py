"""How often it refuses when it should: ``python benchmarks/unanswerable.py DEVSET INDEX``.

DEVSET holds ``queries.jsonl``, all of which INDEX, an index of its documents, can answer; unanswerable.jsonl
holds questions about the same subjects that these documents do not answer. They were written for this and
have never been used to choose a threshold (calibrate_refusal.py does that, on other questions). Prints the
share of each that is refused by the extractive answerer, and the share that a language model would not even
be asked (``refuse_below``), by language.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from questions import load_questions

import mmrag
from mmrag.benchmark.machine import print_machine

UNANSWERABLE = Path(__file__).with_name("unanswerable.jsonl")

Asked = tuple[str, str, mmrag.Answer]
"""Language, question and answer."""


def load_unanswerable() -> list[tuple[str, str]]:
    """Language and text of each question."""
    lines = UNANSWERABLE.read_text(encoding="utf-8").splitlines()
    return [(row["lang"], row["text"]) for row in map(json.loads, lines)]


def row(name: str, asked: Sequence[Asked], limit: float) -> str:
    refused = sum(answer.refused for _, _, answer in asked)
    not_asked = sum(answer.confidence < limit for _, _, answer in asked)
    shares = f"{refused / len(asked):.3f} | {not_asked / len(asked):.3f}"
    return f"| {name} | {len(asked)} | {shares} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--show", action="store_true", help="print every question with its confidence")
    arguments = parser.parse_args()
    print_machine()
    with mmrag.open(arguments.index) as index:
        limit = index.recipe.answer.refuse_below
        ask = [(lang, text, index.ask(text)) for lang, text in load_unanswerable()]
        answerable = [
            (one.language, one.text, index.ask(one.text)) for one in load_questions(arguments.devset)
        ]
    print(f"| questions | n | refused | below {limit} |")
    print("|---|---|---|---|")
    for name, asked in (("unanswerable", ask), ("answerable", answerable)):
        print(row(name, asked, limit))
        for lang in sorted({lang for lang, _, _ in asked}):
            print(row(f"{name}, lang={lang}", [one for one in asked if one[0] == lang], limit))
    if arguments.show:
        for name, asked in (("unanswerable", ask), ("answerable", answerable)):
            for _, text, answer in sorted(asked, key=lambda one: -one[2].confidence):
                print(f"\n{name} {answer.confidence:.2f} {text}\n   {answer.text}")


if __name__ == "__main__":
    main()
