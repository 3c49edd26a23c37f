"""A real server, and a small model that answers there."""

from collections.abc import Iterator

import pytest
from PIL import Image

from mmrag.endpoint import Address, ChatModel
from mmrag.errors import ModelError
from mmrag.generators import Message, Piece
from mmrag.generators.openai import OpenAIModel
from tests.smollm import served

CONTEXT = 512
QUESTION = (
    Message("system", ("Answer briefly.",)),
    Message("user", ("The tide turns at noon. ", "When does the tide turn?")),
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(CONTEXT) as where:
        yield where


@pytest.fixture
def model(url: str, monkeypatch: pytest.MonkeyPatch) -> OpenAIModel:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return OpenAIModel(f"smollm2@{url}", seconds=300, attempts=1)


def said(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def test_streamed_whole_and_again(model: OpenAIModel, url: str) -> None:
    *texts, last = pieces = list(model.stream(QUESTION, 10))
    assert len(texts) > 2
    assert "noon" in said(pieces)
    assert last.usage is not None
    assert len(texts) <= last.usage.tokens_out <= 10
    assert said(list(model.stream(QUESTION, 10))) == said(pieces)
    messages = [{"role": each.role, "content": "".join(map(str, each.parts))} for each in QUESTION]
    reply = ChatModel("smollm2", Address(url)).chat(messages, 10)
    assert reply.text == said(pieces)
    assert (reply.tokens_in, reply.tokens_out) == (last.usage.tokens_in, last.usage.tokens_out)


def test_cut_at_the_limit(model: OpenAIModel) -> None:
    *_, last = model.stream((Message("user", ("Count to one hundred.",)),), 5)
    assert last.cut
    assert last.usage is not None
    assert last.usage.tokens_out == 5


def test_its_context_is_known_and_held(model: OpenAIModel) -> None:
    assert model.limits.tokens == CONTEXT
    with pytest.raises(ModelError, match="exceeds the available context size"):
        list(model.stream((Message("user", ("tide " * CONTEXT,)),), 5))


@pytest.mark.parametrize(
    "text", ["The tide turns at noon, and the harbour is deep. " * 5, "| 2020 | 5.1 t |\n" * 10]
)
def test_the_estimate_is_from_above(model: OpenAIModel, text: str) -> None:
    prompt = (Message("user", (text,)),)
    *_, last = model.stream(prompt, 1)
    assert last.usage is not None
    assert model.count(prompt) >= last.usage.tokens_in


def test_closing_leaves_it_free_for_the_next(model: OpenAIModel) -> None:
    pieces = model.stream((Message("user", ("Count to one hundred.",)),), 400)
    assert next(pieces).text
    pieces.close()  # type: ignore[attr-defined]
    assert said(list(model.stream(QUESTION, 5)))


def test_it_reads_no_pictures_and_says_so(model: OpenAIModel) -> None:
    picture = Image.new("RGB", (64, 64), "blue")
    with pytest.raises(ModelError, match=r"image input is not supported.*answer\.max_pictures"):
        list(model.stream((Message("user", ("What is it?", picture)),), 5))
