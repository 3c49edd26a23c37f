from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from mmrag.config import AnswerOptions
from mmrag.errors import BudgetError, ModelError
from mmrag.generators.language_model import Message, Piece
from mmrag.synthesize import AnswerStream, Spending
from mmrag.synthesize.prompting import Turn
from mmrag.synthesize.writing import Writer
from mmrag.types import Answer, BBox, FlagKind, Line, Usage
from tests.generators.making import library
from tests.synthesize.models import OnlyHits, Says

HITS = library()
ASKED = "When was the station commissioned?"


def stream(
    model: Says,
    question: str = ASKED,
    *,
    options: AnswerOptions | None = None,
    spending: Spending | None = None,
    history: tuple[Turn, ...] = (),
    lines: tuple[Line, ...] = (),
) -> AnswerStream:
    writer = Writer(model, OnlyHits(), options or AnswerOptions(), (), lambda document, page: lines)
    return AnswerStream(writer.write(question, HITS, spending or Spending(), history))


def write(model: Says, question: str = ASKED, **more: object) -> Answer:
    return stream(model, question, **more).answer  # type: ignore[arg-type]


def test_the_answer_is_streamed_and_its_citation_resolved():
    model = Says("The station was commissioned on 14 May 1987 [1].")
    written = stream(model)
    pieces = list(written)
    answer = written.answer
    assert len(pieces) > 5
    assert "".join(pieces) == answer.text == "The station was commissioned on 14 May 1987 [1]."
    (citation,) = answer.citations
    assert citation.number == 1
    assert citation.element == HITS[0].element
    assert citation.quote.startswith("The station was commissioned on 14 May 1987")
    assert citation.bbox == HITS[0].element.bbox
    assert answer.flags == ()
    assert not answer.refused
    assert answer.generator == "tests:Says"
    assert answer.question == ASKED
    assert answer.hits == tuple(HITS)
    assert list(answer.seconds) == ["judge", "context", "generate", "check"]
    assert answer.tokens == {"in": model.count(model.asked[0]), "out": 9}


def test_citations_are_numbered_as_they_appear():
    model = Says("Repairs cost 548 in 2025 [2]. It was commissioned in 1987 [1], like [2].")
    answer = write(model, "When was the station commissioned, and what did repairs cost?")
    assert answer.text == "Repairs cost 548 in 2025 [1]. It was commissioned in 1987 [2], like [1]."
    assert [citation.page.number for citation in answer.citations] == [2, 1]
    assert "548" in answer.citations[0].quote


def test_the_quotes_own_lines_are_the_place():
    box = BBox(0.1, 0.12, 0.9, 0.14)
    lines = (
        Line("The station was commissioned on 14 May 1987 as the first of its kind on this coast.", box),
    )
    answer = write(Says("It was commissioned on 14 May 1987 [1]."), lines=lines)
    assert answer.citations[0].bbox == box


def test_what_does_not_hold_is_flagged():
    answer = write(Says("It was commissioned on 14 May 1988 [1]. It is lovely [77]."))
    assert answer.text == "It was commissioned on 14 May 1988 [1]. It is lovely."
    kinds = [flag.kind for flag in answer.flags]
    assert FlagKind.NUMBER in kinds
    assert FlagKind.NO_SOURCE in kinds
    (number,) = (flag for flag in answer.flags if flag.kind is FlagKind.NUMBER)
    assert "1988" in answer.text[number.begin : number.end]
    assert [flag.begin for flag in answer.flags] == sorted(flag.begin for flag in answer.flags)


@pytest.mark.parametrize(
    ("question", "says"), [(ASKED, "I found nothing"), ("电站何时投入运行？", "没有找到")], ids=["en", "zh"]
)
def test_a_model_that_declines_makes_a_refusal(question: str, says: str):
    written = stream(Says("NO ANSWER"), question)
    assert "".join(written) == written.answer.text
    assert says in written.answer.text
    assert written.answer.refused
    assert written.answer.citations == ()
    assert written.answer.tokens["out"] == 2


@pytest.mark.parametrize(
    "said",
    [
        "The sources do not say who built it.",
        "I am sorry. The documents do not mention this. NO ANSWER",
        "资料中没有提到这个问题。",
    ],
)
def test_a_model_that_declines_in_its_own_words_has_refused(said: str):
    answer = write(Says(said))
    assert answer.text == said
    assert answer.refused
    assert answer.flags == ()


