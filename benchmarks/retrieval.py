"""Retrieval quality on a development set: ``python benchmarks/retrieval.py DEVSET INDEX``.

DEVSET holds ``queries.jsonl`` and ``qrels.tsv``; INDEX is an index of its ``corpus/``. Prints one
Markdown table: means over the questions of each group, of the recipe's fusion and of each list alone.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace
from pathlib import Path

from devset import groups, load_questions, relevant, scans

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.metrics import ndcg, recall, reciprocal_rank
from mmrag.benchmark.values import Found, Question
from mmrag.retrieve.retriever import Retriever
from mmrag.types import Query

Ranking = list[Found]

MEASURES = {
    "nDCG@5": lambda ranking, gold: ndcg(ranking, gold, 5),
    "Recall@1": lambda ranking, gold: recall(ranking, gold, 1),
    "Recall@5": lambda ranking, gold: recall(ranking, gold, 5),
    "Recall@10": lambda ranking, gold: recall(ranking, gold, 10),
    "MRR@10": lambda ranking, gold: reciprocal_rank(ranking, gold, 10),
}


def run(index: mmrag.Index, questions: list[Question], weights: dict[str, float] | None) -> list[Ranking]:
    if weights is None:
        return [ranking(index.search(question.text, 20)) for question in questions]
    options = replace(index.recipe.retrieve, weights=weights)
    lists = index._lists
    retriever = Retriever(index._reader, lists, options, visual=index.recipe.visual)
    return [ranking(retriever.search(Query(question.text), 20)) for question in questions]


def ranking(hits: list[mmrag.Hit]) -> Ranking:
    return [Found(hit.document.path, hit.page.number, hit.score) for hit in hits]


def table(questions: list[Question], runs: dict[str, list[Ranking]]) -> None:
    print("| group | n | lists |", " | ".join(MEASURES), "|")
    print("|---|---|---|" + "---|" * len(MEASURES))
    for group, members in groups(questions, scans(questions)).items():
        for name, rankings in runs.items():
            means = [
                statistics.fmean(measure(rankings[i], questions[i].gold) for i in members)
                for measure in MEASURES.values()
            ]
            print(f"| {group} | {len(members)} | {name} |", " | ".join(f"{mean:.3f}" for mean in means), "|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--misses", action="store_true", help="list the questions whose page is not first")
    parser.add_argument("--fused-only", action="store_true")
    arguments = parser.parse_args()
    print_machine()
    questions = load_questions(arguments.devset)
    with mmrag.open(arguments.index) as index:
        runs = {"fused": run(index, questions, None)}
        if not arguments.fused_only:
            for name in ("joint", "caption", "page-terms", "element-terms"):
                runs[name] = run(index, questions, {name: 1.0})
        table(questions, runs)
        if arguments.misses:
            for question, found in zip(questions, runs["fused"], strict=True):
                wanted = relevant(question)
                ranks = (at for at, one in enumerate(found, 1) if (one.file, one.page) in wanted)
                best = next(ranks, None)
                if best != 1:
                    print(question.id, question.kind, question.language, sorted(wanted), "rank", best)
                    print("   ", question.text)
                    print("   ", *(f"{one.file}#{one.page}" for one in found[:5]))


if __name__ == "__main__":
    main()
