import email.utils
import json
import logging
import socket
import time
from typing import Any

import pytest

from mmrag.endpoint import Address, ChatModel, EndpointError, split_model
from mmrag.endpoint import client as client_module
from mmrag.errors import SpecError
from tests.endpoint.server import Answer, Seen, error, said, serving

KEY = "sk-test-0123456789abcdefghij"
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


class Model(ChatModel):
    """A chat model that notes its pauses instead of making them."""

    def __init__(self, url: str, **more: Any) -> None:
        self.pauses: list[float] = []
        super().__init__("m", Address(url), sleep=self.pauses.append, **more)


def failing(model: ChatModel) -> EndpointError:
    """The error of a request, whose every text is free of the key."""
    with pytest.raises(EndpointError) as caught:
        model.chat(HELLO, 10)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert KEY not in f"{shown} {shown!r} {shown.args}"
        shown = shown.__cause__ or shown.__context__
    return caught.value


def test_a_chat() -> None:
    with serving([said("hi")]) as server:
        reply = Model(server.url).chat(HELLO, 10)
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.cut) == ("hi", 11, 7, False)
    (seen,) = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.payload == {"model": "m", "messages": HELLO, "max_tokens": 10, "temperature": 0}


def test_no_key_none_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with serving([said("hi")]) as server:
        Model(server.url).chat(HELLO, 10)
    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_tried_again_with_growing_pauses(status: int) -> None:
    with serving([error(status), error(status), error(status), said("hi")]) as server:
        model = Model(server.url)
        assert model.chat(HELLO, 10).text == "hi"
    assert len(server.seen) == 4
    for pause, longest in zip(model.pauses, (1, 2, 4), strict=True):
        assert longest / 2 <= pause <= longest


def test_the_server_says_how_long_to_wait() -> None:
    later = email.utils.formatdate(time.time() + 30, usegmt=True)
    waits = ["7", "0.5", later, "soon", "-3"]
    answers = [Answer(status=429, headers={"Retry-After": wait}) for wait in waits]
    with serving([*answers, said("hi")]) as server:
        model = Model(server.url, attempts=6)
        model.chat(HELLO, 10)
    assert model.pauses[:2] == [7, 0.5]
    assert 25 <= model.pauses[2] <= 30
    assert 4 <= model.pauses[3] <= 8
    assert model.pauses[4] == 0


def test_a_wait_of_hours_is_not_waited() -> None:
    with serving([Answer(status=429, headers={"Retry-After": "7200"})]) as server:
        model = Model(server.url)
        found = failing(model)
    assert found.fatal
    assert str(found).endswith("answered 429; it asks to wait 7,200 s: run again then")
    assert model.pauses == []


@pytest.mark.parametrize("status", [200, 400])
def test_what_a_server_says_steers_no_terminal(status: int) -> None:
    said_so = "bad\x1b]52;c;ZWNobw==\x07 \x9b31m \u202eword\ud800\r\nand more"
    with serving([error(status, said_so)]) as server:
        message = str(failing(Model(server.url)))
    assert message.isprintable()
    assert message.encode().endswith(b"bad]52;c;ZWNobw== 31m word and more")


def test_half_a_character_is_marked() -> None:
    with serving([said("a \ud83d\ude00 \ud83d")]) as server:
        assert Model(server.url).chat(HELLO, 10).text == "a \U0001f600 \ufffd"


def test_attempts_are_bounded() -> None:
    with serving([error(500, "broken\nwithin")]) as server:
        model = Model(server.url, attempts=3)
        found = failing(model)
    assert len(server.seen) == 3
    assert str(found).endswith("answered 500: broken within (tried 3 times)")
    assert not found.fatal


def test_silence_for_many_requests_is_fatal_and_an_answer_in_between_starts_anew() -> None:
    def answer(seen: Seen) -> Answer:
        return said("hi") if len(server.seen) == 5 else error(500)

    with serving(answer) as server:
        model = Model(server.url, attempts=1)
        assert [failing(model).fatal for _ in range(4)] == [False] * 4
        assert model.chat(HELLO, 10).text == "hi"
        assert [failing(model).fatal for _ in range(4)] == [False] * 4
        last = failing(model)
    assert last.fatal
    assert "for 5 requests in a row: run again when the server is up" in str(last)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        (error(401, f"Incorrect API key provided: {KEY}."), "provided: [key]: check OPENAI_API_KEY"),
        (error(401, "Incorrect API key provided: sk-test-****ghij."), "[key]"),
        (error(403, "not in your country"), "not in your country: check OPENAI_API_KEY"),
        (error(404, "no model m"), "no model m: check the model's name and the address http://127.0.0.1"),
        (error(429, "out of money", code="insufficient_quota"), "out of money"),
        (Answer(b"<html>no such page</html>", 404), "answered 404: check the model's name"),
    ],
)
def test_what_no_other_request_would_mend_is_fatal(answer: Answer, advice: str) -> None:
    with serving([answer]) as server:
        found = failing(Model(server.url))
    assert found.fatal
    assert advice in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_is_wrong_with_one_request_is_not_fatal(status: int) -> None:
    with serving([error(status, "the picture is too large")]) as server:
        found = failing(Model(server.url))
    assert not found.fatal
    assert str(found).endswith(f"answered {status}: the picture is too large")
    assert len(server.seen) == 1


