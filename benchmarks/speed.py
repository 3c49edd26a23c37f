"""Speed as ratios against the bare libraries, in one run: ``python benchmarks/speed.py DEVSET INDEX``.

DEVSET holds ``corpus/`` with PDFs; INDEX is an index of it. Every ratio is a median over pairs A B A B …
on the same input; absolute figures are this machine's and only stand beside their ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import pymupdf
from questions import load_questions

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.config import IngestOptions
from mmrag.encoders import load_encoder
from mmrag.encoders.batching import encode_texts
from mmrag.encoders.lists import texts_of
from mmrag.index import lexical
from mmrag.ingest import ParserPool
from mmrag.ingest.opening import Job
from mmrag.ingest.pdf import PdfIngestor, rawpage, reader
from mmrag.ingest.pdf.pageview import PageView
from mmrag.strategies.chunks import chunk

PAIRS = 5
COPIES = 4
PARTS = ("processes", "queries", "encoding", "text", "memory")


def paired(
    ours: Callable[[], None],
    bare: Callable[[], None],
    pairs: int = PAIRS,
    clock: Callable[[], float] = time.process_time,
) -> tuple[float, float, float]:
    """Medians of seconds of ours and bare, CPU's if not told, and of bare / ours (1 is as fast as bare)."""
    ours(), bare()
    mine, other = [], []
    for _ in range(pairs):
        mine.append(_took(ours, clock))
        other.append(_took(bare, clock))
    ratios = [b / a for a, b in zip(mine, other, strict=True)]
    return statistics.median(mine), statistics.median(other), statistics.median(ratios)


def _took(call: Callable[[], None], clock: Callable[[], float] = time.process_time) -> float:
    begin = clock()
    call()
    return clock() - begin


def text_ingest(corpus: Path) -> None:
    """Text-only ingest against loops that extract the same words and boxes.

    It wants more of a page than ``words`` gives: the fonts and sizes that tell headings and listings, which
    ``dict`` gives, and how the text is painted, which tells hidden text. It then finds paragraphs, headings,
    lists, and the tables that stand in listings. No loop has any of these; what each part takes is printed.
    Printed are the processor's seconds in one process, and the seconds that a user waits for the pool.
    """
    paths = [path for path in sorted(corpus.glob("*.pdf")) if "scan" not in path.name]
    options = IngestOptions(layout="never", ocr="never")

    def ours() -> None:
        for path in paths:
            _, pages = PdfIngestor().open(path, path.name, options)
            for _ in pages:
                pass

    for what in ("words", "dict"):
        mine, other, ratio = paired(ours, partial(_bare_text, paths, what))
        report(
            "text-only ingest, layout and OCR off", mine, other, ratio, f"{len(paths)} PDFs", f"{what} loop"
        )
    _parts_of(ours)
    _text_on_the_clock(paths, options)


def _bare_text(paths: list[Path], what: str) -> None:
    for path in paths:
        with pymupdf.open(path) as document:
            for page in document:
                page.get_text(what)


def _text_on_the_clock(paths: list[Path], options: IngestOptions) -> None:
    """What a user waits for the same text: read by the pool of parsers of ``mmrag index``, one a core.

    There are four of them at most. The bare loop stays one process. The files are read several times, under
    different names. The first pass starts the parsers; what it takes longer than the others is printed apart.
    """
    with tempfile.TemporaryDirectory() as folder, ParserPool(options) as pool:
        copies = []
        for number in range(COPIES):
            for path in paths:
                copies.append(Path(folder, f"{number}-{path.name}"))
                copies[-1].symlink_to(path.resolve())
        pages = 0

        def ours() -> None:
            nonlocal pages
            pages = sum(1 for file in pool.parse(Job(one, one.name) for one in copies) for _ in file.pages())

        first = _took(ours, time.perf_counter)
        mine, other, ratio = paired(ours, partial(_bare_text, copies, "words"), clock=time.perf_counter)
        print(
            f"- the same on the clock, by {len(pool._threads)} parser processes: {ratio:.2f} × the speed of "
            f"a bare words loop in one process ({mine:.2f} against {other:.2f} s of waiting, {pages} pages; "
            f"starting the parsers takes {max(0.0, first - mine):.2f} s more, once a run)"
        )


