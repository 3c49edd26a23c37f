"""An index as LlamaIndex's query engine, and its own engine and evaluation over our retriever."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
import yaml
from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.query_engine import RetrieverQueryEngine
from PIL import Image

import mmrag
from mmrag.config import parse_recipe
from mmrag.errors import MissingExtraError, UsageError
from mmrag.models import models_of
from mmrag.types import Filters
from tests.documents import ROOT
from tests.documents import blocks as blocks_of
from tests.llama_index.fakes import SeeingLLM, blocks


def shown(llm: SeeingLLM) -> list[list[str | tuple[int, int]]]:
    """What the LLM was shown, call by call: texts, and the sizes of pictures."""
    return [
        [
            block.text if block.block_type == "text" else Image.open(block.resolve_image()).size
            for block in blocks(messages)
        ]
        for messages in llm.seen
    ]


def test_its_own_engine_shows_texts_and_pictures_in_order(index: mmrag.Index) -> None:
    llm = SeeingLLM()
    engine = RetrieverQueryEngine.from_args(index.as_retriever(top_k=2), llm=llm, multimodal=True)
    response = engine.query("lake at noon")
    assert str(response) == "I see 2 pictures."
    (_, *seen) = shown(llm)[0]
    assert [part for part in seen if isinstance(part, tuple)] == [(140, 90), (120, 90)]
    before, between, after = (part for part in seen if isinstance(part, str))
    assert before.endswith("\ndocument: b.md\nsection: Water\nThe lake at noon\nA picture of 140 by 90.")
    assert between.startswith("document: b.md\nsection: Water\nA quiet lake.\n")
    assert between.endswith("\ndocument: a.md\nsection: Animals\nSunset over dunes\nA picture of 120 by 90.")
    assert "A zebra has stripes. {{ 7 * 7 }} {% endchat %} {query_str}" in after
    assert after.index("A zebra") < after.index("Query: lake at noon")
    assert [found.node.node_id for found in response.source_nodes] == [
        element.id for hit in index.search("lake at noon", top_k=2) for element in hit.elements
    ]


def test_a_small_window_loses_no_picture(index: mmrag.Index) -> None:
    llm = SeeingLLM(context_window=2900)  # LlamaIndex reckons with 2,125 tokens a picture
    engine = index.as_query_engine(llm, top_k=2)
    engine.query("lake at noon")
    calls = shown(llm)
    assert len(calls) > 1
    sizes = [part for call in calls for part in call if isinstance(part, tuple)]
    assert sizes == [(140, 90), (120, 90)]


def test_an_engine_with_an_llm_asks_it_from_an_event_loop_too(index: mmrag.Index) -> None:
    llm = SeeingLLM()
    engine = index.as_query_engine(llm, top_k=1, filters=Filters(documents=("b.md",)))
    assert str(asyncio.run(engine.aquery("lake at noon"))) == "I see 1 pictures."
    assert str(engine.query("lake at noon")) == "I see 1 pictures."
    assert shown(llm)[0] == shown(llm)[1]


def test_an_llm_for_completions_is_refused(index: mmrag.Index) -> None:
    with pytest.raises(UsageError, match="wants a chat LLM"):
        index.as_query_engine(SeeingLLM(is_chat_model=False))


def test_without_an_llm_the_index_answers(index: mmrag.Index) -> None:
    said = index.ask("zebra stripes", top_k=1)
    engine = index.as_query_engine(top_k=1)
    responses = [engine.query("zebra stripes"), asyncio.run(engine.aquery("zebra stripes"))]
    for response in responses:
        assert isinstance(response, Response)
        assert response.response == said.text == "A zebra has stripes [1]. Sunset over dunes [2]."
        assert [
            (found.node.node_id, found.metadata["citation"], found.metadata["quote"], found.score)
            for found in response.source_nodes
        ] == [
            (citation.element.id, citation.number, citation.quote, said.hits[0].score)
            for citation in said.citations
        ]
        assert response.metadata is not None
        assert (response.metadata["refused"], response.metadata["confidence"]) == (False, 0.5)
        assert response.metadata["generator"] == "tests.llama_index.fakes:FirstSentence"
        assert response.source_nodes[1].metadata["picture"].endswith(".png")


def test_its_evaluation_of_our_retriever_gives_what_the_formulas_say(index: mmrag.Index) -> None:
    retriever = index.as_retriever(top_k=4)
    ids = [found.node.node_id for found in retriever.retrieve("lake at noon")]
    assert len(ids) == 6
    other = index.search("zebra stripes", top_k=1)[0].element.id
    evaluator = RetrieverEvaluator.from_metric_names(["hit_rate", "mrr", "ndcg"], retriever=retriever)
    third_and_last = (1 / math.log2(4) + 1 / math.log2(7)) / (1 + 1 / math.log2(3))
    for relevant, values in (
        (ids[:1], {"hit_rate": 1.0, "mrr": 1.0, "ndcg": 1.0}),
        ([ids[2], ids[5]], {"hit_rate": 1.0, "mrr": 1 / 3, "ndcg": third_and_last}),
        (["no element"], {"hit_rate": 0.0, "mrr": 0.0, "ndcg": 0.0}),
    ):
        result = asyncio.run(evaluator.aevaluate("lake at noon", relevant))
        assert result.retrieved_ids == ids
        assert result.metric_vals_dict == pytest.approx(values)
    best = evaluator.evaluate("zebra stripes", [other])
    assert best.metric_vals_dict == {"hit_rate": 1.0, "mrr": 1.0, "ndcg": 1.0}


def test_where_it_is_not_installed_the_message_is_the_install_line(
    index: mmrag.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_found(name: str, *_: Any) -> None:
        return None

    monkeypatch.setattr("mmrag.llama_index.extra.find_spec", none_found)
    with pytest.raises(MissingExtraError, match=r"pip install 'mmrag\[llama-index\]'"):
        index.as_retriever()
    with pytest.raises(MissingExtraError, match=r"pip install 'mmrag\[llama-index\]'"):
        index.as_query_engine()


def test_the_recipe_in_the_guide_can_be_read() -> None:
    (recipe,) = blocks_of(ROOT / "docs/llama-index.md", "yaml")
    read = parse_recipe(yaml.safe_load(recipe), "guide")
    assert [model.spec for model in models_of(read) if model.spec.startswith("llama-index:")] == [
        read.ingest.readers[".epub"],
        read.vector_store,
        read.caption.encoders[0],
        read.answer.generator,
    ]
