"""Reading a development set, and the measures of a ranking (page level)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Ranking = Sequence[tuple[str, int]]
"""(file, page), best first."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its relevant pages, each of which is sufficient on its own."""

    id: str
    text: str
    lang: str
    kind: str
    relevant: frozenset[tuple[str, int]]
    accepted: tuple[str, ...]

    @property
    def file(self) -> str:
        return next(iter(self.relevant))[0]


def load_questions(folder: Path) -> list[Question]:
    """The questions of ``folder/queries.jsonl``, judged by ``folder/qrels.tsv`` where there is one."""
    judged: dict[str, set[tuple[str, int]]] = {}
    qrels = folder / "qrels.tsv"
    if qrels.is_file():
        for line in qrels.read_text(encoding="utf-8").splitlines():
            query, _, place, grade = line.split("\t")
            if int(grade) > 0:
                file, _, page = place.rpartition("#")
                judged.setdefault(query, set()).add((file, int(page)))
    questions = []
    for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        relevant = judged.get(row["id"], {(row["doc"], page) for page in row["pages"]})
        questions.append(
            Question(
                row["id"],
                row["text"],
                row["lang"],
                row["kind"],
                frozenset(relevant),
                (row["answer"], *row["accepted"]),
            )
        )
    return questions


def ndcg(ranking: Ranking, relevant: frozenset[tuple[str, int]], depth: int) -> float:
    """nDCG with binary gains (Järvelin & Kekäläinen 2002), cut at ``depth``."""
    gained = sum(1 / math.log2(rank + 2) for rank, page in enumerate(ranking[:depth]) if page in relevant)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(depth, len(relevant))))
    return gained / ideal


def recall(ranking: Ranking, relevant: frozenset[tuple[str, int]], depth: int) -> float:
    """Share of the relevant pages among the first ``depth``."""
    return len(relevant.intersection(ranking[:depth])) / len(relevant)


def reciprocal_rank(ranking: Ranking, relevant: frozenset[tuple[str, int]], depth: int) -> float:
    """1 / rank of the first relevant page, 0 if it is not among the first ``depth``."""
    return next((1 / rank for rank, page in enumerate(ranking[:depth], 1) if page in relevant), 0.0)


def groups(questions: Sequence[Question], scans: frozenset[str] = frozenset()) -> dict[str, list[int]]:
    """Positions of the questions by kind, by language, and of those about scanned files."""
    found: dict[str, list[int]] = {"all": list(range(len(questions)))}
    for position, question in enumerate(questions):
        found.setdefault(question.kind, []).append(position)
        found.setdefault(f"lang={question.lang}", []).append(position)
        if question.file in scans:
            found.setdefault("scanned", []).append(position)
    return found
