from __future__ import annotations

import pytest

from mmrag.generators.confidence import confidence_of, missing_names
from mmrag.generators.extractive import ExtractiveGenerator
from mmrag.generators.scoring import Scored
from tests.fakes import LetterEncoder
from tests.generators.making import element, hit, library


def ranked(question: str) -> list[Scored]:
    return ExtractiveGenerator().rank(question, library())


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("When was the station commissioned?", 0.0),
        ("Marta", 0.0),
        ("What does Marta Oduya say?", 0.0),
        ("When does the train to Vienna leave?", 1.0),
        ("Did Oduya go to Vienna?", 0.5),
        ("Wann fährt der Zug nach Wien ab?", 0.0),
        ("谁是站长？", 0.0),
    ],
)
def test_names_that_are_nowhere(question: str, share: float):
    assert missing_names(question, ranked(question)) == share


def test_nothing_in_common_is_no_confidence_at_all():
    question = "Zebra wallpaper?"
    assert confidence_of(question, ranked(question)) == 0.0
    assert confidence_of(question, []) == 0.0


def test_a_missing_name_costs_confidence():
    there, elsewhere = "Who thanks the crew of Marta?", "Who thanks the crew of Vienna?"
    assert confidence_of(there, ranked(there)) > confidence_of(elsewhere, ranked(elsewhere))


def test_what_no_encoder_could_compare_is_judged_by_words():
    question = "BM25 k1 default?"
    pages = [hit([element("BM25算法的参数k1默认取值为1.2，用于控制词频饱和度。")])]
    without, at_hand = ExtractiveGenerator(), ExtractiveGenerator(LetterEncoder())
    assert at_hand.confidence(question, pages) == without.confidence(question, pages)
    assert not at_hand.rank(question, pages)[0].compared


def test_what_an_encoder_compared_is_known():
    question = "When was the station commissioned?"
    assert ExtractiveGenerator(LetterEncoder()).rank(question, library())[0].compared
    assert not ExtractiveGenerator().rank(question, library())[0].compared
