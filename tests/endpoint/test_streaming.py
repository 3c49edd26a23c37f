import json
import threading

import pytest

from mmrag.endpoint import Delta, RejectedError
from mmrag.endpoint import client as client_module
from mmrag.errors import ModelError
from tests.endpoint.server import DONE, Answer, Seen, delta, error, event, said, serving, streamed
from tests.endpoint.test_chat import HELLO, KEY, Model
from tests.endpoint.test_chat import key as key  # a fixture


def all_of(model: Model) -> list[Delta]:
    return list(model.stream(HELLO, 10))


def texts_until_failure(model: Model) -> tuple[list[str], ModelError]:
    """What was given before the error, whose every text is free of the key."""
    texts: list[str] = []
    with pytest.raises(ModelError) as caught:
        gather(model, texts)
    assert KEY not in f"{caught.value} {caught.value.__cause__}"
    return texts, caught.value


def gather(model: Model, texts: list[str]) -> None:
    for piece in model.stream(HELLO, 10):
        texts.append(piece.text)


def test_a_stream() -> None:
    with serving([streamed("The ", "tide ", "turns.")]) as server:
        *pieces, last = all_of(Model(server.url))
    assert [piece.text for piece in pieces] == ["The", " tide", " turns."]
    assert last.text == ""
    assert last.reply is not None
    assert (last.reply.text, last.reply.tokens_in, last.reply.tokens_out) == ("The tide turns.", 11, 7)
    assert server.seen[0].payload == {
        "model": "m",
        "messages": HELLO,
        "max_tokens": 10,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_events_may_be_cut_anywhere(size: int, chunked: bool) -> None:
    whole = b": a comment\n\nretry: 5\nid: 1\r\n" + b"".join(streamed("图 ", "é").chunks).replace(
        b"\n", b"\r\n"
    )
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    with serving([Answer(chunks=chunks, chunked=chunked)]) as server:
        assert "".join(piece.text for piece in all_of(Model(server.url))) == "图 é"


def test_pieces_come_as_they_are_written_and_closing_hangs_up() -> None:
    answer = Answer(chunks=[delta("one "), delta("two ")], then="silence")
    with serving([answer]) as server:
        pieces = Model(server.url).stream(HELLO, 10)
        assert [next(pieces).text, next(pieces).text] == ["one", " two"]
        pieces.close()  # type: ignore[attr-defined]
        assert server.gone.wait(10)


def test_a_server_that_falls_silent_after_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "SILENCE", 0.2)
    with serving([Answer(chunks=[delta("one ")], then="silence")]) as server:
        texts, found = texts_until_failure(Model(server.url))
    assert texts == ["one"]
    assert "the answer broke off: 127.0.0.1" in str(found)
    assert "sent nothing for 0.2 s" in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(chunks=[delta(None, role="assistant")], then="silence"),
        Answer(chunks=[delta(None, reasoning_content="hm")] * 1000, slowly=0.01),
    ],
    ids=["hung", "slow"],
)
def test_one_that_gives_nothing_in_time_is_asked_again(answer: Answer) -> None:
    with serving([answer, streamed("hi")]) as server:
        model = Model(server.url, seconds=0.3)
        assert all_of(model)[0].text == "hi"
    assert len(server.seen) == 2
    assert len(model.pauses) == 1


def test_what_is_always_late_is_asked_twice() -> None:
    with serving([Answer(chunks=[delta(None, role="assistant")], then="silence")]) as server:
        _, found = texts_until_failure(Model(server.url, seconds=0.2))
    assert "did not answer within 0.2 s (tried 2 times)" in str(found)
    assert len(server.seen) == 2


def test_only_attempts_that_are_late_count_as_late() -> None:
    late = Answer(chunks=[delta(None, role="assistant")], then="silence")
    with serving([error(503), late, streamed("hi")]) as server:
        assert all_of(Model(server.url, seconds=0.2))[0].text == "hi"
    with serving([late, error(503), late, streamed("hi")]) as server:
        _, found = texts_until_failure(Model(server.url, seconds=0.2))
    assert "did not answer within 0.2 s (tried 3 times)" in str(found)


