"""The retriever over a hand-made index with letter vectors: every rank can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mmrag.config import RetrieveOptions
from mmrag.encoders.lists import ChunkList, PageList
from mmrag.errors import UsageError
from mmrag.index.reader import Reader
from mmrag.index.store import create
from mmrag.index.writer import Writer, content_key
from mmrag.retrieve.retriever import Retriever
from mmrag.types import BBox, Document, Element, Filters, Hit, Kind, Page, ParsedPage, Query
from tests.fakes import LetterEncoder, LinesEncoder

BOX = BBox(0.1, 0.1, 0.9, 0.2)
PAGES = {
    ("a.pdf", 1): [("text", "zebra zebra"), ("table", "| x | y |")],
    ("a.pdf", 2): [("text", "apple pie")],
    ("b.pdf", 1): [("figure", "zebra crossing")],
    ("b.pdf", 2): [("text", "斑马 线")],
}
LETTERS, LINES = "caption/letters", "visual/lines"
DENSE = RetrieveOptions(weights={"caption": 1.0})
TERMS = RetrieveOptions(weights={"page-terms": 1.0})


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    create(tmp_path / "index")
    writer = Writer(tmp_path / "index")
    for path in ("a.pdf", "b.pdf"):
        add(writer, path, {key: value for key, value in PAGES.items() if key[0] == path})
    yield writer
    writer.close()


def add(writer: Writer, path: str, pages: dict[tuple[str, int], list[tuple[str, str]]]) -> None:
    encoder = LetterEncoder()
    with writer.writing():
        space = writer.space(LETTERS, encoder.dim, encoder.fingerprint)
        maker = writer.encoder(encoder.fingerprint)
        document = Document(path * 8, path, "application/pdf", page_count=len(pages), metadata={"file": path})
        row = writer.add_document(document)
        for (_, number), content in pages.items():
            text = "\n".join(words for _, words in content)
            page = writer.add_page(row, ParsedPage(Page(document.id, number, 600, 800), ()), text)
            for order, (kind, words) in enumerate(content):
                name = f"{path}-{number}-{order}"
                element = Element(name, document.id, number, Kind(kind), BOX, words, order=order)
                element_row = writer.add_element(row, page, element, words)
                key = content_key(words)
                made = writer.known_vectors(maker, [key])
                if not made:
                    made = writer.add_vectors(maker, [key], encoder.encode_texts([words]))
                writer.add_chunks(space, row, [(page, element_row, made[key], words.upper())])


def retriever(writer: Writer, options: RetrieveOptions) -> Retriever:
    return Retriever(Reader(writer.path), [ChunkList(LETTERS, LetterEncoder())], options)


def places(hits: list[Hit]) -> list[tuple[str, int]]:
    return [(hit.document.path, hit.page.number) for hit in hits]


def test_dense_pages_come_by_their_best_chunk(writer: Writer) -> None:
    hits = retriever(writer, DENSE).search(Query("zebra"), 2)
    assert places(hits) == [("a.pdf", 1), ("b.pdf", 1)]
    best = hits[0]
    assert (best.rank, best.element.kind, best.snippet) == (1, Kind.TEXT, "ZEBRA ZEBRA")
    assert [element.kind for element in best.elements] == [Kind.TEXT, Kind.TABLE]
    assert [(source.list, source.rank) for source in best.sources] == [(LETTERS, 1)]
    assert best.sources[0].score == pytest.approx(1.0)


def test_words_find_what_the_encoder_does_not(writer: Writer) -> None:
    hits = retriever(writer, TERMS).search(Query("crossing"))
    assert places(hits) == [("b.pdf", 1)]
    assert hits[0].element.kind is Kind.FIGURE


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"caption": 1.0}, 1.0),
        ({"caption": 1.0, LETTERS: 0.5}, 0.5),
        ({LETTERS: 0.5, f"{LETTERS}/text": 2.0}, 0.5),
        ({"page-terms": 1.0}, 0.0),
        ({"capt": 1.0}, 0.0),
    ],
)
def test_the_longest_key_that_fits_a_list_is_its_weight(weights: dict[str, float], expected: float) -> None:
    assert RetrieveOptions(weights=weights).weight(LETTERS) == expected


def test_a_list_without_weight_is_not_asked(writer: Writer) -> None:
    hits = retriever(writer, TERMS).search(Query("zebra"))
    assert {source.list for hit in hits for source in hit.sources} == {"page-terms"}


def test_lists_that_rank_the_same_vectors_share_a_weight(writer: Writer) -> None:
    encoder, names = LetterEncoder(), ("joint/letters/text", "joint/letters/pictures")
    with writer.writing():
        made = writer.known_vectors(writer.encoder(encoder.fingerprint), [content_key("apple pie")])
        for name in names:
            space = writer.space(name, encoder.dim, encoder.fingerprint)
            writer.add_chunks(space, 1, [(1, 1, row, "APPLE PIE") for row in made.values()])
    lists = [ChunkList(name, encoder) for name in (LETTERS, *names)]
    options = RetrieveOptions(weights={"caption": 1.0, "joint": 0.6})
    found = Retriever(Reader(writer.path), lists, options)
    weights = {one.name: one.weight for one in found.rank(Query("zebra"))}
    assert weights == {LETTERS: 0.5, names[0]: 0.3, names[1]: 0.6}
    assert [one.weight for one in found.rank(Query("zebra"), ["caption"])] == [1.0]
    assert [one.weight for one in found.rank(Query("zebra"), ["joint"])] == [0.6, 0.6]


def test_an_encoder_is_not_asked_in_a_script_that_it_does_not_know(writer: Writer) -> None:
    options = RetrieveOptions(weights={"caption": 1.0, "page-terms": 0.5})
    hits = retriever(writer, options).search(Query("斑马在哪里"))
    assert places(hits) == [("b.pdf", 2)]
    assert {source.list for hit in hits for source in hit.sources} == {"page-terms"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(documents=("b.pdf",)), [("b.pdf", 1), ("b.pdf", 2)]),
        (Filters(documents=("b.*",), pages=(1, 1)), [("b.pdf", 1)]),
        (Filters(documents=("b.pdf" * 8,)), [("b.pdf", 1), ("b.pdf", 2)]),
        (Filters(kinds=(Kind.TABLE, Kind.FIGURE)), [("b.pdf", 1), ("a.pdf", 1)]),
        (Filters(pages=(2, 9)), [("a.pdf", 2), ("b.pdf", 2)]),
        (Filters(metadata={"file": "a.pdf"}), [("a.pdf", 1), ("a.pdf", 2)]),
        (Filters(documents=("none.pdf",)), []),
    ],
)
@pytest.mark.parametrize("question", ["zebra", "zebra apple"])
def test_filters_hold(
    writer: Writer, filters: Filters, expected: list[tuple[str, int]], question: str
) -> None:
    hits = retriever(writer, RetrieveOptions()).search(Query(question, filters=filters))
    assert sorted(places(hits)) == sorted(expected)
    if filters.kinds:
        assert all(element.kind in filters.kinds for hit in hits for element in hit.elements)


def test_equal_pages_come_in_the_order_of_paths_and_numbers(tmp_path: Path) -> None:
    create(tmp_path / "index")
    writer = Writer(tmp_path / "index")
    for path in ("c.pdf", "b.pdf", "a.pdf"):
        add(writer, path, {(path, 2): [("text", "same")], (path, 1): [("text", "same")]})
    expected = [(path, page) for path in ("a.pdf", "b.pdf", "c.pdf") for page in (1, 2)]
    assert places(retriever(writer, RetrieveOptions()).search(Query("same"))) == expected
    writer.close()


def test_a_search_sees_what_was_committed_before_it(writer: Writer) -> None:
    searching = retriever(writer, RetrieveOptions())
    assert places(searching.search(Query("zebra"), 1)) == [("a.pdf", 1)]
    with writer.writing():
        writer.remove_document("a.pdf")
    assert places(searching.search(Query("zebra"), 1)) == [("b.pdf", 1)]
    add(writer, "0.pdf", {("0.pdf", 1): [("text", "zebra zebra zebra")]})
    assert places(searching.search(Query("zebra zebra"), 1)) == [("0.pdf", 1)]


@pytest.mark.parametrize(
    ("query", "top_k", "message"),
    [
        (Query("  "), 5, "the question is empty"),
        (Query("x", picture="x.png"), 5, "no view with a weight finds by picture"),
        (Query("x"), 0, "top_k must be at least 1"),
    ],
)
def test_a_wrong_call_is_refused(writer: Writer, query: Query, top_k: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        retriever(writer, DENSE).search(query, top_k)


@pytest.fixture
def seen(writer: Writer) -> Writer:
    """The index with one more document, of pages without elements that a view of whole pages has seen."""
    encoder, document = LinesEncoder(), Document("c" * 8, "c.pdf", "application/pdf", page_count=2)
    with writer.writing():
        space = writer.space(LINES, encoder.dim, encoder.fingerprint, paged=True)
        row = writer.add_document(document)
        for number, words in ((1, "the zebra"), (2, "zebra")):
            page = writer.add_page(row, ParsedPage(Page(document.id, number, 600, 800), ()), "")
            vectors = LetterEncoder().encode_texts(words.split())
            writer.add_page_vectors(space, row, page, vectors, np.full((len(vectors), 4), np.nan, np.float32))
    return writer


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [1, 2]),
        (Filters(documents=("c.pdf",)), [1, 2]),
        (Filters(pages=(2, 2)), [2]),
        (Filters(documents=("a.pdf",)), []),
        (Filters(documents=("c.pdf",), kinds=(Kind.TEXT,)), []),
        (Filters(documents=("c.pdf",), labels=("chart",)), []),
    ],
)
def test_a_page_without_elements_passes_filters_of_pages(
    seen: Writer, filters: Filters, expected: list[int]
) -> None:
    options = RetrieveOptions(weights={"visual": 1.0})
    found = Retriever(Reader(seen.path), [PageList(LINES, LinesEncoder())], options)
    hits = found.search(Query("zebra", filters=filters))
    assert places(hits) == [("c.pdf", number) for number in expected]
    assert all(hit.element.kind is Kind.PAGE for hit in hits)


def test_another_thread_never_sees_some_of_the_lists_alone(seen: Writer) -> None:
    known: list[set[str]] = []

    class Watched(Retriever):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "_filled":
                known.append(set(self._filled))

    lists = [ChunkList(LETTERS, LetterEncoder()), PageList(LINES, LinesEncoder())]
    Watched(Reader(seen.path), lists, RetrieveOptions()).refresh()
    assert known == [set(), {LETTERS, LINES}]
