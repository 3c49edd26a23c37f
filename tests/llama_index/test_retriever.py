"""An index as LlamaIndex's retriever."""

from __future__ import annotations

import asyncio
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from llama_index.core.callbacks import CallbackManager, CBEventType, LlamaDebugHandler
from llama_index.core.schema import ImageNode, MetadataMode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.storage.docstore.utils import doc_to_json, json_to_doc
from PIL import Image

import mmrag
from mmrag.config import RetrieveOptions
from mmrag.errors import CorruptError, UsageError
from mmrag.llama_index.lane import Lane
from mmrag.llama_index.nodes import ElementNode, nodes_of
from mmrag.types import BBox, Document, Element, Filters, Hit, Kind, Page
from tests.llama_index.conftest import RECIPE
from tests.tiny.pictures import pictures


def told(nodes: list[NodeWithScore]) -> list[tuple[str, float | None]]:
    return [(found.node.node_id, found.score) for found in nodes]


def test_nodes_are_the_elements_of_the_hits(index: mmrag.Index) -> None:
    hits = index.search("lake at noon", top_k=2)
    nodes = index.as_retriever(top_k=2).retrieve("lake at noon")
    assert told(nodes) == [(element.id, hit.score) for hit in hits for element in hit.elements]
    assert [found.metadata["rank"] for found in nodes] == [hit.rank for hit in hits for _ in hit.elements]
    assert len(nodes) == 4
    alone = index.as_retriever(top_k=2, elements=1).retrieve("lake at noon")
    assert told(alone) == [(hit.element.id, hit.score) for hit in hits]


def test_a_node_says_where_it_stands(index: mmrag.Index) -> None:
    hit = index.search("zebra stripes", top_k=1)[0]
    (found,) = index.as_retriever(top_k=1, elements=1).retrieve("zebra stripes")
    assert isinstance(found.node, TextNode)
    assert not isinstance(found.node, ImageNode)
    assert found.metadata == {
        "document": "a.md",
        "title": "Animals",
        "page": 1,
        "page_label": "Animals",
        "paged": False,
        "section": "Animals",
        "kind": "text",
        "bbox": None,
        "picture": None,
        "score": hit.score,
        "rank": 1,
        "lists": [
            {"list": source.list, "rank": source.rank, "score": source.score} for source in hit.sources
        ],
    }
    assert found.metadata["lists"][0]["list"] == "caption/tests.fakes:LetterEncoder"
    source = found.node.source_node
    assert source is not None
    assert (source.node_id, source.hash) == (hit.document.id, hit.document.id)
    assert source.metadata["document"] == "a.md"


def test_a_picture_comes_with_its_checked_file_and_its_words(index: mmrag.Index) -> None:
    (found,) = index.as_retriever(top_k=1, elements=1).retrieve("lake at noon")
    node = found.node
    assert isinstance(node, ImageNode)
    assert node.text == "The lake at noon\nA picture of 140 by 90."
    assert node.image_path == found.metadata["picture"]
    assert node.image_mimetype == "image/png"
    with Image.open(str(node.image_path)) as picture:
        assert picture.size == (140, 90)
    words, shown = node.get_content_blocks(MetadataMode.LLM)
    assert words.text == "\ndocument: b.md\nsection: Water\nThe lake at noon\nA picture of 140 by 90.\n"
    assert Image.open(shown.resolve_image()).size == (140, 90)


def test_a_picture_has_its_page_and_its_box(index: mmrag.Index) -> None:
    wanted = Filters(documents=("cold.png",))
    (found,) = index.as_retriever(filters=wanted).retrieve("picture")
    assert (found.metadata["page"], found.metadata["bbox"]) == (1, [0.0, 0.0, 1.0, 1.0])
    assert "\ndocument: cold.png\npage: 1\n" in found.node.get_content_blocks(MetadataMode.LLM)[0].text


def test_a_damaged_picture_is_an_error(built: Path, index: mmrag.Index, tmp_path: Path) -> None:
    shutil.copytree(built, tmp_path / "copy")
    with mmrag.open(tmp_path / "copy") as copy:
        (found,) = copy.as_retriever(top_k=1, elements=1).retrieve("lake at noon")
        Path(found.metadata["picture"]).write_bytes(b"something else")
        with pytest.raises(CorruptError, match="is damaged"):
            copy.as_retriever(top_k=1).retrieve("lake at noon")


def test_control_tokens_of_documents_are_taken_out(index: mmrag.Index) -> None:
    (found,) = index.as_retriever(top_k=1, elements=1).retrieve("zebra stripes")
    assert "{{ 7 * 7 }} {% endchat %} {query_str}" in found.text
    assert "im_start" not in found.text


def test_filters_and_strategies_are_those_of_a_search(index: mmrag.Index) -> None:
    figures = index.as_retriever(filters=Filters(kinds=(Kind.FIGURE,))).retrieve("zebra stripes")
    assert {found.metadata["kind"] for found in figures} == {"figure"}
    assert index.as_retriever(strategies="caption").retrieve("zebra")
    with pytest.raises(UsageError, match="no view 'visual'"):
        index.as_retriever(strategies="visual").retrieve("zebra")
    with pytest.raises(UsageError, match="elements must be at least 1"):
        index.as_retriever(elements=0)