def test_the_time_for_writing_is_not_that_for_reading_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[threading.Timer] = []

    class Timer(threading.Timer):
        def start(self) -> None:
            timers.append(self)
            super().start()

    monkeypatch.setattr(threading, "Timer", Timer)
    with serving([streamed("The ", "tide.")]) as server:
        pieces = Model(server.url, seconds=60.0).stream(HELLO, 10)
        next(pieces)
        assert [timer.finished.is_set() for timer in timers] == [True, False]
        assert timers[1].interval == 60.0
        list(pieces)
    assert all(timer.finished.is_set() for timer in timers)


def test_dripping_for_ever_is_cut_off() -> None:
    with serving([Answer(chunks=[delta("x")] * 1000, slowly=0.01)]) as server:
        texts, found = texts_until_failure(Model(server.url, seconds=0.3))
    assert texts
    assert "did not answer within 0.3 s" in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize("chunked", [True, False])
def test_half_a_stream_is_an_error_after_what_was_given(chunked: bool) -> None:
    answer = Answer(chunks=[delta("half "), delta("of it")], then="cut", chunked=chunked)
    with serving([answer]) as server:
        texts, found = texts_until_failure(Model(server.url))
    assert texts == ["half", " of it"]
    assert "the answer broke off" in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(chunks=[delta(None, role="assistant")], then="cut"),
        Answer(chunks=[delta("<think>hm")], then="cut"),
        Answer(chunks=[b"\n"]),
        Answer(hang_up=True),
        Answer(chunks=[event({"error": {"code": 429, "message": "busy"}})]),
        error(429),
        error(500),
    ],
)
def test_before_the_first_piece_it_is_asked_again(answer: Answer) -> None:
    with serving([answer, answer, streamed("hi")]) as server:
        model = Model(server.url)
        assert all_of(model)[0].text == "hi"
    assert len(model.pauses) == 2


def test_the_server_says_how_long_to_wait() -> None:
    with serving([Answer(status=429, headers={"Retry-After": "7"}), streamed("hi")]) as server:
        model = Model(server.url)
        all_of(model)
    assert model.pauses == [7]


def test_attempts_are_bounded() -> None:
    with serving([Answer(chunks=[delta(None)], then="cut")]) as server:
        texts, found = texts_until_failure(Model(server.url, attempts=3))
    assert texts == []
    assert str(found).endswith("(tried 3 times)")
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("chunks", "given", "message"),
    [
        ([delta("a"), event(b'{"choices": [')], ["a"], "something that is not JSON"),
        ([event(b"\xff")], [], "something that is not JSON"),
        ([event(b"[1]")], [], "JSON that is no object"),
        ([event({"choices": []}), DONE], [], "without a message"),
        ([event({"choices": ["hi"]}), DONE], [], "without a message"),
        ([event({"choices": 1}), DONE], [], "without a message"),
        ([event({"choices": [{"delta": "hi"}]}), DONE], [], "without a message"),
        ([DONE], [], "without a message"),
        ([event({"error": {"message": f"no\nroom for {KEY}"}})], [], "the server failed: no room for [key]"),
        ([delta("a"), b'error: {"error": "broken"}\n\n'], ["a"], "the server failed: broken"),
        (
            [delta("a"), event({"error": {"code": "503", "message": "x"}})],
            ["a"],
            "broke off: the server failed: x",
        ),
        ([delta("a"), delta(None, "content_filter"), DONE], ["a"], "content filter broke the answer off"),
        ([delta(None, "content_filter"), DONE], [], "content filter withheld the answer"),
        ([delta(None, refusal="I "), delta(None, "stop", refusal="can't."), DONE], [], "refused: I can't."),
        (
            [delta("Hm. "), delta("Well.</think>A chart.", "stop"), DONE],
            ["Hm."],
            "start the server with a reasoning",
        ),
    ],
)
def test_streams_that_make_no_sense_or_are_withheld(
    chunks: list[bytes], given: list[str], message: str
) -> None:
    with serving([Answer(chunks=chunks)]) as server:
        texts, found = texts_until_failure(Model(server.url))
    assert texts == given
    assert message in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_refused_request_is_not_made_again(status: int) -> None:
    with serving([error(status, "the picture is too large")]) as server:
        _, found = texts_until_failure(Model(server.url))
    assert isinstance(found, RejectedError)
    assert "the picture is too large" in str(found)
    assert len(server.seen) == 1


