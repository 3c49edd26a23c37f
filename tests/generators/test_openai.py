import math
import random

import pytest
from PIL import Image, ImageDraw

from mmrag.errors import ModelError, SpecError
from mmrag.generators import Limits, Message, Piece, load_generator
from mmrag.generators.estimating import picture_tokens, text_tokens
from mmrag.generators.openai import CONTEXT, PICTURES, OpenAIModel
from mmrag.types import Usage
from tests.endpoint.schema import parts, pictures
from tests.endpoint.server import Answer, delta, error, said, serving, streamed

KEY = "sk-test-0123456789abcdefghij"
HELLO = (Message("user", ("hello",)),)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def model(url: str, name: str = "m") -> OpenAIModel:
    return OpenAIModel(f"{name}@{url}", seconds=10.0, attempts=3, sleep=lambda seconds: None)


def chart(width: int, height: int = 300) -> Image.Image:
    picture = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(picture).rectangle([50, 50, 100, 250], fill="blue")
    return picture


def photo() -> Image.Image:
    noise = random.Random(5).randbytes(3 * 400 * 300)
    return Image.frombytes("RGB", (400, 300), noise)


def answer_of(asked: OpenAIModel, messages: tuple[Message, ...] = HELLO) -> list[Piece]:
    return list(asked.stream(messages, 10))


def failure_of(asked: OpenAIModel, messages: tuple[Message, ...] = HELLO) -> str:
    with pytest.raises(ModelError) as caught:
        answer_of(asked, messages)
    assert KEY not in str(caught.value)
    return str(caught.value)


def test_pieces_and_usage() -> None:
    with serving([streamed("The ", "tide.", finish="length")]) as server:
        pieces = answer_of(model(server.url))
    assert pieces == [Piece("The"), Piece(" tide."), Piece(usage=Usage(11, 7, 0), cut=True)]


