from __future__ import annotations

import pytest

from mmrag.config import AnswerOptions
from mmrag.generators.extractive import ExtractiveGenerator
from mmrag.synthesize.refusing import UNKNOWN, confidence
from tests.fakes import LetterEncoder
from tests.generators.making import element, hit, library

ASKED = "When was the station commissioned?"


def test_it_is_the_measure_of_the_extractive_answerer():
    encoder = LetterEncoder()
    assert (
        confidence(ASKED, library(), [encoder])
        == ExtractiveGenerator(encoder).generate(ASKED, library()).confidence
    )


def test_without_encoders_words_decide():
    assert confidence(ASKED, library(), []) == ExtractiveGenerator().generate(ASKED, library()).confidence


def test_a_model_is_asked_what_the_pages_answer_and_not_what_they_do_not():
    limit = AnswerOptions().refuse_below
    assert confidence(ASKED, library(), []) > limit
    assert confidence("Who painted the ceiling of the Sistine Chapel?", library(), []) < limit
    assert confidence("谁画了西斯廷教堂？", library(), []) < limit


@pytest.mark.parametrize("question", [ASKED, "", "?"])
def test_no_pages_answer_nothing(question: str):
    assert confidence(question, [], []) == 0.0


@pytest.mark.parametrize(
    "question",
    ["电站何时投入运行？", "Quand la station est-elle entrée en service ?", "Wann ging das Werk ans Netz?"],
)
def test_pages_in_other_languages_alone_are_for_the_model_to_read(question: str):
    english = library()[:1]
    assert confidence(question, english, []) >= UNKNOWN > AnswerOptions().refuse_below


def test_pages_in_no_language_are_judged_by_their_words():
    assert confidence("电站何时投入运行？", [hit([element("12 34 56")])], []) < UNKNOWN
