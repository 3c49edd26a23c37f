from __future__ import annotations

import pytest

from mmrag.errors import SpecError
from mmrag.generators import load_generator
from mmrag.generators.extractive import ExtractiveGenerator
from mmrag.types import Kind
from tests.fakes import ColourEncoder, LetterEncoder
from tests.generators.making import element, hit, library


def first_quote(question: str) -> str:
    return ExtractiveGenerator(threshold=0.0).generate(question, library()).evidence[0].quote


def test_a_sentence_is_quoted():
    said = ExtractiveGenerator().generate("When was the station commissioned?", library())
    assert said.text.startswith(
        "“The station was commissioned on 14 May 1987 as the first of its kind on this coast.” [1]"
    )
    assert said.evidence[0].hit.page.number == 1
    assert said.evidence[0].bbox is None


def test_a_row_is_shown_with_its_header_cells():
    said = ExtractiveGenerator().generate("What did repairs cost in 2025?", library())
    assert said.evidence[0].quote == "| Repairs | 455 | 548 |"
    assert said.text.startswith("“Item: Repairs; Cost in 2024: 455; Cost in 2025: 548” [1]")


def test_the_words_in_a_figure_are_quoted():
    assert "road deck +9.5 m" in first_quote("How high is the road deck in the cross-section?")


def test_a_chinese_answer_has_chinese_marks():
    said = ExtractiveGenerator().generate("三声长鸣表示什么？", library())
    assert said.text.startswith("“三声长鸣表示水位将要上升。”[1]")


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("Who won the chess championship in Reykjavik?", "I found nothing in these documents"),
        ("谁发明了电话机和留声机？", "在这些文档里没有找到"),
        ("Quelle est la recette de la tarte aux pommes ?", "Je n’ai rien trouvé dans ces documents"),
    ],
)
def test_what_is_not_there_is_refused_in_the_language_of_the_question(question: str, refusal: str):
    said = ExtractiveGenerator().generate(question, library())
    assert said.refused
    assert said.text.startswith(refusal)


def test_what_is_there_is_more_certain_than_what_is_not():
    generator = ExtractiveGenerator()
    there = generator.generate("When was the station commissioned?", library())
    absent = generator.generate("Who won the chess championship in Reykjavik?", library())
    assert there.confidence > absent.confidence


def test_near_duplicates_are_quoted_once():
    twice = [
        hit([element("The station was commissioned on 14 May 1987.", document=letter * 64)], rank)
        for rank, letter in enumerate("ab", start=1)
    ]
    said = ExtractiveGenerator().generate("When was the station commissioned?", twice)
    assert len(said.evidence) == 1


def test_quotes_that_differ_in_a_number_are_no_duplicates():
    text = "At a feed of 1 inch the distance is 0.1 inches. At a feed of 2 inches the distance is 0.4 inches."
    said = ExtractiveGenerator().generate("What is the distance at a feed of inches?", [hit([element(text)])])
    assert len(said.evidence) == 2


def test_at_most_three_quotes():
    many = [
        hit([element(f"The station was commissioned {word} by {word} mayors.", document=word[0] * 64)], rank)
        for rank, word in enumerate(["early", "fondly", "gladly", "hardly", "idly"], start=1)
    ]
    said = ExtractiveGenerator(threshold=0.0).generate("How was the station commissioned?", many)
    assert len(said.evidence) <= 3


def test_the_better_ranked_page_wins_among_equals():
    pages = [
        hit([element("The gates are opened at noon by hand.", document=letter * 64)], rank)
        for rank, letter in ((1, "a"), (2, "b"))
    ]
    said = ExtractiveGenerator(threshold=0.0).generate("When are the gates opened?", pages)
    assert said.evidence[0].hit.rank == 1


def test_a_number_is_preferred_where_the_question_asks_for_one():
    text = "The runner has many blades of bronze. The runner has 4 blades of bronze."
    said = ExtractiveGenerator().generate("How many blades has the runner?", [hit([element(text)])])
    assert "4 blades" in said.evidence[0].quote


def test_the_encoder_is_asked_only_in_scripts_that_it_reads():
    encoder = LetterEncoder()
    LetterEncoder.calls = 0
    generator = load_generator("mini:extractive", [encoder])
    generator.generate("三声长鸣表示什么？", library())
    assert LetterEncoder.calls == 0
    generator.generate("When was the station commissioned?", library())
    assert LetterEncoder.calls > 0


def test_the_encoder_decides_between_equals():
    pages = [
        hit([element("warden zzzz", document="a" * 64)]),
        hit([element("warden wwww", document="b" * 64)]),
    ]
    generator = load_generator("mini:extractive", [LetterEncoder()])
    assert isinstance(generator, ExtractiveGenerator)
    best = generator.rank("warden wwwwwwww", pages)[0]
    assert best.passage.quote == "warden wwww"
    assert best.meaning > 0.9


def test_an_unknown_spec_names_the_nearest():
    with pytest.raises(SpecError, match="did you mean mini:extractive"):
        load_generator("mini:extractiv")


def test_a_heading_is_not_an_answer():
    elements = [element("Opening hours", Kind.HEADING), element("Opening hours are 9 to 5.")]
    said = ExtractiveGenerator().generate("What are the opening hours?", [hit(elements)])
    assert said.evidence[0].quote == "Opening hours are 9 to 5."


@pytest.mark.parametrize("end", ["。", "；", ";", "。”", "。）"])
def test_a_short_sentence_is_no_title_whatever_mark_ends_it(end: str):
    elements = [element(f"公司总部设在北京市海淀区{end}"), element("公司总部的食堂每天供应午餐。")]
    best = ExtractiveGenerator().rank("公司总部设在哪里？", [hit(elements)])[0]
    assert best.passage.quote == elements[0].text


def test_an_encoder_of_pictures_compares_no_texts():
    class Pictures(LetterEncoder):
        modalities = frozenset({"text", "picture"})

    LetterEncoder.calls = Pictures.calls = 0
    question = "When was the station commissioned?"
    load_generator("mini:extractive", [Pictures()]).generate(question, library())
    assert Pictures.calls == 0
    load_generator("mini:extractive", [Pictures(), LetterEncoder()]).generate(question, library())
    assert (Pictures.calls, LetterEncoder.calls > 0) == (0, True)


def test_the_encoder_whose_vectors_of_texts_another_borrows_is_asked():
    LetterEncoder.calls = ColourEncoder.calls = 0
    generator = load_generator("mini:extractive", [ColourEncoder()])
    generator.generate("When was the station commissioned?", library())
    assert (ColourEncoder.calls, LetterEncoder.calls > 0) == (0, True)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What is the name of the tower?", "Name; Eiffel Tower"),
        ("In which city is the Eiffel Tower?", "City; Paris"),
        ("What is the height of the Eiffel Tower?", "Height; 330 m"),
    ],
)
def test_a_table_of_names_and_values_is_quoted_by_pairs(question: str, quote: str):
    table = element("| Name | Eiffel Tower |\n|---|---|\n| Height | 330 m |\n| City | Paris |", Kind.TABLE)
    assert ExtractiveGenerator().rank(question, [hit([table])])[0].passage.shown == quote
