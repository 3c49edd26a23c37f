"""What every language model keeps to, whatever is behind it: a server, weights on this machine, a plugin."""

import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmrag.generators import LanguageModel, Limits, Message, Piece, load_generator
from mmrag.generators.openai import OpenAIModel
from mmrag.types import Usage
from tests.endpoint.schema import parts
from tests.endpoint.server import Answer, Seen, serving, streamed
from tests.tiny import conversing, generative
from tests.tiny.fixtures import tiny as tiny

Tiny = Callable[..., Path]
PICTURE = Image.new("RGB", (90, 60), "teal")
PROMPTS = {
    "text": (Message("user", ("When does the tide turn?",)),),
    "picture": (Message("system", ("Be brief.",)), Message("user", ("[1] ", PICTURE, " What is it?"))),
    "conversation": (
        Message("user", ("What is it?", PICTURE)),
        Message("assistant", ("A harbour.",)),
        Message("user", ("Where?",)),
    ),
}


class Echo(LanguageModel):
    """A plugin: says back the words of the last message."""

    spec = "tests.generators.test_language_models:Echo"

    @property
    def limits(self) -> Limits:
        return Limits(1000, 4, 512)

    def count(self, messages: Sequence[Message]) -> int:
        return sum(
            len(part.split()) if isinstance(part, str) else 9 for each in messages for part in each.parts
        )

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        words = " ".join(part for part in messages[-1].parts if isinstance(part, str)).split()
        for number, word in enumerate(words[:max_tokens]):
            yield Piece(f" {word}" if number else word)
        pictures = sum(not isinstance(part, str) for each in messages for part in each.parts)
        used = Usage(self.count(messages), len(words[:max_tokens]), pictures)
        yield Piece(usage=used, cut=len(words) > max_tokens)


def echoed(seen: Seen) -> Answer:
    """The server's answer: the words of the last text, one a piece."""
    said = [part for part in parts(seen.payload) if isinstance(part, str)]
    words = said[-1].split()
    limit = seen.payload["max_tokens"]
    texts = [f" {word}" if number else word for number, word in enumerate(words[:limit])]
    return streamed(*texts, tokens=(9, len(texts)), finish="length" if len(words) > limit else "stop")


@pytest.fixture(params=["openai", "hf-llava", "hf-qwen", "hf-smolvlm", "plugin"])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LanguageModel]:
    if request.param == "openai":
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        with serving(echoed) as server:
            yield OpenAIModel(f"m@{server.url}")
    elif request.param == "plugin":
        yield loaded(Echo.spec)
    else:
        builders = {
            "hf-llava": generative.llava,
            "hf-qwen": generative.qwen3_vl,
            "hf-smolvlm": conversing.smolvlm,
        }
        folder = request.getfixturevalue("tiny")(builders[request.param])
        monkeypatch.setenv("MMRAG_DEVICE", "cpu")
        monkeypatch.setattr(socket.socket, "connect", refuse)
        yield loaded(f"hf:{folder}")


def loaded(spec: str) -> LanguageModel:
    found = load_generator(spec)
    assert isinstance(found, LanguageModel)
    assert found.spec == spec
    return found


def refuse(*_: Any) -> None:
    raise AssertionError("a model on this machine opened a connection")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_pieces_and_a_last_one_with_the_usage(model: LanguageModel, prompt: str) -> None:
    messages = PROMPTS[prompt]
    *texts, last = model.stream(messages, 8)
    assert all(piece.text and piece.usage is None and not piece.cut for piece in texts)
    assert last.usage is not None
    assert 0 < last.usage.tokens_in <= model.count(messages)
    assert 0 <= last.usage.tokens_out <= 8
    assert last.usage.pictures == (prompt != "text")


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_says_the_same_each_time(model: LanguageModel, prompt: str) -> None:
    before = [repr(message) for message in PROMPTS[prompt]]
    said = ["".join(piece.text for piece in model.stream(PROMPTS[prompt], 8)) for _ in range(2)]
    assert said[0] == said[1] == said[0].strip()
    assert [repr(message) for message in PROMPTS[prompt]] == before


def test_a_shorter_limit_gives_the_beginning(model: LanguageModel) -> None:
    whole = "".join(piece.text for piece in model.stream(PROMPTS["text"], 8))
    *begun, last = model.stream(PROMPTS["text"], 3)
    assert whole.startswith("".join(piece.text for piece in begun))
    assert last.cut
    assert last.usage is not None
    assert last.usage.tokens_out == 3


def test_closed_early_it_can_be_asked_again(model: LanguageModel) -> None:
    whole = list(model.stream(PROMPTS["text"], 8))
    pieces = model.stream(PROMPTS["text"], 8)
    assert list(islice(pieces, 1)) == whole[:1]
    pieces.close()  # type: ignore[attr-defined]
    assert list(pieces) == []
    assert list(model.stream(PROMPTS["text"], 8)) == whole


def test_longer_prompts_count_more(model: LanguageModel) -> None:
    assert model.limits.tokens > 0
    assert model.limits.pictures > 0
    assert model.limits.side > 0
    one = Message("user", ("tide " * 20,))
    counts = [
        model.count([one]),
        model.count([one, one]),
        model.count([one, Message("user", ("a", PICTURE))]),
    ]
    assert counts[0] < min(counts[1:])
    assert counts[0] == model.count([one])


def test_a_check_finds_nothing_in_the_way(model: LanguageModel) -> None:
    model.check()


def test_nothing_is_asked_before_the_first_piece(model: LanguageModel) -> None:
    model.stream(PROMPTS["text"], 8).close()  # type: ignore[attr-defined]
