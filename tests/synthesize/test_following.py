from __future__ import annotations

import pytest

from mmrag.synthesize import leans_on


@pytest.mark.parametrize(
    "question",
    [
        "And in 2024?",
        "What about the second gate?",
        "How high is it?",
        "Who built that one?",
        "Why?",
        "2019?",
        "那么2024年呢？",
        "它有多高？",
        "还有呢？",
        "Et en 2024 ?",
        "Was kostet dieser?",
    ],
)
def test_it_leans(question: str):
    assert leans_on(question)


@pytest.mark.parametrize(
    "question",
    [
        "How high is the road deck?",
        "What is mmrag?",
        "Andrew's turbine speed",
        "Is there a map of the basin?",
        "三声长鸣表示什么？",
        "Quelle est la hauteur du pont ?",
    ],
)
def test_it_stands_alone(question: str):
    assert not leans_on(question)