def test_a_bundle_may_hold_a_picture(index: mmrag.Index, tmp_path: Path) -> None:
    pictures()["RGB"].save(tmp_path / "query.png")
    bundle = QueryBundle("", image_path=str(tmp_path / "query.png"))
    with pytest.raises(UsageError, match="picture"):  # no view of this index takes one
        index.as_retriever().retrieve(bundle)


def test_nodes_survive_a_document_store(index: mmrag.Index) -> None:
    for found in index.as_retriever().retrieve("lake at noon"):
        again = json_to_doc(doc_to_json(found.node))
        assert isinstance(again, ImageNode) == isinstance(found.node, ImageNode)
        assert (again.node_id, again.metadata, again.hash) == (
            found.node.node_id,
            found.metadata,
            found.node.hash,
        )


def test_events_are_those_of_any_retriever(index: mmrag.Index) -> None:
    handler = LlamaDebugHandler(print_trace_on_end=False)
    retriever = index.as_retriever(top_k=1)
    retriever.callback_manager = CallbackManager([handler])
    nodes = retriever.retrieve("lake")
    ((_, end),) = handler.get_event_pairs(CBEventType.RETRIEVE)
    assert end.payload is not None
    assert end.payload["nodes"] == nodes


def test_an_event_loop_and_other_threads_get_the_same(index: mmrag.Index) -> None:
    retriever = index.as_retriever(top_k=2)
    expected = told(retriever.retrieve("lake at noon"))

    async def ask_twice() -> list[list[NodeWithScore]]:
        return await asyncio.gather(*(retriever.aretrieve("lake at noon") for _ in range(2)))

    assert [told(nodes) for nodes in asyncio.run(ask_twice())] == [expected] * 2
    found: list[list[NodeWithScore]] = []
    thread = threading.Thread(target=lambda: found.append(retriever.retrieve("lake at noon")))
    thread.start()
    thread.join()
    assert [told(nodes) for nodes in found] == [expected]


class Recorded:
    """An index that only says where it was used."""

    def __init__(self, used: list[tuple[str, threading.Thread]]) -> None:
        self.used = used

    def search(self) -> None:
        self.used.append(("search", threading.current_thread()))

    def close(self) -> None:
        self.used.append(("close", threading.current_thread()))


def test_an_index_is_used_and_closed_in_one_thread() -> None:
    own: list[tuple[str, threading.Thread]] = []
    others: list[list[tuple[str, threading.Thread]]] = []

    def reopen() -> Recorded:
        others.append([])
        return Recorded(others[-1])

    lane = Lane(Recorded(own), reopen)  # type: ignore[arg-type]
    lane.call(Recorded.search)  # type: ignore[arg-type]
    assert own == [("search", threading.current_thread())]
    for _ in range(2):
        asyncio.run(lane.acall(Recorded.search))  # type: ignore[arg-type]
    pool = lane._threads
    del lane
    pool.shutdown(wait=True)
    (used,) = others
    assert [what for what, _ in used] == ["search", "search", "close"]
    assert len({thread for _, thread in used}) == 1
    assert threading.current_thread() not in {thread for _, thread in used}
    assert len(own) == 1


class OneScan:
    """An index whose pages are drawn in grey, or can't be drawn."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    def page_picture(self, document: Document | str, page: int) -> Image.Image:
        if self.problem is not None:
            raise self.problem
        return Image.new("RGB", (1000, 2000), (100 + page, 100, 100))


def scan(*, paged: bool = True) -> Hit:
    document = Document("d" * 64, "old.pdf", "application/pdf", page_count=9, paged=paged)
    read = [
        Element(name, document.id, 4, Kind.TEXT, BBox(0.1, 0.1, 0.9, 0.2), name, metadata={"ocr": True})
        for name in ("first", "second")
    ]
    return Hit(1, 0.5, document, Page(document.id, 4), read[0], tuple(read))


def test_a_scan_is_shown_once_as_a_page() -> None:
    first, second = nodes_of([scan()], OneScan(), 3)  # type: ignore[arg-type]
    assert isinstance(first.node, ImageNode)
    assert not isinstance(second.node, ImageNode)
    assert (first.node.image_path, first.node.image_mimetype) == (None, "image/png")
    picture = Image.open(first.node.get_content_blocks()[1].resolve_image())
    assert picture.size == (768, 1536)  # no model sees more
    assert picture.convert("RGB").getpixel((9, 9)) == (104, 100, 100)


def test_words_of_a_picture_in_a_text_are_no_scan() -> None:
    assert [type(found.node) for found in nodes_of([scan(paged=False)], OneScan(), 3)] == [ElementNode] * 2  # type: ignore[arg-type]


def test_a_scan_whose_file_is_gone_keeps_its_words(caplog: pytest.LogCaptureFixture) -> None:
    gone = OneScan(UsageError("old.pdf is gone: its pages can't be drawn"))
    nodes = nodes_of([scan()], gone, 1)  # type: ignore[arg-type]
    assert [(type(found.node), found.text) for found in nodes] == [(ElementNode, "first")]
    assert "old.pdf is gone" in caplog.text


def test_the_index_of_other_threads_is_asked_by_the_same_recipe(built: Path) -> None:
    other = replace(RECIPE, retrieve=RetrieveOptions(weights={"element-terms": 1.0}))
    with mmrag.open(built, pipeline=other) as index:
        retriever = index.as_retriever()
        for nodes in (retriever.retrieve("lake"), asyncio.run(retriever.aretrieve("lake"))):
            assert {one["list"] for found in nodes for one in found.metadata["lists"]} == {"element-terms"}
