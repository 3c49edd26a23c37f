"""Markup, datasets, and what crosses from parser processes."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from pathlib import Path

from hypothesis import strategies as st

from mmrag.benchmark import datasets
from mmrag.config import IngestOptions
from mmrag.errors import MmragError
from mmrag.ingest.markup.ingestor import MarkupIngestor
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.whereabouts import Whereabouts
from tests.conftest import EXAMPLES
from tests.stress.fuzzed.values import JSON, LONG, YAML, Target, data, mutated, texts


def _frames(data: bytes, scratch: Path) -> None:
    whereabouts = Whereabouts()
    os.pwrite(whereabouts.descriptor, data, 0)
    whereabouts.read()
    whereabouts.close()
    stream = io.BytesIO(data)

    def read(count: int) -> bytes:
        if count > len(data):
            raise EOFError
        found = stream.read(count)
        if len(found) < count:
            raise EOFError
        return found

    with suppress(EOFError):
        while True:
            frame = wire.read_frame(read)
            for decode in (wire.to_document, wire.to_page):
                with suppress(MmragError):
                    decode(frame)
            wire.to_error(frame)


_frame_bytes = st.binary(max_size=60) | st.builds(
    lambda kind, value, blob: wire.pack(wire.to_frame(kind, value, blob)),
    st.sampled_from([wire.DOCUMENT, wire.PAGE, wire.ERROR, b"?"]),
    data
    | st.fixed_dictionaries(dict.fromkeys(("page", "elements", "assets", "error", "lines", "resume"), data)),
    st.binary(max_size=20),
)


_QUERIES = [
    '{"id": "q1", "text": "When does the ferry leave?", "doc": "a.md", "pages": [1], "answer": "nine"}\n',
    '{"id": "q2", "text": "渡轮?", "doc": "a.md", "bbox": [{"page": 1, "fractions": [0, 0, 1, 1]}]}\n',
    '{"_id": "q3", "text": "x"}\n{"_id": "q3", "text": "x"}',
]
_files = st.tuples(
    mutated(_QUERIES, JSON),
    st.none()
    | mutated(
        ["q1\t0\ta.md#1\t1\n", "query-id\tcorpus-id\tscore\nq3\tx\t1\n"],
        ["\t", "\n", " ", "-1", LONG, "#", "#0", "\0"],
    ),
    st.none()
    | mutated(
        ["name: x\ncorpus: corpus\n", "queries: queries.jsonl\n"], [*YAML, "corpus: ..\n", "qrels: /\n"]
    ),
    st.none() | mutated(['{"_id": "x", "title": "", "text": "The ferry"}\n'], JSON),
)


def _load_dataset(given: tuple[str, str | None, str | None, str | None], scratch: Path) -> None:
    folder = scratch / "dataset"
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    (folder / "qrels").mkdir(exist_ok=True)
    (folder / "corpus" / "a.md").write_text("# Harbour\n\nThe ferry leaves at nine.\n")
    queries, qrels, about, corpus = given
    beir = corpus is not None
    names = ("queries.jsonl", "qrels/test.tsv" if beir else "qrels.tsv", "dataset.yaml", "corpus.jsonl")
    for name in ("queries.jsonl", "qrels/test.tsv", "qrels.tsv", "dataset.yaml", "corpus.jsonl"):
        (folder / name).unlink(missing_ok=True)
    for name, text in zip(names, (queries, qrels, None if beir else about, corpus), strict=True):
        if text is not None:
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    datasets.load(folder, scratch / "cache", lambda _: None)


_TAGS = (
    "p div table tr td th ul ol li h1 h2 img a b span pre code figure figcaption svg math br hr blockquote "
    "details style script template base font center select option frameset plaintext xmp noscript iframe"
)
_PIECES = [
    *(f"<{end}{tag}>" for tag in _TAGS.split() for end in ("", "/")),
    "<td colspan=99999 rowspan='1e9'>", "<img src='data:image/png;base64,AAAA'>", "<img src=x.png alt=y>",
    "<p style='display:none'>", "<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE", "<?xml", "<!", "<", ">", "&",
    "&#x110000;", "&#0;", "&lt;", "\0", "\ufeff", "</", "<a b='", "\n\n", "    ", "\t", "- ", "1. ", "> ",
    "| a | b |\n|---|---|\n", "```\n", "---\n", "+++\n", "title: x\n", "![](", ")", "[a]: b\n", "**", "__",
    "`", "#", "$$", "\\",
]  # fmt: skip
_ORIGINALS = [
    (EXAMPLES / "docs" / name).read_text("utf-8")[:3000]
    for name in ("tide-day-news.html", "turbine-workshop-notes.md")
]
_documents = st.tuples(
    st.sampled_from([".html", ".md", ".txt", ".xhtml"]),
    st.lists(st.sampled_from(_PIECES) | texts, max_size=40).map("".join)
    | mutated(_ORIGINALS, _PIECES)
    | st.tuples(st.sampled_from(_PIECES), st.integers(1, 3000)).map(lambda pair: pair[0] * pair[1]),
)


def _read_markup(given: tuple[str, str], scratch: Path) -> None:
    ending, text = given
    path = scratch / f"document{ending}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    options = IngestOptions(ocr="never")
    document, pages = MarkupIngestor().open(path, path.name, options)
    first = list(pages)
    assert len(first) == document.page_count
    assert [page.page.number for page in first] == list(range(1, len(first) + 1))
    for page in first:
        wire.to_page(wire.from_page(page))
    wire.to_document(wire.from_document(document))


TARGETS = {
    "frames": Target(_frame_bytes, _frames),
    "datasets": Target(_files, _load_dataset),
    "markup": Target(_documents, _read_markup),
}