@pytest.mark.parametrize(
    "said",
    [
        "It was commissioned in 1987 [1]. The sources do not say who built it.",
        "The sources do not say who built it [1].",
        "It stands on the coast. The sources do not say who built it.",
        "I hope this helps!",
    ],
)
def test_a_part_of_an_answer_is_no_refusal(said: str):
    assert not write(Says(said)).refused


def test_a_name_of_the_document_needs_no_other_source():
    said = "The “Report of 2031” says that the station was commissioned on 14 May 1987 [1]."
    assert FlagKind.QUOTE in {flag.kind for flag in write(Says(said)).flags}
    named = replace(HITS[0], document=replace(HITS[0].document, title="Report of 2031"))
    writer = Writer(Says(said), OnlyHits(), AnswerOptions(), (), lambda document, page: ())
    assert AnswerStream(writer.write(ASKED, [named], Spending())).answer.flags == ()


def test_a_marker_after_a_full_stop_quotes_the_sentence_before():
    answer = write(Says("The turbines are the original machines. [1] Marta Oduya thanks the crew. [1]"))
    assert answer.citations[0].quote == "Its four turbines are still the original machines."


class Breaks(Says):
    """Says five words and fails."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        yield from (Piece(f"{word} ") for word in ("one", "two", "three", "four", "five"))
        raise ModelError("the answer broke off")


def test_what_an_answer_took_counts_even_where_it_is_not_finished():
    spending = Spending(max_tokens=10_000)
    with pytest.raises(ModelError, match="broke off"):
        write(Breaks(), spending=spending)
    broken = spending.used
    assert broken.tokens_in > 100
    assert broken.tokens_out >= 5
    with stream(Says("The station was commissioned on 14 May 1987 [1]."), spending=spending) as written:
        next(iter(written))
    assert spending.used.tokens_in == 2 * broken.tokens_in
    assert spending.used.tokens_out > broken.tokens_out


def test_where_the_pages_hardly_touch_the_question_the_model_is_not_asked():
    model = Says()
    answer = write(model, ASKED, options=AnswerOptions(refuse_below=1.0))
    assert answer.refused
    assert model.asked == []
    assert answer.tokens == {}
    assert answer.left_out == ()


def test_without_hits_the_model_is_not_asked():
    model = Says()
    writer = Writer(model, OnlyHits(), AnswerOptions(refuse_below=0.0), (), lambda document, page: ())
    assert AnswerStream(writer.write(ASKED, [], Spending())).answer.refused
    assert model.asked == []


def test_an_answer_that_is_cut_says_so():
    answer = write(Says("one two three four five"), options=AnswerOptions(max_tokens=3))
    assert answer.text == "one two three"
    assert answer.stopped == "the answer ran into its limit of 3 tokens"


def test_limits_cut_the_answer_or_forbid_the_question():
    model = Says("one two three four five", "six")
    spending = Spending()
    write(model, spending=spending)
    spent = spending.used
    assert spent == Usage(model.count(model.asked[0]), 5, 1)
    tight = Spending(max_tokens=2 * spent.tokens_in + spent.tokens_out + 1, used=spent)
    write(model, spending=tight)
    assert model.rooms[-1] == 1
    with pytest.raises(BudgetError, match="the model was not asked"):
        write(model, spending=replace(tight, max_tokens=spent.tokens_in))
    assert len(model.asked) == 2


def test_tokens_have_a_price():
    spending = Spending(price_in=1e6, price_out=2e6)
    answer = write(Says("one two"), spending=spending)
    assert answer.cost == spending.cost == answer.tokens["in"] + 4


@pytest.mark.parametrize("said", ["", "  ", "[99]"])
def test_nothing_is_an_error_and_no_answer(said: str):
    with pytest.raises(ModelError, match="tests:Says answered with nothing"):
        write(Says(said))


def test_what_was_said_before_is_in_the_prompt():
    model = Says("Yes [1].")
    write(model, history=(Turn("Is there a dam?", "There is a barrage."),))
    assert "There is a barrage." in model.text()


def test_leaving_early_stops_the_model():
    model = Says("The station was commissioned on 14 May 1987 [1].")
    with stream(model) as written:
        next(iter(written))
    assert model.closed == 1
