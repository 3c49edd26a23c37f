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
        "HOW HIGH IS IT?",
        "Was kostet sie?",
        "Sie kostet wie viel?",
        "该设备多重？",
        "他们住在哪里？",
        "再说一遍",
        "再，水位是多少？",
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
        "用户应该如何重启设备？",
        "水位过高时该怎么办？",
        "其他国家的人口是多少？",
        "其它型号有多重？",
        "吉他有几根弦？",
        "再生水利用率是多少？",
        "What is the IT budget of Kenya?",
        "Können Sie mir die Höhe des Turms nennen?",
        "Quelle est la hauteur du pont ?",
    ],
)
def test_it_stands_alone(question: str):
    assert not leans_on(question)