def test_no_redirect_is_followed() -> None:
    with serving([said("stolen")]) as other:
        for status in (301, 302, 303, 307, 308):
            location = {"Location": other.url.replace("127.0.0.1", "localhost")}
            with serving([Answer(status=status, headers=location)]) as server:
                found = failing(Model(server.url))
            assert found.fatal
            assert "it sends us to localhost; name the right address" in str(found)
        assert other.seen == []


@pytest.mark.parametrize(
    "answer", [Answer(said("hi").body, slowly=0.05), Answer(slow_headers=True)], ids=["body", "headers"]
)
def test_a_server_that_drips_is_cut_off(answer: Answer) -> None:
    with serving([answer]) as server:
        model = Model(server.url, seconds=0.2, attempts=2)
        found = failing(model)
    assert "did not answer within 0.2 s (tried 2 times)" in str(found)
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "answer",
    [Answer(hang_up=True), Answer(b'{"choices', announced=500), Answer(b"\n")],
    ids=["at once", "half-way", "with nothing"],
)
def test_a_server_that_hangs_up_is_tried_again(answer: Answer) -> None:
    with serving([answer, said("hi")]) as server:
        assert Model(server.url).chat(HELLO, 10).text == "hi"


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = failing(Model(f"http://127.0.0.1:{port}/v1", attempts=2))
    assert str(found) == f"no answer from 127.0.0.1:{port}: Connection refused (tried 2 times)"


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MOST_BYTES", 2000)
    with serving([Answer(b"x" * 2001)]) as server:
        found = failing(Model(server.url))
    assert "answered with more than 2,000 bytes" in str(found)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>", "something that is not JSON"),
        (b"[" * 100_000, "something that is not JSON"),
        (b"\xff\xfe", "something that is not JSON"),
        (b"[1]", "JSON that is no object"),
        (b"{}", "without a message"),
        (b'{"choices": []}', "without a message"),
        (b'{"choices": [{"message": "hi"}]}', "without a message"),
        (b'{"choices": {"a": 1}}', "without a message"),
        (b'{"error": {"message": "overloaded"}}', "without a message: overloaded"),
    ],
)
def test_answers_that_make_no_sense(body: bytes, message: str) -> None:
    with serving([Answer(body)]) as server:
        assert message in str(failing(Model(server.url)))


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (said(None), ""),
        (said("<think>A chart?\n</think>\n\nA chart."), "A chart."),
        (said("<think>without end"), ""),
        (said("Use <think> tags."), "Use <think> tags."),
        (said("its beginning is in the template</think>\nA chart."), "A chart."),
    ],
)
def test_thoughts_are_left_out(answer: Answer, text: str) -> None:
    with serving([answer]) as server:
        assert Model(server.url).chat(HELLO, 10).text == text


def test_an_answer_in_parts() -> None:
    parts = {"role": "assistant", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
    with serving([said("", message=parts)]) as server:
        assert Model(server.url).chat(HELLO, 10).text == "ab"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"message": {"content": None, "refusal": "I can't."}}, "the model refused: I can't."),
        ({"finish_reason": "content_filter"}, "content filter withheld the answer"),
    ],
)
def test_refusals_of_the_interface(more: dict[str, Any], message: str) -> None:
    with serving([said(None, **more)]) as server:
        assert message in str(failing(Model(server.url)))


def test_usage_may_be_missing() -> None:
    with serving([said("hi", tokens=None, finish_reason="length")]) as server:
        reply = Model(server.url).chat(HELLO, 10)
    assert (reply.tokens_in, reply.tokens_out, reply.cut) == (0, 0, True)


def test_adapts_to_models_that_take_other_settings() -> None:
    def answer(seen: Seen) -> Answer:
        for name in ("max_tokens", "temperature"):
            if name in seen.payload:
                return error(400, f"Unsupported: '{name}'", param=name, code="unsupported_parameter")
        return said("hi")

    with serving(answer) as server:
        model = Model(server.url)
        assert model.chat(HELLO, 10).text == "hi"
        assert model.chat(HELLO, 20).text == "hi"
    assert [sorted(seen.payload) for seen in server.seen] == [
        ["max_tokens", "messages", "model", "temperature"],
        ["max_completion_tokens", "messages", "model", "temperature"],
        ["max_completion_tokens", "messages", "model"],
        ["max_completion_tokens", "messages", "model"],
    ]


def test_a_complaint_about_what_was_not_sent_ends_it() -> None:
    with serving([error(400, "no", param="max_tokens")]) as server:
        failing(Model(server.url))
    assert len(server.seen) == 2


