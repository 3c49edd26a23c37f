"""Writing a comparison down: JSON, run files and qrels as trec_eval reads them, Markdown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmrag.benchmark.metrics import judged, mean, page_id
from mmrag.benchmark.statistics import Difference
from mmrag.benchmark.tables import Measured, Table, markdown
from mmrag.benchmark.values import Comparison
from mmrag.types import to_dict


def save_comparison(
    comparison: Comparison,
    found: Measured,
    pairs: Sequence[Difference],
    tables: Sequence[Table],
    folder: Path,
) -> list[Path]:
    """Write ``report.json``, ``results.md``, ``qrels.txt`` and ``runs/*.txt``.

    Args:
        comparison: all that was found.
        found: its measures, by setup and name, a value a question.
        pairs: the setups compared.
        tables: for ``results.md``.
        folder: where they go; files of these names are replaced.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    report, results, qrels = folder / "report.json", folder / "results.md", folder / "qrels.txt"
    text = json.dumps(as_json(comparison, found, pairs), ensure_ascii=False, indent=1)
    report.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    results.write_text(results_page(comparison, tables), encoding="utf-8", errors="backslashreplace")
    qrels.write_text(
        "".join(
            f"{question.id} 0 {_place(gold.file, gold.page)} {gold.grade}\n"
            for question in comparison.dataset.questions
            for gold in judged((), question)[1]
        ),
        encoding="utf-8",
        errors="backslashreplace",
    )
    return [report, results, qrels, *_runs(comparison, folder / "runs")]


def as_json(comparison: Comparison, found: Measured, pairs: Sequence[Difference]) -> dict[str, Any]:
    """The whole comparison with its measures as plain data; what has no value is ``None``."""
    plain: dict[str, Any] = to_dict(comparison)
    plain["dataset"]["corpus"] = str(comparison.dataset.corpus)
    plain["means"] = {
        name: {measure: _number(mean(values)) for measure, values in measures.items()}
        for name, measures in found.items()
    }
    plain["by_question"] = {
        name: {measure: [_number(value) for value in values] for measure, values in measures.items()}
        for name, measures in found.items()
    }
    plain["differences"] = [
        {key: _number(value) if isinstance(value, float) else value for key, value in to_dict(pair).items()}
        for pair in pairs
    ]
    return plain


def results_page(comparison: Comparison, tables: Sequence[Table]) -> str:
    """The tables and what they were made with, in Markdown."""
    dataset = comparison.dataset
    parts = [f"# {dataset.name}: which strategy serves it best\n"]
    if dataset.note:
        parts.append(f"{dataset.note}\n")
    parts += [markdown(table) for table in tables]
    if comparison.made_with:
        lines = "\n".join(f"- {name}: {value}" for name, value in comparison.made_with.items())
        parts.append(f"## Made with\n\n{lines}\n")
    return "\n".join(parts)


def _runs(comparison: Comparison, folder: Path) -> list[Path]:
    """A run file a setup: question, ``Q0``, page, rank, score, name."""
    folder.mkdir(exist_ok=True)
    written = []
    for run in comparison.runs:
        name = re.sub(r"[^\w.+-]+", "-", run.setup.name)
        lines = [
            f"{question.id} Q0 {_place(found.file, found.page)} {rank} {found.score!r} {name}\n"
            for outcome, question in zip(run.outcomes, comparison.dataset.questions, strict=True)
            for rank, found in enumerate(judged(outcome.ranking, question)[0], 1)
        ]
        written.append(folder / f"{name}.txt")
        written[-1].write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    return written


def _place(file: str, page: int) -> str:
    """A page, or a file where files are gold; without blanks, which part the columns of these files."""
    return re.sub(r"\s", "%20", page_id(file, page) if page else file)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 6)
