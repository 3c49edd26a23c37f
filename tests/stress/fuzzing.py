"""Random input for the code that reads what others have written: what it is made of, and what must hold.

A target takes one input. It may raise an MmragError, and nothing else.
"""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

import mmrag
from mmrag.benchmark import datasets
from mmrag.captioners.answers import described
from mmrag.captioners.soundness import sound
from mmrag.config import IngestOptions, load_recipe
from mmrag.config.recipe import Recipe, parse_recipe
from mmrag.endpoint.address import split_model
from mmrag.endpoint.client import parsed
from mmrag.endpoint.reply import whole_reply
from mmrag.endpoint.streaming import deltas
from mmrag.errors import MmragError
from mmrag.index.lexical import Terms, bm25
from mmrag.index.reader import Reader
from mmrag.index.writer import Writer
from mmrag.ingest import wire
from mmrag.ingest.markup.ingestor import MarkupIngestor
from mmrag.ingest.pdf.drawings import Drawing
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.outline import Outline
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry, from_regions
from mmrag.ingest.pdf.values import Line, RawPage, Region, Word
from mmrag.synthesize.checking import check
from mmrag.synthesize.claims import claims, quotations, without_markers
from mmrag.synthesize.markers import Markers
from mmrag.text import language, normalise, query_terms, sentences, terms
from mmrag.text.control import quoted, without_control_tokens
from mmrag.types import BBox, Filters, Kind, Query, Usage, to_dict
from mmrag.vision.reading_order import reading_order
from tests.conftest import EXAMPLES
from tests.synthesize.test_injection import PIECES, TOKENS

_texts = st.text(max_size=30)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _texts
    | st.sampled_from(["", "1", "mini", "../x"])
)
_data = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(_texts, inner, max_size=5),
    max_leaves=15,
)


@dataclass(frozen=True)
class Target:
    """Something to be tried: what it is given, and what is done with it."""

    inputs: st.SearchStrategy[Any]
    run: Callable[[Any, Path], None]