@pytest.mark.parametrize("bad", [f"{KEY}\nX-Evil: 1", "sk-schlüssel", "two words"])
def test_what_can_be_no_key_is_said_without_it(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", bad)
    found = failing(Model("http://127.0.0.1:9/v1"))
    assert found.fatal
    assert str(found) == "OPENAI_API_KEY holds characters that no key has: set it anew"


def test_a_line_break_after_the_key_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    with serving([said("hi")]) as server:
        Model(server.url).chat(HELLO, 10)
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_key_is_shown_to_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving([error(400, f"you sent {KEY}"), said(f"your key is {KEY}")]) as server:
        model = Model(server.url)
        failing(model)
        assert model.chat(HELLO, 10).text == "your key is [key]"
    assert KEY not in caplog.text


@pytest.mark.parametrize("key", ["sk-test/0123+4567", "sk-tést".encode().hex() * 2, KEY])
def test_nor_in_another_spelling(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    spellings = [
        key.replace("/", "\\/"),
        "".join(f"\\u{ord(char):04x}" for char in key),
        "".join(f"\\u{ord(char):04X}" for char in key),
        key.replace("/", "%2F").replace("+", "%2b"),
    ]
    body = '{"choices": [{"message": {"content": "your key is %s."}}]}'
    for spelling in spellings:
        with serving([Answer((body % spelling).encode()), Answer((body % spelling).encode(), 400)]) as server:
            model = Model(server.url)
            assert model.chat(HELLO, 10).text == "your key is [key]."
            assert key not in str(failing(model))


def test_pauses_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(client_module, "monotonic", lambda: now[0])

    class Waiting(ChatModel):
        def __init__(self, url: str, **more: Any) -> None:
            super().__init__("m", Address(url), sleep=self.wait, **more)

        def wait(self, seconds: float) -> None:
            now[0] += seconds

    with serving([Answer(status=429, headers={"Retry-After": "50"})]) as server:
        found = failing(Waiting(server.url, seconds=10, attempts=5))
    assert len(server.seen) == 3
    assert now[0] == 1100
    assert str(found).endswith("answered 429 (tried 3 times)")


def test_openai_itself_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    found = failing(ChatModel("m", Address()))
    assert found.fatal
    assert str(found) == (
        "OPENAI_API_KEY is not set: export it, or keep it in a keyring (pip install keyring; keyring set "
        "mmrag api.openai.com), then run the same command again"
    )


@pytest.mark.parametrize("name", ["MMRAG_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_forbids_other_machines_only(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    found = failing(ChatModel("m", Address("https://example.org/v1")))
    assert found.fatal
    assert "forbids to ask https://example.org/v1" in str(found)
    with serving([said("hi")]) as server:
        assert Model(server.url).chat(HELLO, 10).text == "hi"


def test_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving([said("hi")]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Model("http://llm.example.org/v1").chat(HELLO, 10).text == "hi"
    assert proxy.seen[0].path == "http://llm.example.org/v1/chat/completions"
    assert "authorization" not in proxy.seen[0].headers  # plain http to another machine


@pytest.mark.parametrize(
    ("url", "local", "private"),
    [
        ("https://api.openai.com/v1", False, True),
        ("http://localhost:11434/v1", True, True),
        ("http://127.0.0.1/v1", True, True),
        ("http://[::1]:8000/v1", True, True),
        ("http://192.168.1.5:8000/v1", False, False),
        ("http://localhost.example.org/v1", False, False),
    ],
)
def test_where_a_key_may_go(url: str, local: bool, private: bool) -> None:
    address = Address(url)
    assert (address.is_local, address.is_private) == (local, private)
    assert address.key() == (KEY if private else "")


@pytest.mark.parametrize(
    "url",
    ["", "localhost:11434", "ftp://x/v1", "https://", "http://x:port/v1", "http://[::1", "http://x/v1?key=1"],
)
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(SpecError, match="base URL|not a URL"):
        Address(url)


@pytest.mark.parametrize(
    "url",
    ["https://joe:hunter2@x:port/v1", "https://x/v1?api_key=hunter2", "ftp://joe:hunter2@x", "//hunter2@x"],
)
def test_no_secret_of_a_url_is_repeated(url: str) -> None:
    for name in (url, f"@{url}", f"m@{url}"):
        with pytest.raises(SpecError) as caught:
            Address(name) if name is url else split_model(name)
        assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_no_password_in_a_url() -> None:
    with pytest.raises(SpecError, match="put the key into OPENAI_API_KEY") as caught:
        Address("https://user:hunter2@example.org/v1")
    assert "hunter2" not in str(caught.value)


def test_names_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_model("gpt-4o-mini") == ("gpt-4o-mini", Address())
    local = Address("http://localhost:11434/v1")
    assert split_model("qwen3-vl:4b@http://localhost:11434/v1/") == ("qwen3-vl:4b", local)
    assert split_model("a@b@http://localhost:11434/v1") == ("a@b", local)
    for bad in ("", "@", "m@", "@http://localhost/v1"):
        with pytest.raises(SpecError, match="names no model"):
            split_model(bad)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:11434/v1/")
    assert split_model("m") == ("m", local)


def test_the_request_is_plain_ascii() -> None:
    with serving([said("你好 é")]) as server:
        reply = Model(server.url).chat([{"role": "user", "content": "图 \ud800"}], 10)
    assert reply.text == "你好 é"
    assert server.seen[0].payload["messages"][0]["content"] == json.loads('"图 \\ud800"')