def _parts_of(ours: Callable[[], None]) -> None:
    """What the parts of text-only ingest take, in CPU seconds, each without what it calls of the others."""
    parts: dict[str, tuple[object, str]] = {
        "MuPDF reads the pages": (pymupdf.Page, "get_textpage"),
        "lines with fonts, as JSON": (rawpage, "_structure"),
        "how lines are painted": (rawpage, "read_paint"),
        "spans, to tell bold headings": (PageView, "spans_in"),
        "tables in listings": (reader, "split_tables"),
    }
    spent = dict.fromkeys(parts, 0.0)
    nested = [0.0]

    def timed(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*arguments: object, **options: object) -> object:
            begin = time.process_time()
            nested.append(0.0)
            try:
                return call(*arguments, **options)
            finally:
                took = time.process_time() - begin
                spent[name] += took - nested.pop()
                nested[-1] += took

        return wrapper

    with ExitStack() as stack:
        for name, (owner, attribute) in parts.items():
            stack.enter_context(mock.patch.object(owner, attribute, timed(name, getattr(owner, attribute))))
        total = _took(ours)
    spent["paragraphs, headings, lists and all else"] = total - sum(spent.values())
    print("- its parts: " + ", ".join(f"{name} {took:.2f}" for name, took in spent.items()) + " CPU s")


def index_build(index: mmrag.Index) -> None:
    """Encoding as a build does it against a bare loop over the same chunks, sorted by length."""
    for spec in index.recipe.caption.encoders:
        encoder = load_encoder(spec)
        elements = [
            element
            for document in index.documents()[:3]
            for page in range(1, document.page_count + 1)
            for element in index.elements(document, page)
        ]
        texts = [piece.text for piece in chunk(elements, encoder)]

        def ours(encoder=encoder, elements=elements) -> None:
            encode_texts(encoder, [piece.text for piece in chunk(elements, encoder)])

        def bare(encoder=encoder, texts=texts) -> None:
            encoder.encode_texts(sorted(texts, key=len))

        mine, other, ratio = paired(ours, bare, 3)
        report(f"chunk and encode, {spec}", mine, other, ratio, f"{len(texts)} chunks", "length-sorted loop")


def query_overhead(devset: Path, index: mmrag.Index) -> None:
    """What a search costs beyond the calls of its encoders, of FAISS, MaxSim and FTS5 that it makes.

    On the clock, and in CPU time of the thread that searches, which other processes lengthen less.

    Subtracted are ``encode_queries`` of the encoders, ``search`` of the FAISS indexes, MaxSim, which is
    ``search`` of the spaces of page vectors and, by the same kernel, products with the vectors of the found
    pages, and running the statements ``SELECT rowid, -rank FROM … WHERE … MATCH`` of FTS5 until their rows
    are Python tuples. All else counts: language and words of the question, checks of its vectors, exact
    scores of the found pages' chunks, the best products of each element, making arrays of what was found,
    fusion, snapshots, and reading and building the hits. Elements that were read stay in memory, so questions
    asked for the first time stand apart from repeated ones.
    """
    questions = [question.text for question in load_questions(devset)]
    inside = [0.0, 0.0]

    def timed(call: Callable[..., object]) -> Callable[..., object]:
        def wrapped(*arguments: object, **options: object) -> object:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return call(*arguments, **options)
            finally:
                inside[0] += time.perf_counter() - wall
                inside[1] += time.thread_time() - cpu

        return wrapped

    index.search("warm up")  # of no question's words
    index.search("热身")
    encoders = [made.encoder for made in index._retriever._dense]
    for encoder in {id(texts): texts for texts in map(texts_of, encoders)}.values():
        encoder.encode_queries = timed(encoder.encode_queries)  # type: ignore[method-assign]
    for space in index._retriever._spaces.values():
        space._ann._index.search = timed(space._ann._index.search)
    for page_space in index._retriever._page_spaces.values():
        page_space.search = timed(page_space.search)  # type: ignore[method-assign]
        page_space.products = timed(page_space.products)  # type: ignore[method-assign]
    extra: list[tuple[float, float]] = []
    with mock.patch.object(lexical, "matches", timed(lexical.matches)):
        for question in questions * 3:
            inside[:] = 0.0, 0.0
            begin, cpu_begin = time.perf_counter(), time.thread_time()
            index.search(question, 10)
            ends = time.perf_counter(), time.thread_time()
            extra.append((ends[0] - begin - inside[0], ends[1] - cpu_begin - inside[1]))
    first, again = extra[: len(questions)], extra[len(questions) :]
    for what, rows in (("first asked", first), ("asked again", again), ("in all", extra)):
        wall, cpu = zip(*rows, strict=True)
        print(
            f"- a search beyond encoders, FAISS, MaxSim and FTS5, {len(rows)} questions {what}: "
            f"p50 {1000 * statistics.median(wall):.2f} ms ({1000 * statistics.median(cpu):.2f} ms of CPU), "
            f"p95 {1000 * np.quantile(wall, 0.95):.2f} ms"
        )


