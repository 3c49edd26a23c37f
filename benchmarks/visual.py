"""Pages as many vectors, by themselves: ``python benchmarks/visual.py DEVSET CACHE``.

DEVSET holds ``corpus/``, ``queries.jsonl`` and ``qrels.tsv``; CACHE is a folder for the parsed lines, which
are made on the first run. Every question goes to the first of ``mini:visual`` and
``mini:visual-multilingual`` that knows its language, and pages are ranked by exact MaxSim: no words are
looked up. Prints one Markdown table of nDCG@5: lines a window by words a phrase, with the question weighing
nothing, as much as all phrases, or alone; last what the encoders themselves do, with seconds and bytes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image
from questions import groups, load_questions, ranking, scans

from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.metrics import ndcg, recall
from mmrag.benchmark.values import Found, Question
from mmrag.config import IngestOptions
from mmrag.encoders.base import Matrix, PageView
from mmrag.encoders.batching import encode_texts
from mmrag.encoders.mini_visual import MiniVisual, MiniVisualMultilingual
from mmrag.encoders.phrases import phrases
from mmrag.encoders.windows import windows
from mmrag.ingest.pdf import PdfIngestor
from mmrag.text.script import language, readable_share
from mmrag.types import BBox, Kind, Line

Ranking = list[Found]
Query = Callable[[str], list[tuple[str, float]]]
DPI = 144


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the corpus: where it is, its lines, and the boxes of its figures."""

    file: str
    number: int
    lines: tuple[Line, ...]
    figures: tuple[BBox, ...]


def load_pages(corpus: Path, cache: Path) -> list[Page]:
    """All pages, parsed once into ``cache/pages.jsonl``."""
    kept = cache / "pages.jsonl"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        rows = [json.dumps(row) for path in sorted(corpus.glob("*.pdf")) for row in parsed(path)]
        kept.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [
        Page(
            file,
            number,
            tuple(Line(text, BBox(*box)) for text, box in lines),
            tuple(BBox(*box) for box in figures),
        )
        for file, number, lines, figures in map(json.loads, kept.read_text(encoding="utf-8").splitlines())
    ]


def parsed(path: Path) -> list[list[object]]:
    _, pages = PdfIngestor().open(path, path.name, IngestOptions())
    return [
        [
            path.name,
            page.page.number,
            [[line.text, line.bbox.as_tuple()] for line in page.lines if line.bbox],
            [e.bbox.as_tuple() for e in page.elements if e.kind is Kind.FIGURE and e.bbox],
        ]
        for page in pages
    ]


def view(corpus: Path, page: Page) -> PageView:
    def picture() -> Image.Image:
        with pymupdf.open(corpus / page.file) as document:
            drawn = document[page.number - 1].get_pixmap(dpi=DPI)
            return Image.frombytes("RGB", (drawn.width, drawn.height), drawn.samples)

    return PageView(page.lines, page.figures, picture)


class Side:
    """One encoder with its text vectors, each made once."""

    def __init__(self, encoder: MiniVisual | MiniVisualMultilingual) -> None:
        self.encoder = encoder
        self._known: dict[str, Matrix] = {}

    def vectors(self, texts: Sequence[str]) -> Matrix:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, encode_texts(self.encoder._texts, new), strict=True))
        return np.stack([self._known[text] for text in texts])

    def windows(self, pages: Sequence[Page], size: int) -> list[Matrix]:
        found = []
        for page in pages:
            lines = [x for x in page.lines if readable_share(x.text, self.encoder.scripts) >= 0.5]
            texts = [window.text for window in windows(lines, size)]
            found.append(self.vectors(texts) if texts else np.empty((0, self.encoder.dim), np.float32))
        return found

    def knows(self, question: str) -> bool:
        spoken, known = language(question), self.encoder.languages or ()
        return readable_share(question, self.encoder.scripts) >= 0.8 and (not spoken or spoken in known)