@st.composite
def _mutated(draw: st.DrawFn, originals: list[str], pieces: list[str]) -> str:
    """One of the originals, with a few pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 200)))
        new = draw(st.sampled_from(pieces) | _texts | st.just(text[begin:end] * 2))
        text = text[:begin] + new + text[end:]
    return text


# Recipes.

_RECIPES = [yaml.safe_dump(to_dict(load_recipe(name))) for name in ("mini", "base", "api")]
_YAML = [
    "&a",
    "*a",
    "!!python/object:os.system",
    "[",
    "{",
    "? ",
    "- ",
    ": ",
    "\t",
    "'",
    "0x",
    "1e999",
    ".nan",
    "2020-99-99",
    "\0",
]


@st.composite
def _recipe_data(draw: st.DrawFn) -> Any:
    """A recipe in which values are other values."""
    data = to_dict(Recipe())
    for _ in range(draw(st.integers(1, 4))):
        place = data
        key = draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            key = draw(st.sampled_from(sorted(place)))
        place[draw(st.just(key) | _texts)] = draw(_data)
    return data


def _read_recipe(data: Any, scratch: Path) -> None:
    if isinstance(data, str):
        path = scratch / "recipe.yaml"
        path.write_text(data, encoding="utf-8", errors="surrogatepass")
        recipe = load_recipe(path)
    else:
        recipe = parse_recipe(data, "fuzz")
    again = parse_recipe(json.loads(json.dumps(to_dict(recipe))), recipe.name)
    assert again == recipe


# Questions, filters and words.


def _index(scratch: Path) -> Path:
    """A small index, made once."""
    place = scratch / "index"
    if not place.exists():
        corpus = scratch / "corpus"
        corpus.mkdir()
        (corpus / "a.md").write_text(
            "# Harbour\n\nThe ferry leaves at nine.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
        )
        (corpus / "b.html").write_text("<h1>站</h1><p>渡轮九点离开。</p><p>Le bac part à neuf heures.</p>")
        data = {
            "strategies": ["caption"],
            "caption": {"captioner": "tests.fakes:SizeCaptioner", "encoders": ["tests.fakes:LetterEncoder"]},
        }
        mmrag.build(corpus, place, pipeline=parse_recipe(data, "fuzz")).close()
    return place


_filters = st.builds(
    Filters,
    documents=st.lists(
        _texts | st.sampled_from(["*.md", "[", "[!", "**", "a.md", "?" * 50, "*" * 60]), max_size=3
    ).map(tuple),
    kinds=st.lists(st.sampled_from(Kind) | _texts, max_size=2).map(tuple),
    pages=st.none() | st.tuples(st.integers(), st.integers()),
    metadata=st.dictionaries(_texts, _scalars, max_size=2),
    labels=st.lists(_texts, max_size=1).map(tuple),
)
_SQL = [
    '"',
    "'",
    "*",
    "NEAR(",
    " OR ",
    " AND NOT ",
    "^",
    ":",
    "terms:",
    "\udcff",
    "(",
    ")",
    "--",
    ";",
    "\0",
    "ferry",
    "渡轮",
    "{",
    "}",
]
_questions = st.lists(st.sampled_from(_SQL) | _texts, max_size=8).map("".join)


def _search(given: tuple[str, Filters, str], scratch: Path) -> None:
    text, filters, prefix = given
    with mmrag.open(_index(scratch)) as index:
        for work in (
            lambda: index.search(Query(text, filters=filters), 5),
            lambda: index.search(text, 5),
            lambda: index.element(prefix),
            lambda: index.document(text),
            lambda: index.elements(text, 1),
        ):
            with suppress(MmragError):
                work()
    with closing(Reader(_index(scratch))) as reader:
        bm25(reader.connection, Terms.PAGES, query_terms(text), 5)


def _words(text: str, scratch: Path) -> None:
    once = normalise(text)
    assert normalise(once) == once
    terms(text), language(text), query_terms(text)
    assert all(0 <= begin <= end <= len(text) for begin, end in sentences(text))
    calm = without_control_tokens(text, ("<own_7>",))
    assert without_control_tokens(calm, ("<own_7>",)) == calm
    quoted(text, 20)


# Citations.

_MARKS = [
    "[1]",
    "[2, 3]",
    "【1】",
    "[^1]",
    "[Source 1]",
    "[1](http://x)",
    "[1–3]",
    "[9]",
    "[0, 1]",
    "`",
    "```\n",
    "\n\n",
    "- ",
    "| a |",
    '"',
    "“",
    "”",
    "4.5 m",
    "3,000",
    "21 %",
    "九",
    ". ",
    "。",
    "p. 4",
    "[",
    "]",
    "(",
    "†",
]
_answers = st.lists(
    st.sampled_from(_MARKS) | st.sampled_from(PIECES) | st.text(max_size=12), max_size=20
).map("".join)


def _cite(given: tuple[str, list[int], list[str]], scratch: Path) -> None:
    text, cuts, sources = given
    whole, pieces = Markers(3), Markers(3)
    shown = whole.feed(text) + whole.close()
    at = sorted(min(cut, len(text)) for cut in cuts)
    parts = [text[begin:end] for begin, end in zip([0, *at], [*at, len(text)], strict=True)]
    assert "".join(pieces.feed(part) for part in parts) + pieces.close() == shown
    assert pieces.order == whole.order
    for claim in claims(shown, len(whole.order)):
        assert all(1 <= number <= len(whole.order) for number in claim.cited)
    without_markers(shown), quotations(shown)
    for flag in check(shown, sources, "How many?"):
        assert 0 <= flag.begin <= flag.end <= len(shown)


# Layout.

_length = st.floats(-50, 700) | st.sampled_from([0.0, 1e-9, 300.0, 595.0, 1e6])


@st.composite
def _boxes(draw: st.DrawFn) -> tuple[float, float, float, float]:
    x, y = draw(_length), draw(_length)
    return x, y, x + abs(draw(_length)), y + abs(draw(_length))


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    x0, y0, x1, y1 = draw(_boxes())
    size = draw(st.sampled_from([0.0, 1.0, 8.0, 10.0, 72.0]))
    text = draw(
        st.text(min_size=1, max_size=20)
        | st.sampled_from(["Figure 1: a", "Table 2", "1.", "•", "x = 3", "3.1 A"])
    )
    return Line(
        x0,
        y0,
        x1,
        y1,
        y1,
        text,
        size,
        draw(st.sampled_from(["A", "Mono"])),
        draw(st.booleans()),
        False,
        draw(st.booleans()),
    )


_regions = st.builds(
    Region,
    name=st.sampled_from(
        [
            "text",
            "title",
            "section-header",
            "table",
            "picture",
            "caption",
            "formula",
            "list-item",
            "page-header",
            "page-footer",
            "footnote",
        ]
    ),
    box=_boxes(),
    columns=st.lists(_length, max_size=3),
    rows=st.lists(_length, max_size=3),
)
_drawings = st.builds(
    Drawing, box=_boxes(), shape=st.sampled_from(["rule", "rectangle", "path"]), filled=st.booleans()
)
_pages = st.tuples(
    st.lists(_lines(), max_size=14),
    st.lists(_regions, max_size=5),
    st.lists(_drawings, max_size=8),
    st.lists(_boxes(), max_size=3),
)


class _View:
    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def words_in(self, box: Any) -> list[Word]:
        return [Word(*line.box, line.text) for line in self._lines if line.text.strip()]

    def spans_in(self, box: Any) -> list[dict[str, Any]]:
        return [
            {
                "text": line.text,
                "size": line.size,
                "font": line.font,
                "flags": 0,
                "bbox": line.box,
                "origin": (line.x0, line.base),
                "color": 0,
            }
            for line in self._lines
        ]


def _lay_out(page: Any, scratch: Path) -> None:
    lines, regions, drawings, images = page
    raw = RawPage(1, 595.0, 842.0, list(lines), images, [one.box for one in drawings], [])
    state = DocumentState(IngestOptions(), Outline([]), 2)
    state.fonts.add(lines)
    by_geometry(_View(lines), raw, to_rows([line for line in lines if line.upright], Fonts()), state)
    blocks = from_regions(_View(lines), raw, list(lines), regions, drawings, state)
    assert all(block.box[0] <= block.box[2] and block.box[1] <= block.box[3] for block in blocks)
    fractions = [BBox.from_points(*block.box, raw.width, raw.height) for block in blocks]
    assert sorted(reading_order(fractions)) == list(range(len(fractions)))


# The store.

_COLUMNS = [
    (table, column)
    for table, columns in {
        "documents": "metadata page_count title paged",
        "pages": "lines width rotation label number",
        "elements": "kind x0 y1 section metadata picture text caption",
        "assets": "media_type",
        "files": "status seconds",
        "meta": "value",
        "chunks": "snippet",
        "vectors": "vector",
        "derived": "file sha256",
        "spaces": "dim name fingerprint",
    }.items()
    for column in columns.split()
]
_odd = ["[" * 20_000, "{}", "[]", "null", '{"a": NaN}', b"x\x9c\x03\x00"]
_numbers = st.integers(-(2**63), 2**63 - 1) | st.floats()
_values = (
    st.none() | _numbers | st.binary(max_size=40) | _texts | _data.map(json.dumps) | st.sampled_from(_odd)
)


def _tampered(given: tuple[tuple[str, str], Any], scratch: Path) -> None:
    (table, column), value = given
    place = _index(scratch)
    with closing(Writer(place)) as writer, writer.writing():
        writer.connection.execute("SAVEPOINT fuzz")
        with suppress(sqlite3.IntegrityError, UnicodeEncodeError):
            writer.connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        _use(writer)
        writer.connection.execute("ROLLBACK TO fuzz")


def _use(reader: Reader) -> None:
    """Everything that is read of an index, inside the transaction that has changed it."""

    def all_rows(table: str) -> list[int]:
        return [row for (row,) in reader.connection.execute(f"SELECT row FROM {table}")]

    documents: dict[int, Any] = {}
    with suppress(MmragError):
        documents = reader.documents()
    for work in (
        lambda: reader.files(),
        lambda: reader.counts(),
        lambda: reader.pages(all_rows("pages")),
        lambda: reader.elements(all_rows("elements")),
        lambda: reader.elements_on(documents, all_rows("elements")),
        lambda: [reader.document_pages(row) for row in all_rows("documents")],
        lambda: [reader.lines(document.path, 1) for document in documents.values()],
        lambda: [reader.page_elements(document.path, 1) for document in documents.values()],
        lambda: reader.find_elements("a"),
        lambda: reader.snippets(all_rows("chunks")),
        lambda: parse_recipe(reader.get("recipe", {}), "fuzz"),
        lambda: reader.get("fingerprint", {}),
    ):
        with suppress(MmragError):
            work()


# What crosses from parser processes.


def _frames(data: bytes, scratch: Path) -> None:
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
            for decode in (wire.to_document, wire.to_page, wire.to_place):
                with suppress(MmragError):
                    decode(frame)
            wire.to_error(frame)


_frame_bytes = st.binary(max_size=60) | st.builds(
    lambda kind, value, blob: wire.pack(wire.to_frame(kind, value, blob)),
    st.sampled_from([wire.DOCUMENT, wire.PAGE, wire.ERROR, b"?"]),
    _data
    | st.fixed_dictionaries(dict.fromkeys(("page", "elements", "assets", "error", "lines", "resume"), _data)),
    st.binary(max_size=20),
)


# Datasets.

_QUERIES = [
    '{"id": "q1", "text": "When does the ferry leave?", "doc": "a.md", "pages": [1], "answer": "nine"}\n',
    '{"id": "q2", "text": "渡轮?", "doc": "a.md", "bbox": [{"page": 1, "fractions": [0, 0, 1, 1]}]}\n',
    '{"_id": "q3", "text": "x"}\n{"_id": "q3", "text": "x"}',
]
_JSON = [
    "null",
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
    ":",
    "1e999",
    "NaN",
    "-",
    "\\ud800",
    "[" * 30_000,
    '"pages"',
    '"bbox"',
    "\n",
    "\0",
    "\ufeff",
    '{"a":' * 10_000,
]
_files = st.tuples(
    _mutated(_QUERIES, _JSON),
    st.none()
    | _mutated(
        ["q1\t0\ta.md#1\t1\n", "query-id\tcorpus-id\tscore\nq3\tx\t1\n"],
        ["\t", "\n", " ", "-1", "9" * 5000, "#", "#0", "\0"],
    ),
    st.none()
    | _mutated(
        ["name: x\ncorpus: corpus\n", "queries: queries.jsonl\n"], [*_YAML, "corpus: ..\n", "qrels: /\n"]
    ),
    st.none() | _mutated(['{"_id": "x", "title": "", "text": "The ferry"}\n'], _JSON),
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
    datasets.load(folder, scratch / "cache")


# Markup.

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
    st.lists(st.sampled_from(_PIECES) | _texts, max_size=40).map("".join)
    | _mutated(_ORIGINALS, _PIECES)
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


# Servers.

_BODIES = [
    '{"choices": [{"message": {"content": "A chart [1]."}, "finish_reason": "stop"}], "usage": {"a": 9}}',
    'data: {"choices": [{"delta": {"content": "A "}}]}\n\n'
    'data: {"choices": [{"delta": {"content": "chart."}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n',
    '{"error": {"message": "overloaded", "code": 503}}',
]


def _answer(text: str, scratch: Path) -> None:
    body = text.encode("utf-8", "surrogatepass")
    for work in (
        lambda: sound(described(whole_reply(parsed(body)).text, Usage())).text.encode(),
        lambda: "".join(piece.text for piece in deltas(iter(body.split(b"\n")))).encode(),
        lambda: sound(described(text, Usage())).text.encode(),
        lambda: split_model(text),
    ):
        with suppress(MmragError):
            work()


def _all() -> Iterator[tuple[str, Target]]:
    yield "recipe", Target(_mutated(_RECIPES, _YAML) | _recipe_data() | _data, _read_recipe)
    yield "query filter", Target(st.tuples(_questions, _filters, _texts), _search)
    yield (
        "words",
        Target(
            st.lists(st.sampled_from(PIECES) | st.sampled_from(TOKENS) | _texts, max_size=20).map("".join),
            _words,
        ),
    )
    yield (
        "citation parser",
        Target(
            st.tuples(_answers, st.lists(st.integers(0, 200), max_size=6), st.lists(_texts, max_size=3)),
            _cite,
        ),
    )
    yield "layout merge", Target(_pages, _lay_out)
    yield "store reader", Target(st.tuples(st.sampled_from(_COLUMNS), _values), _tampered)
    yield "frames", Target(_frame_bytes, _frames)
    yield "datasets", Target(_files, _load_dataset)
    yield "markup", Target(_documents, _read_markup)
    yield (
        "servers",
        Target(_mutated(_BODIES, [*_JSON, "data: ", "\n\n", "<think>", "</think>", "```json"]), _answer),
    )


TARGETS = dict(_all())