def test_texts_and_pictures_arrive_in_their_order() -> None:
    messages = (
        Message("system", ("Answer ", "from the sources.")),
        Message("user", ("[1]", " a chart", chart(400), chart(401), "[2] a photo", photo(), "What is it?")),
        Message("assistant", ("A harbour.",)),
        Message("user", ("Where?",)),
    )
    with serving([streamed("hi")]) as server:
        *_, last = answer_of(model(server.url), messages)
    (seen,) = server.seen
    shown = [part if isinstance(part, str) else part.size for part in parts(seen.payload)]
    assert shown == [
        "Answer from the sources.",
        "[1] a chart",
        (400, 300),
        (401, 300),
        "[2] a photo",
        (400, 300),
        "What is it?",
        "A harbour.",
        "Where?",
    ]
    assert [message["role"] for message in seen.payload["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert pictures(seen.payload)[0].convert("RGB").tobytes() == chart(400).tobytes()
    assert [picture.format for picture in pictures(seen.payload)] == ["PNG", "PNG", "JPEG"]
    assert last.usage == Usage(11, 7, 3)


def test_pictures_are_sent_as_large_as_the_limits_say() -> None:
    with serving([streamed("hi")]) as server:
        asked = model(server.url)
        answer_of(asked, (Message("user", (chart(6000, 3000),)),))
    assert max(pictures(server.seen[0].payload)[0].size) == asked.limits.side == 1536


def test_pictures_belong_to_the_user() -> None:
    with serving([streamed("hi")]) as server:
        for role in ("system", "assistant"):
            message = Message(role, (chart(100),))  # type: ignore[arg-type]
            assert f"not in the {role}'s" in failure_of(model(server.url), (message,))
    assert server.seen == []


def test_a_refused_prompt_with_pictures_says_how_to_do_without() -> None:
    message = Message("user", ("What is it?", chart(100)))
    refused = error(400, "this model only supports one image")
    with serving(
        [refused, error(500, "image input is not supported"), refused, error(401, f"bad {KEY}")]
    ) as server:
        found = [failure_of(model(server.url), (message,)) for _ in range(2)]
        found.append(failure_of(model(server.url)))
        found.append(failure_of(model(server.url), (message,)))
    assert len(server.seen) == 4
    assert ["answer.max_pictures in a recipe" in each for each in found] == [True, True, False, False]
    assert "only supports one image (with 1 pictures" in found[0]


def test_tokens_spent_on_thoughts_alone() -> None:
    chunks = [delta(None, reasoning_content="hm"), delta(None, "length")]
    with serving([Answer(chunks=chunks), streamed("<think>", "hm", finish="length")]) as server:
        for _ in range(2):
            assert "spent all of its 10 tokens before it answered: raise answer.max_tokens" in failure_of(
                model(server.url)
            )


def test_what_an_answer_took_is_told_even_where_it_is_worth_nothing() -> None:
    with serving([streamed("<think>", "hm", finish="length")]) as server:
        pieces = model(server.url).stream(HELLO, 10)
        assert next(pieces) == Piece(usage=Usage(11, 7, 0), cut=True)
        with pytest.raises(ModelError, match="spent all of its 10 tokens"):
            next(pieces)


@pytest.mark.parametrize("text", ["word " * 5000, "潮汐在中午转向，" * 1562 + "潮汐在中 12 %"])
def test_a_server_that_cuts_prompts_is_found_out(text: str) -> None:
    message = Message("user", (text,))
    with serving([streamed("hi", tokens=(count, 2)) for count in (4096, 5002, 3)]) as server:
        assert "read only 4,096 of at least 5,000 tokens" in failure_of(model(server.url), (message,))
        assert answer_of(model(server.url), (message,))[-1].usage == Usage(5002, 2, 0)
        assert answer_of(model(server.url), (message,))[-1].usage == Usage(3, 2, 0)  # the rest was cached


@pytest.mark.parametrize("answer", [streamed("The tide turns.", tokens=None), said("The tide turns.", None)])
def test_tokens_that_are_not_counted_are_estimated(answer: Answer) -> None:
    with serving([answer]) as server:
        asked = model(server.url)
        *_, last = answer_of(asked)
    assert last.usage == Usage(asked.count(HELLO), text_tokens("The tide turns."), 0)


@pytest.mark.parametrize(
    ("listed", "tokens"),
    [
        (None, CONTEXT),
        ({"data": []}, CONTEXT),
        ({"data": None}, CONTEXT),
        ({"data": [{"id": "m", "object": "model"}]}, CONTEXT),
        ({"data": [{"id": "other", "max_model_len": 10}, {"id": "m", "max_model_len": 8192}]}, 8192),
        ({"data": [{"id": "other", "max_model_len": 10}, {"id": "third", "max_model_len": 8192}]}, CONTEXT),
        ({"data": [{"id": "/models/m.gguf", "meta": {"n_ctx_train": 8192, "n_ctx": 2048}}]}, 2048),
        ({"data": [{"id": "/models/m.gguf", "meta": {"n_ctx_train": 8192}}]}, 8192),
        ({"data": [{"id": "m", "meta": None, "context_length": 131_072, "max_model_len": "?"}]}, 131_072),
        (Answer(b"<html>"), CONTEXT),
        (Answer(hang_up=True), CONTEXT),
        (error(401), CONTEXT),
    ],
)
def test_the_context_is_what_the_list_of_models_tells(listed: object, tokens: int) -> None:
    with serving([streamed("hi")], models=listed) as server:
        asked = model(server.url)
        assert [asked.limits, asked.limits] == [Limits(tokens, PICTURES, 1536)] * 2
    assert server.listed == 1
    assert server.seen == []


def test_offline_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    asked = OpenAIModel("m@https://example.org/v1")
    assert asked.limits.tokens == CONTEXT
    assert "forbids to ask https://example.org/v1" in failure_of(asked)


def test_it_is_found_by_its_spec() -> None:
    found = load_generator("openai:qwen3-vl:4b@http://localhost:11434/v1")
    assert isinstance(found, OpenAIModel)
    assert found.spec == "openai:qwen3-vl:4b@http://localhost:11434/v1"
    with pytest.raises(SpecError, match="password"):
        load_generator("openai:m@https://u:p@example.org/v1")


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        ((512, 512), 19 * 19 + 2),
        ((28, 28), 85 + 170),
        ((1024, 1024), 37 * 37 + 2),
        ((3000, 1500), 55 * math.ceil(768 / 28) + 2),
        ((1536, 32), 85 + 3 * 170),
        ((200, 20_000), 85 + 3 * 170),
    ],
)
def test_tokens_of_pictures(size: tuple[int, int], tokens: int) -> None:
    """OpenAI: 85 and 170 for each tile of 512 pixels; Qwen2-VL: one for each 28 × 28 pixels."""
    assert picture_tokens(Image.new("RGB", size), 1536) == tokens


def test_tokens_of_texts() -> None:
    assert text_tokens("") == 0
    assert text_tokens("tide") == 2
    assert text_tokens("2026-11") == 7
    assert text_tokens("in 2026") == 6
    assert text_tokens("图表") == 3
    assert text_tokens("é") == 1
    assert text_tokens("🙂") == 4
    assert text_tokens("\ud800") > 0


def test_a_prompt_counts_all_its_parts() -> None:
    asked = OpenAIModel("m")
    alone = asked.count((Message("user", ("tide " * 100,)),))
    both = asked.count(
        (Message("system", ("tide " * 100,)), Message("user", ("tide " * 100, chart(512, 512))))
    )
    assert both == alone + 8 + text_tokens("tide " * 100) + 363