def ranked(pages: Sequence[Page], page_vectors: list[Matrix], query: Matrix, weights: Matrix) -> Ranking:
    """Pages by the weighted sum of the query vectors' best inner products; empty ones last."""
    scores = [float((v @ query.T).max(axis=0) @ weights) if len(v) else -np.inf for v in page_vectors]
    best = np.argsort(-np.array(scores), kind="stable")[:10]
    return ranking((pages[i].file, pages[i].number) for i in best)


def by_parts(lengths: tuple[int, ...], share: float) -> Query:
    """The question and its phrases; ``share`` is the question's part of all weight."""

    def build(question: str) -> list[tuple[str, float]]:
        parts = phrases(question, lengths) if lengths else []
        whole = [(question, share)] if share or not parts else []
        return whole + [(part, (1 - share) / len(parts)) for part in parts]

    return build


def report(name: str, runs: list[Ranking], questions: list[Question]) -> None:
    cells = [
        statistics.fmean(ndcg(runs[i], questions[i].gold, 5) for i in members)
        for members in grouped(questions).values()
    ]
    cells.append(statistics.fmean(recall(runs[i], q.gold, 10) for i, q in enumerate(questions)))
    print(f"| {name} |", " | ".join(f"{cell:.3f}" for cell in cells), "|", flush=True)


def grouped(questions: list[Question]) -> dict[str, list[int]]:
    return groups(questions, scans(questions))


def variants(pages: list[Page], sides: list[Side], asked: list[tuple[Question, Side]]) -> None:
    """One row for each way to cut pages and questions."""
    cuts = [((), 1.0), *((lengths, share) for lengths in ((2, 3), (2, 4), (3, 5)) for share in (0.0, 0.5))]
    for size in (1, 2, 3):
        held = {id(side): side.windows(pages, size) for side in sides}
        for lengths, share in cuts:
            runs = []
            for question, side in asked:
                texts, weights = zip(*by_parts(lengths, share)(question.text), strict=True)
                found = side.vectors(texts), np.array(weights, np.float32)
                runs.append(ranked(pages, held[id(side)], *found))
            what = f"phrases of {' and '.join(map(str, lengths))} words" if lengths else "no phrases"
            name = f"windows of {size}, {what}, question {share:.0%}"
            report(name, runs, [question for question, _ in asked])


def encoders(corpus: Path, pages: list[Page], sides: list[Side], asked: list[tuple[Question, Side]]) -> None:
    """The row of the encoders as they are, and what they cost."""
    made, notes = {}, []
    for side in sides:
        begin = time.perf_counter()
        found = side.encoder.encode_pages([view(corpus, page) for page in pages])
        seconds = time.perf_counter() - begin
        made[id(side)] = [page.vectors for page in found]
        rows = sum(len(page.vectors) for page in found) / len(pages)
        size = 2 * side.encoder.dim * rows
        notes.append(
            f"- {side.encoder.spec}: {len(pages)} pages in {seconds:.0f} s, {rows:.1f} vectors a page, "
            f"{size:,.0f} bytes a page in float16"
        )
    runs = []
    for question, side in asked:
        (query,) = side.encoder.encode_queries([question.text])
        runs.append(ranked(pages, made[id(side)], query, np.ones(len(query), np.float32)))
    report("the encoders", runs, [question for question, _ in asked])
    print("\n" + "\n".join(notes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--encoders-only", action="store_true", help="leave out the variants")
    arguments = parser.parse_args()
    print_machine()
    questions = load_questions(arguments.devset)
    corpus = arguments.devset / "corpus"
    pages = load_pages(corpus, arguments.cache)
    sides = [Side(MiniVisual()), Side(MiniVisualMultilingual())]
    asked = [(question, next(side for side in sides if side.knows(question.text))) for question in questions]
    names = list(grouped(questions))
    print("| nDCG@5 of |", " | ".join(names), "| Recall@10 |")
    print("|---|" + "---|" * (len(names) + 1))
    if not arguments.encoders_only:
        variants(pages, sides, asked)
    encoders(corpus, pages, sides, asked)


if __name__ == "__main__":
    main()