def test_what_a_server_cannot_do_is_not_asked_of_it_again_and_again() -> None:
    hint = "image input is not supported - hint: you may need to provide the mmproj"
    with serving([error(500, hint)]) as server:
        _, found = texts_until_failure(Model(server.url))
    assert isinstance(found, RejectedError)
    assert len(server.seen) == 1


def test_an_answer_at_once_is_understood() -> None:
    pretty = json.dumps(json.loads(said("  hi\n").body), indent=2).encode()
    with serving([Answer(b"\n" + pretty), said(None, finish_reason="length")]) as server:
        text, last = all_of(Model(server.url))
        (cut,) = all_of(Model(server.url))
    assert text.text == "hi"
    assert last.reply is not None
    assert (last.reply.tokens_in, last.reply.tokens_out) == (11, 7)
    assert cut.reply is not None
    assert (cut.reply.text, cut.reply.cut) == ("", True)


def test_the_limit_of_tokens() -> None:
    with serving([streamed("The tide", finish="length")]) as server:
        *_, last = all_of(Model(server.url))
    assert last.reply is not None
    assert last.reply.cut


@pytest.mark.parametrize(
    "chunks",
    [
        [delta([{"type": "text", "text": "a "}]), delta([{"type": "text", "text": "b"}], "stop")],
        [delta("a "), delta("b"), DONE],
        [delta("a "), delta("b", "stop")],
        [event({"choices": [{"index": 0, "message": {"content": "a b"}, "finish_reason": "stop"}]})],
        [event({"choices": [], "prompt_filter_results": []}), delta("a b", "stop"), DONE],
        [b"data:" + delta("a b", "stop").removeprefix(b"data: "), DONE],
    ],
    ids=["parts", "no reason", "no end", "a whole message", "Azure's first", "no blank"],
)
def test_dialects(chunks: list[bytes]) -> None:
    with serving([Answer(chunks=chunks)]) as server:
        *pieces, last = all_of(Model(server.url))
    assert "".join(piece.text for piece in pieces) == "a b"
    assert last.reply is not None
    assert last.reply.tokens_out == 0


@pytest.mark.parametrize(
    "refused",
    [
        error(400, "Unknown parameter", param="stream_options"),
        error(400, "stream_options: extra fields not permitted"),
        Answer(json.dumps({"detail": [{"loc": ["body", "stream_options"]}]}).encode(), 422),
    ],
)
def test_a_server_that_does_not_count_what_it_streams(refused: Answer) -> None:
    def answer(seen: Seen) -> Answer:
        return refused if "stream_options" in seen.payload else streamed("hi", tokens=None)

    with serving(answer) as server:
        model = Model(server.url)
        assert [all_of(model)[0].text for _ in range(2)] == ["hi", "hi"]
    assert ["stream_options" in seen.payload for seen in server.seen] == [True, False, False]


def test_a_server_that_does_not_stream() -> None:
    def answer(seen: Seen) -> Answer:
        if "stream" in seen.payload:
            return error(400, "Your organization must be verified to stream this model", param="stream")
        return said("hi")

    with serving(answer) as server:
        model = Model(server.url)
        assert [all_of(model)[0].text for _ in range(2)] == ["hi", "hi"]
    assert [sorted(seen.payload.keys() & {"stream", "stream_options"}) for seen in server.seen] == [
        ["stream", "stream_options"],
        [],
        [],
    ]


def test_a_stream_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_STREAMED", 2000)
    with serving([Answer(chunks=[delta("x")] * 100)]) as server:
        texts, found = texts_until_failure(Model(server.url))
    assert texts
    assert "answered with more than 2,000 bytes" in str(found)