def processes(index: mmrag.Index, corpus: Path) -> None:
    """Whole processes: CPU seconds of help, of a cold search, and seconds of a run with nothing to do."""
    mmrag_ = [sys.executable, "-m", "mmrag.cli"]
    for name, command in {
        "python -c pass": [sys.executable, "-c", "pass"],
        "mmrag --help": [*mmrag_, "--help"],
        "mmrag search, cold, English": [*mmrag_, "search", str(index.path), "survival of patients"],
        "mmrag search, cold, Chinese": [*mmrag_, "search", str(index.path), "哪个操作系统"],
        "mmrag index, nothing changed": [*mmrag_, "index", str(corpus), "--index", str(index.path)],
    }.items():
        cpu, wall = [], []
        for _ in range(PAIRS):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            begin = time.perf_counter()
            subprocess.run(command, check=False, capture_output=True)
            wall.append(time.perf_counter() - begin)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        print(f"- {name}: {statistics.median(cpu):.2f} CPU s, {statistics.median(wall):.2f} s, {PAIRS} runs")


def memory(pages: int) -> None:
    """Peak memory of indexing one long PDF, all processes added up."""
    with tempfile.TemporaryDirectory() as folder:
        documents = Path(folder) / "docs"
        documents.mkdir()
        made = pymupdf.open()
        for number in range(pages):
            page = made.new_page()
            page.insert_text((72, 60), f"Chapter {number // 20 + 1}", fontsize=16)
            for line in range(40):
                page.insert_text(
                    (72, 90 + 16 * line), f"Line {line} of page {number}: a pump turns wheel {line}."
                )
        made.save(documents / "long.pdf")
        command = [sys.executable, "-m", "mmrag.cli", "index", str(documents), "--index", f"{folder}/index"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = 0
        begin = time.perf_counter()
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(0.2)
        print(
            f"- memory: a PDF of {pages} pages, all processes together: peak {peak / 2**20:.0f} MiB, "
            f"{time.perf_counter() - begin:.0f} s, exit {process.returncode}"
        )


def _resident(root: int) -> int:
    """Proportional set size of a process and its children, in bytes: shared pages count once."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            if int(folder.name) == root or parent == root:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):
            continue
    return total


def report(what: str, mine: float, other: float, ratio: float, on: str, against: str) -> None:
    print(
        f"- {what}: {ratio:.2f} × the speed of a bare {against} ({mine:.2f} against {other:.2f} CPU s, {on})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    parser.add_argument("--pages", type=int, default=3000, help="length of the PDF of the memory test")
    arguments = parser.parse_args()
    os.environ.setdefault("NO_COLOR", "1")
    print_machine()
    corpus = arguments.devset / "corpus"
    with mmrag.open(arguments.index) as index:
        if "processes" in arguments.only:
            processes(index, corpus)
        if "queries" in arguments.only:
            query_overhead(arguments.devset, index)
        if "encoding" in arguments.only:
            index_build(index)
    if "text" in arguments.only:
        text_ingest(corpus)
    if "memory" in arguments.only:
        memory(arguments.pages)


if __name__ == "__main__":
    main()
