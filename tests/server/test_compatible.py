"""An index as a model of OpenAI's API, called with the shapes that chat programs send."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

import mmrag
from mmrag.api.sharing import SharedIndex
from mmrag.server.routes import compatible
from mmrag.server.routes.answering import said
from mmrag.server.shapes import ChatRequest
from mmrag.synthesize.stream import AnswerStream
from tests.fakes import LetterEncoder

QUESTION = {"role": "user", "content": "What does the otter eat?"}


def complete(client: TestClient, *messages: dict, **more: object):
    return client.post("/v1/chat/completions", json={"model": "animals", "messages": messages, **more})


def test_the_indexes_are_the_models(client: TestClient) -> None:
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["animals"]


def test_an_answer_with_its_sources_below(client: TestClient, place: Path) -> None:
    with mmrag.open(place) as index:
        answer = index.ask(QUESTION["content"])
    reply = complete(client, {"role": "system", "content": "Be brief."}, QUESTION, temperature=0.2).json()
    (choice,) = reply["choices"]
    assert choice["finish_reason"] == "stop"
    text, _, sources = choice["message"]["content"].partition("\n\n---\n")
    assert text == answer.text
    assert [line.split(" ")[1] for line in sources.splitlines()] == [
        f"{one.document.path}," for one in answer.citations
    ]
    assert reply["mmrag"]["citations"][0]["document"]["path"] == answer.citations[0].document.path
    assert reply["usage"] == {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def test_the_same_in_pieces(client: TestClient) -> None:
    whole = complete(client, QUESTION).json()["choices"][0]["message"]["content"]
    response = complete(client, QUESTION, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    *lines, done = response.text.strip().split("\n\n")
    assert done == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0]["role"] == "assistant"
    assert "".join(delta.get("content", "") for delta in deltas) == whole
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_earlier_messages_are_leant_on(client: TestClient) -> None:
    first = {"role": "assistant", "content": "In the river. [1]\n\n---\n[1] otter.md, § 1"}
    reply = complete(
        client,
        {"role": "user", "content": [{"type": "text", "text": "Where does the otter swim?"}]},
        first,
        {"role": "user", "content": "And what does it eat?"},
    ).json()
    assert reply["mmrag"]["asked"] == "Where does the otter swim? And what does it eat?"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("In the river. [1]\n\n---\n[1] otter.md, § 1\n[2] owl.md, § 1", "In the river. [1]"),
        ("In the river. [1]\n\n---\n[1] otter.md, § 1\n", "In the river. [1]"),
        ("One.\n\n---\nTwo.", "One.\n\n---\nTwo."),
        ("One.\n\n---\nTwo. [1]\n\n---\n[1] otter.md, § 1", "One.\n\n---\nTwo. [1]"),
        ("One.\n\n---\n[1] is the first.\nSo it is.", "One.\n\n---\n[1] is the first.\nSo it is."),
        ("", ""),
        ("x" * 100_001, "x" * 100_000),
        ("x" * 99_999 + ".\n\n---\n[1] otter.md, § 1", "x" * 99_999 + "."),
    ],
)
def test_earlier_answers_are_kept_but_for_their_sources(
    client: TestClient, answer: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[ChatRequest] = []

    def spy(index: SharedIndex, request: ChatRequest) -> AnswerStream:
        heard.append(request)
        return said(index, request)

    monkeypatch.setattr(compatible, "said", spy)
    asked = {"role": "user", "content": "Where?"}
    assert complete(client, asked, {"role": "assistant", "content": answer}, QUESTION).status_code == 200
    assert [turn.answer for turn in heard[0].history] == [kept]


@pytest.mark.parametrize(
    ("messages", "message"),
    [
        ([{"role": "system", "content": "x"}], "has to be a question of the user"),
        ([QUESTION, {"role": "assistant", "content": "Fish."}], "has to be a question of the user"),
        ([{"role": "user", "content": " "}], "has to be a question of the user"),
        ([{"role": "user", "content": None}], "has to be a question of the user"),
        ([{"role": "user", "content": "x" * 10_001}], "over the limit of 10,000"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]}],
            "messages may hold text alone",
        ),
    ],
)
def test_what_is_no_question(client: TestClient, messages: list[dict], message: str) -> None:
    reply = complete(client, *messages)
    assert reply.status_code == 400
    assert message in reply.json()["error"]["message"]


def test_a_model_that_is_none(client: TestClient) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "gpt", "messages": [QUESTION]})
    assert (reply.status_code, reply.json()["error"]["kind"]) == (404, "NotAnIndexError")


def test_vectors_are_the_encoder_s(client: TestClient) -> None:
    texts = ["cab", "a dog"]
    wanted = LetterEncoder().encode_texts(texts)
    reply = client.post("/v1/embeddings", json={"model": "animals", "input": texts}).json()
    assert np.allclose([one["embedding"] for one in reply["data"]], wanted)
    assert reply["usage"] == {"prompt_tokens": 7, "total_tokens": 7}
    coded = client.post(
        "/v1/embeddings", json={"model": "animals", "input": "cab", "encoding_format": "base64"}
    ).json()["data"][0]["embedding"]
    assert np.allclose(np.frombuffer(base64.b64decode(coded), "<f4"), wanted[0])
    for wrong in ("", [], [""], ["x" * 100_001], 7):
        refused = client.post("/v1/embeddings", json={"model": "animals", "input": wrong})
        assert refused.status_code in (400, 413, 422), wrong
