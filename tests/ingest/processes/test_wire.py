import io
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.errors import CrashedError, DamagedError, EncryptedError, IngestError
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.wire import Frame
from mmrag.types import Asset, BBox, Document, Element, Kind, Line, Page, ParsedPage

texts = st.text(max_size=20)
metadata = st.dictionaries(
    texts,
    st.one_of(texts, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    max_size=3,
)
boxes = st.tuples(*[st.floats(0, 1)] * 4).map(lambda corners: BBox.from_points(*corners, 1, 1))
pages = st.builds(
    Page,
    document=texts,
    number=st.integers(1, 9999),
    width=st.none() | st.floats(1, 9999),
    height=st.none() | st.floats(1, 9999),
    rotation=st.sampled_from([0, 90, 180, 270]),
    label=texts,
)
assets = st.builds(
    Asset, id=texts, media_type=texts, width=st.integers(), height=st.integers(), data=st.binary(max_size=30)
)


@st.composite
def parsed_pages(draw: st.DrawFn) -> ParsedPage:
    page = draw(pages)
    elements = st.builds(
        Element,
        id=texts,
        document=st.just(page.document),
        page=st.just(page.number),
        kind=st.sampled_from(Kind),
        bbox=st.none() | boxes,
        text=texts,
        caption=texts,
        section=st.lists(texts, max_size=3).map(tuple),
        order=st.integers(),
        picture=st.none() | texts,
        metadata=metadata,
    )
    return ParsedPage(
        page,
        tuple(draw(st.lists(elements, max_size=3))),
        tuple(draw(st.lists(assets, max_size=3))),
        draw(st.none() | texts),
        tuple(draw(st.lists(st.builds(Line, texts, st.none() | boxes), max_size=3))),
    )


def carried(frame: Frame) -> Frame:
    return wire.read_frame(io.BytesIO(wire.pack(frame)).read)


@given(parsed_pages())
def test_a_page_arrives_as_it_was_sent(page: ParsedPage) -> None:
    assert wire.to_page(carried(wire.from_page(page))) == page


@given(
    st.builds(
        Document,
        id=texts,
        path=texts,
        media_type=texts,
        title=texts,
        page_count=st.integers(0),
        paged=st.booleans(),
        metadata=metadata,
    )
)
def test_a_document_arrives_as_it_was_sent(document: Document) -> None:
    assert wire.to_document(carried(wire.from_document(document))) == document


def test_broken_unicode_arrives_too() -> None:
    page = ParsedPage(Page("d", 1, label="\ud800"), ())
    assert wire.to_page(carried(wire.from_page(page))) == page


@pytest.mark.parametrize("error", [DamagedError("a"), EncryptedError("b"), CrashedError("c")])
def test_an_error_arrives_as_it_was_sent(error: IngestError) -> None:
    found = wire.to_error(carried(wire.from_error(error)))
    assert (type(found), str(found)) == (type(error), str(error))


@pytest.mark.parametrize("name", ["SystemExit", "MmragError", "UsageError", "annotations", "no such"])
def test_an_error_of_another_kind_is_a_crash(name: str) -> None:
    found = wire.to_error(wire.to_frame(wire.ERROR, [name, "message"]))
    assert (type(found), str(found)) == (CrashedError, "message")


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
page_like = st.fixed_dictionaries(
    {"page": values, "elements": values, "assets": values, "error": st.none() | texts, "lines": values}
)


@given(st.sampled_from([b"D", b"P", b"E", b"?"]), st.one_of(values, page_like), st.binary(max_size=8))
def test_what_a_broken_parser_says_is_not_believed(kind: bytes, value: Any, blob: bytes) -> None:
    frame = Frame(kind, json.dumps(value).encode(), blob)
    for decode in (wire.to_document, wire.to_page):
        with suppress(CrashedError):
            decode(frame)
    assert isinstance(wire.to_error(frame), IngestError)


@pytest.mark.parametrize(
    "value",
    [
        ["id", "path", "type", "title", "many", True, {}],
        ["id", "path", "type", "title", 1, True],
        {"id": "path"},
        "1234567",
    ],
)
def test_a_document_of_other_kinds_of_values_is_not_believed(value: Any) -> None:
    with pytest.raises(CrashedError, match="can't be understood"):
        wire.to_document(wire.to_frame(wire.DOCUMENT, value))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [["a"]],
        [["a"], []],
        [[], [None]],
        [["a"], [[0, 0, 1]]],
        [["a"], [[0, 0, 1, 2]]],
        [["a"], [[0.5, 0, 0, 1]]],
        [["a"], [[0, "0", 1, 1]]],
        [["a"], [[0, None, 1, 1]]],
        [["a"], [0]],
        [[1], [None]],
        ["a", [None]],
    ],
)
def test_lines_of_another_make_are_not_believed(lines: Any) -> None:
    value = wire.from_page(ParsedPage(Page("d", 1), ())).value()
    with pytest.raises(CrashedError, match="can't be understood"):
        wire.to_page(wire.to_frame(wire.PAGE, {**value, "lines": lines}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1 << 1100, None, ["a"], {"a": 1}])
def test_metadata_that_no_index_can_keep_goes_neither_out_nor_in(value: Any) -> None:
    document = Document("d", "a.md", "text/markdown", metadata={"score": value})
    element = Element("e", "d", 1, Kind.TEXT, None, "words", metadata={"score": value})
    page = ParsedPage(Page("d", 1), (element,))
    with pytest.raises(ValueError, match="'score' is neither text nor a finite number"):
        wire.from_document(document)
    with pytest.raises(ValueError, match="'score' is neither text nor a finite number"):
        wire.from_page(page)
    sent = wire.from_page(replace(page, elements=(replace(element, metadata={}),))).value()
    sent["elements"][0][-1] = {"score": value}
    for decode, kind, made in (
        (wire.to_document, wire.DOCUMENT, ["d", "a.md", "text/markdown", "", 0, True, {"score": value}]),
        (wire.to_page, wire.PAGE, sent),
    ):
        with pytest.raises(CrashedError, match="can't be understood"):
            decode(wire.to_frame(kind, made))


@pytest.mark.parametrize("text", [b"not json", b"\xff\xfe", b"[" * 100_000, b""])
def test_what_is_not_json_is_not_believed(text: bytes) -> None:
    with pytest.raises(CrashedError):
        wire.to_page(Frame(wire.PAGE, text))
    with pytest.raises(CrashedError):
        wire.to_document(Frame(wire.DOCUMENT, text))
    assert isinstance(wire.to_error(Frame(wire.ERROR, text)), CrashedError)


def test_lengths_are_checked_before_they_are_read() -> None:
    header = wire.HEADER.pack(b"P", 0xFFFFFFFF, 0)
    with pytest.raises(CrashedError):
        wire.read_frame(io.BytesIO(header).read)
