"""Chat LLMs of LlamaIndex as generators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ImageBlock, TextBlock
from PIL import Image

import mmrag
from mmrag.errors import ModelError, SpecError
from mmrag.generators import load_generator
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.llama_index.llms import LlamaIndexModel
from mmrag.llama_index.usage import is_cut, tokens_of
from mmrag.types import Usage
from tests.llama_index.conftest import RECIPE

PARTS = "llama-index:tests.llama_index.parts"
ECHO = f"{PARTS}:Echo"
PROMPT = (
    Message("system", ("Say it again.",)),
    Message(
        "user", ("Look: ", "here ", Image.new("RGB", (40, 60), "red"), Image.new("L", (3000, 100)), "one two")
    ),
)


def model(query: str = "") -> LanguageModel:
    made = load_generator(f"{ECHO}?{query}" if query else ECHO)
    assert isinstance(made, LanguageModel)
    return made


def said(made: LanguageModel, prompt: Sequence[Message] = PROMPT, max_tokens: int = 9) -> list[Piece]:
    return list(made.stream(prompt, max_tokens))


def test_it_says_what_it_takes() -> None:
    made = model()
    assert made.spec == ECHO
    assert made.limits == Limits(777, 16, 1536)
    assert made.count(PROMPT) > made.count(PROMPT[:1]) > 5


def test_blocks_stand_in_the_order_of_the_message() -> None:
    made = model()
    said(made)
    ((messages, temperature, max_tokens),) = made._part.made.asked
    assert (temperature, max_tokens) == (0.0, 9)
    assert [message.role.value for message in messages] == ["system", "user"]
    assert messages[0].content == "Say it again."
    first, red, wide, last = messages[1].blocks
    assert (first, last) == (TextBlock(text="Look: here "), TextBlock(text="one two"))
    assert isinstance(red, ImageBlock)
    assert isinstance(wide, ImageBlock)
    assert red.image_mimetype == "image/png"
    assert Image.open(red.resolve_image()).convert("RGB").getcolors() == [(2400, (255, 0, 0))]
    assert Image.open(wide.resolve_image()).size == (1536, 51)  # no side is longer than the model sees


@pytest.mark.parametrize("query", ["", "deltas=false", "streams=false"])
def test_the_text_comes_as_it_is_written(query: str) -> None:
    *pieces, last = said(model(query))
    assert "".join(piece.text for piece in pieces) == "Look: here one two"
    assert len(pieces) == (1 if query == "streams=false" else 4)
    assert last == Piece(usage=Usage(11, 7, 2))


def test_usage_that_is_not_told_is_estimated() -> None:
    made = model("counts=false")
    last = said(made)[-1]
    assert last.usage is not None
    assert last.usage.tokens_in == made.count(PROMPT)
    assert 4 <= last.usage.tokens_out < 20
    assert last.usage.pictures == 2


def test_an_answer_ends_at_its_limit() -> None:
    *pieces, last = said(model(), max_tokens=2)
    assert ("".join(piece.text for piece in pieces), last.cut) == ("Look: here", True)


def test_a_class_without_a_limit_is_stopped() -> None:
    made = load_generator("llama-index:tests.llama_index.parts:Endless?counts=false")
    assert isinstance(made, LanguageModel)
    *pieces, last = made.stream(PROMPT, 6)
    assert last.cut
    assert len("".join(piece.text for piece in pieces).split()) == 8


def test_a_temperature_may_be_given() -> None:
    made = model("temperature=0.5")
    said(made)
    assert made._part.made.asked[0][1] == 0.5


def test_failures_are_said_in_one_line_and_pictures_are_suspected() -> None:
    with pytest.raises(
        ModelError, match=r"Echo\?fails=true failed: ConnectionError: no route .*max_pictures"
    ):
        said(model("fails=true"))
    with pytest.raises(ModelError, match="no route to the server$"):
        said(model("fails=true"), PROMPT[:1])


def test_what_was_written_before_a_failure_is_given() -> None:
    pieces = model("raises_at=2").stream(PROMPT, 9)
    assert [next(pieces).text, next(pieces).text] == ["Look:", " here"]
    with pytest.raises(ModelError, match="broken off"):
        next(pieces)


def test_an_index_is_answered_by_one(built: Path) -> None:
    recipe = replace(RECIPE, answer=replace(RECIPE.answer, generator=f"{PARTS}:Citing?context=9000", top_k=1))
    with mmrag.open(built, pipeline=recipe) as index:
        said_first = index.ask("What has stripes, a zebra?")
        made = index._answers.generator(None)
        assert isinstance(made, LlamaIndexModel)
        ((messages, _, max_tokens),) = made._part.made.asked
    assert said_first.text == "A zebra has stripes [1]."
    assert [citation.document.path for citation in said_first.citations] == ["a.md"]
    assert (said_first.pictures, said_first.tokens) == (1, {"in": 11, "out": 7})
    assert max_tokens == RECIPE.answer.max_tokens
    pictures = [block for message in messages for block in message.blocks if isinstance(block, ImageBlock)]
    assert [Image.open(picture.resolve_image()).size for picture in pictures] == [(120, 90)]


def test_closing_stops_the_model() -> None:
    made = model()
    pieces = made.stream(PROMPT, 9)
    next(pieces)
    assert made._part.made._closed == []
    pieces.close()
    assert made._part.made._closed == [True]


def test_pictures_are_not_lost_on_a_class_for_completions() -> None:
    made = model("chats=false")
    assert made.limits.pictures == 0
    with pytest.raises(ModelError, match="it sees no pictures"):
        said(made)
    assert said(made, PROMPT[:1])[0].text == "Say"


@pytest.mark.parametrize("query", ["", "deltas=false", "streams=false"])
def test_thoughts_are_no_answer(query: str) -> None:
    prompt = [Message("user", ("<think> Tides? </think> The tide turns.",))]
    assert "".join(piece.text for piece in said(model(query), prompt)) == "The tide turns."
    with pytest.raises(ModelError, match="answered nothing within 2 tokens"):
        said(model(query), prompt, 2)


def test_an_empty_answer_is_an_error() -> None:
    with pytest.raises(ModelError, match="answered nothing$"):
        said(model(), [Message("user", ("",))])


def test_what_is_no_llm_is_refused() -> None:
    made = load_generator("llama-index:tests.llama_index.parts:LetterEmbedding")
    assert isinstance(made, LanguageModel)
    with pytest.raises(SpecError, match="names no LLM"):
        _ = made.limits


def response(raw: Any = None, **extra: Any) -> ChatResponse:
    return ChatResponse(message=ChatMessage(role="assistant", content="x"), raw=raw, additional_kwargs=extra)


@pytest.mark.parametrize(
    ("given", "tokens", "cut"),
    [
        (response(), None, False),
        (response(prompt_tokens=3, completion_tokens=4, total_tokens=7), (3, 4), False),
        (
            response({"usage": {"input_tokens": 5, "output_tokens": 6}, "stop_reason": "max_tokens"}),
            (5, 6),
            True,
        ),
        (response({"prompt_eval_count": 1, "eval_count": 2, "done_reason": "length"}), (1, 2), True),
        (
            response(
                SimpleNamespace(
                    usage=SimpleNamespace(prompt_tokens=8, completion_tokens=9),
                    choices=[SimpleNamespace(finish_reason="length")],
                )
            ),
            (8, 9),
            True,
        ),
        (
            response(
                {
                    "usage_metadata": {"prompt_token_count": 2, "candidates_token_count": 0},
                    "finish_reason": SimpleNamespace(name="MAX_TOKENS"),
                }
            ),
            (2, 0),
            True,
        ),
        (response({"usage": {"prompt_tokens": True, "completion_tokens": "4"}, "choices": []}), None, False),
        (response({"choices": [{"finish_reason": "stop"}]}), None, False),
    ],
)
def test_servers_tell_their_usage_in_their_own_words(
    given: ChatResponse, tokens: tuple[int, int] | None, cut: bool
) -> None:
    assert tokens_of(given) == tokens
    assert is_cut(given) == cut
