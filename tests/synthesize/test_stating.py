from __future__ import annotations

import pytest

from mmrag.synthesize.declining import says_only_unknown
from mmrag.synthesize.stating import is_courtesy, says_unknown


@pytest.mark.parametrize(
    "sentence",
    [
        "Hello!",
        "Certainly, here is what the pages say about the sluice gates:",
        "Sure, no problem.",
        "I hope this helps with your planning work!",
        "Thank you for your question about the tidal station.",
        "Please let me know if more details on the turbines are needed.",
        "好的，以下是关于水闸的说明：",
        "当然可以！",
        "希望以上信息对您有所帮助。",
        "如有其他问题，请随时告诉我。",
        "Natürlich, hier sind die Kosten der Station:",
        "hello sure " * 3000,
    ],
)
def test_a_courtesy_states_nothing(sentence: str):
    assert is_courtesy(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Certainly, the tower is 330 metres tall and was built in 1889.",
        "Certainly, the tower is made of iron.",
        "Halloween is celebrated on 31 October.",
        "Halloween is celebrated in autumn.",
        "Holanda exporta queso cada año.",
        "Surety bonds cost a part of the contract.",
        "Thankfully the old station was saved.",
        "Please close the sluice gates before the start.",
        "希望小学建于1998年，有300名学生。",
        "希望小学建在山区，学生很多。",
        "请求数达到每秒3000次。",
        "请求队列溢出时服务器会拒绝连接。",
        "以下水位时闸门关闭。",
        "当然，铁塔由钢铁制成并刷成棕色。",
    ],
)
def test_what_begins_like_a_courtesy_may_state_something(sentence: str):
    assert not is_courtesy(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The sources do not say how many bridges there are.",
        "The provided documents don't contain the number of bridges.",
        "The text on these pages does not list the directors.",
        "I could not find the height.",
        "It is not listed.",
        "The height is not known.",
        "The director's name is not included in the documents.",
        "That information is not available.",
        "文档没有包含桥梁的数量。",
        "资料中未列出桥梁。",
        "没有找到相关信息。",
        "Die Höhe ist in den Quellen nicht enthalten.",
        "Les documents ne donnent pas la hauteur.",
        "I'm sorry, which station do you mean?",
    ],
)
def test_that_the_sources_lack_something_is_no_claim(sentence: str):
    assert says_unknown(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The warranty does not cover water damage above 500 dollars.",
        "The price does not include the charger.",
        "Symptoms did not include fever.",
        "Which countries are not listed in Table 2?",
        "Why was no evidence of water found on the site?",
        "What does the treaty not mention?",
        "哪些产品没有包含充电器？",
        "该套餐没有包含早餐。",
        "La garantie ne donne pas droit à un remboursement.",
    ],
)
def test_that_something_else_lacks_something_is_a_claim(sentence: str):
    assert not says_unknown(sentence)


def test_an_answer_that_states_something_does_not_decline():
    assert says_only_unknown("Sure! The sources do not say how high it is.")
    assert not says_only_unknown("The warranty does not cover water damage.")
    assert not says_only_unknown("Certainly, the tower is iron and brown. The height is not known.")
