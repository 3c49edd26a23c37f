import base64
import io
import json
import subprocess
import sys

import pytest
from PIL import Image, ImageDraw

from mmrag.captioners import (
    Description,
    Failure,
    PictureContext,
    Request,
    Tally,
    Usage,
    describe_all,
    load_captioner,
)
from mmrag.captioners.openai import OpenAICaptioner
from mmrag.endpoint import EndpointError
from mmrag.errors import ModelError, SpecError
from tests.captioners.test_describing import Memory
from tests.endpoint.server import Answer, Seen, error, said, serving

KEY = "sk-test-0123456789abcdefghij"
GOOD = json.dumps({"description": "A bar chart.", "visible_text": "Yield", "data": "2020: 5 t"})
CONTEXT = PictureContext("Figure 1: Yield", "Yield 2020", ("Results", "Fields"), "de", "Davor.", "Danach.")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def captioner(url: str, seconds: float = 10.0, attempts: int = 3) -> OpenAICaptioner:
    return OpenAICaptioner(f"m@{url}", seconds=seconds, attempts=attempts, sleep=lambda seconds: None)


def chart(width: int = 400) -> Image.Image:
    picture = Image.new("RGB", (width, 300), "white")
    ImageDraw.Draw(picture).rectangle([50, 50, 100, 250], fill="blue")
    return picture


def request(width: int) -> Request:
    return Request(f"asset-{width}", lambda: chart(width), CONTEXT)


def shown(seen: Seen) -> Image.Image:
    (message,) = seen.payload["messages"]
    kind, _, data = message["content"][0]["image_url"]["url"].partition(";base64,")
    assert kind == "data:image/png"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_sends_the_picture_with_its_context_and_reads_the_three_fields() -> None:
    with serving([said(GOOD, (900, 40))]) as server:
        described = captioner(server.url).caption(chart(), CONTEXT)
    assert described == Description("A bar chart.", "Yield", "2020: 5 t", Usage(900, 40, 1))
    assert shown(server.seen[0]).tobytes() == chart().tobytes()
    text = server.seen[0].payload["messages"][0]["content"][1]["text"]
    for quote in (
        "«Figure 1: Yield»",
        "«Results / Fields»",
        "«Davor.»",
        "«Danach.»",
        "«Yield 2020»",
        "(de)",
    ):
        assert quote in text


def test_large_pictures_are_sent_small() -> None:
    with serving([said(GOOD)]) as server:
        captioner(server.url).caption(chart(6000), CONTEXT)
    assert shown(server.seen[0]).size == (1536, 77)


def test_an_index_run_against_a_server_with_bad_days() -> None:
    """Each picture meets another trouble; what can be described is, and nothing is paid twice."""
    tries: dict[int, int] = {}

    def answer(seen: Seen) -> Answer:
        width = shown(seen).width
        tries[width] = tries.get(width, 0) + 1
        scripts = {
            101: [error(429), said(GOOD)],
            102: [error(500), Answer(hang_up=True), said(GOOD)],
            103: [error(400, "invalid image")],
            104: [said("I'm sorry, I can't help with that.", (50, 9))],
            105: [said("", (50, 0))],
            106: [said("```json\n" + GOOD + "\n```")],
            107: [Answer(b"<html>")],
            108: [said("A chart of the " + "the " * 400, (50, 400), finish_reason="length")],
            109: [said("the " * 400, (50, 400), finish_reason="length")],
        }
        return scripts[width][min(tries[width], len(scripts[width])) - 1]

    cache, tallies = Memory(), list[Tally]()
    requests = [request(width) for width in range(101, 110)]
    with serving(answer) as server:
        model = captioner(server.url)
        outcomes = describe_all(model, requests, cache, 4, tallies.append)
        asked = len(server.seen)
        again = describe_all(model, requests, cache, 1)
        paid_again = {shown(seen).width for seen in server.seen[asked:]}
    assert again == outcomes
    good = [outcomes[at] for at in (0, 1, 5)]
    assert all(isinstance(each, Description) and each.description == "A bar chart." for each in good)
    assert isinstance(outcomes[7], Description)
    assert outcomes[7].description == "A chart of the"
    reasons = {at + 101: str(each) for at, each in enumerate(outcomes) if isinstance(each, Failure)}
    host = server.url.removeprefix("http://").removesuffix("/v1")
    assert reasons == {
        103: f"{host} answered 400: invalid image",
        104: "the captioner refused: I'm sorry, I can't help with that.",
        105: "the captioner answered with nothing",
        107: f"{host} answered with something that is not JSON",
        109: f"the captioner only repeats itself: {' '.join(['the'] * 20)} …",
    }
    assert paid_again == set(reasons)
    assert tallies[-1] == Tally(9, 0, 4, 5, Usage(3 * 11 + 4 * 50, 3 * 7 + 9 + 400 + 400, 7))


def test_a_slow_server_costs_its_pictures_their_time_alone() -> None:
    with serving([Answer(said(GOOD).body, slowly=0.1)]) as server:
        model = captioner(server.url, seconds=0.2, attempts=2)
        (outcome,) = describe_all(model, [request(1)], Memory())
    assert "did not answer within 0.2 s (tried 2 times)" in str(outcome)


def test_a_refused_key_stops_the_run_and_keeps_what_was_paid_for() -> None:
    cache = Memory()
    with (
        serving([said(GOOD), error(401, f"bad key {KEY}")]) as server,
        pytest.raises(EndpointError, match="check OPENAI_API_KEY") as caught,
    ):
        describe_all(captioner(server.url), [request(1), request(2), request(3)], cache, 1)
    assert KEY not in str(caught.value)
    assert len(cache) == 1
    assert len(server.seen) == 2


def test_spending_all_tokens_on_thoughts_is_said_with_its_cost() -> None:
    with serving([said("", (50, 2048), finish_reason="length")]) as server:
        (outcome,) = describe_all(captioner(server.url), [request(1)], Memory())
    assert isinstance(outcome, Failure)
    assert "spent all of its 2048 tokens before it answered" in outcome.reason
    assert outcome.usage == Usage(50, 2048, 1)


def test_results_do_not_depend_on_concurrency() -> None:
    def answer(seen: Seen) -> Answer:
        return said(f"{shown(seen).width} wide.")

    widths = [107, 103, 103, 150, 101, 107]
    with serving(answer) as server:
        runs = [
            describe_all(captioner(server.url), [request(width) for width in widths], Memory(), concurrency)
            for concurrency in (1, 2, 8)
        ]
    assert runs[0] == runs[1] == runs[2]
    assert [each.text for each in runs[0] if isinstance(each, Description)] == [
        f"{width} wide." for width in widths
    ]
    assert len(server.seen) == 3 * 4


def test_the_fingerprint_tells_models_servers_and_prompts_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = ("openai:a", "openai:b", "openai:a@http://localhost:1/v1")
    prints = [load_captioner(spec).fingerprint for spec in specs]
    assert len(set(prints)) == 3
    assert not any(KEY in each for each in prints)
    assert load_captioner("openai:a@https://api.openai.com/v1/").fingerprint == prints[0]
    monkeypatch.setattr("mmrag.captioners.openai.prompts_fingerprint", lambda: "other")
    assert load_captioner("openai:a").fingerprint != prints[0]


def test_a_bad_address_is_said_at_once() -> None:
    with pytest.raises(SpecError, match="password"):
        load_captioner("openai:m@https://u:p@example.org/v1")
    with pytest.raises(SpecError, match="no captioner is named 'openai:'"):
        load_captioner("openai:")


def test_a_picture_that_cannot_be_decoded_is_not_sent() -> None:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(buffer, "PNG")
    with (
        serving([said(GOOD)]) as server,
        pytest.raises(ModelError, match="can't be decoded"),
    ):
        captioner(server.url).caption(Image.open(io.BytesIO(buffer.getvalue()[:5000])), CONTEXT)
    assert server.seen == []


def test_naming_it_loads_no_client() -> None:
    code = (
        "import sys; from mmrag.captioners import load_captioner; load_captioner('mini:caption');"
        "print('http.client' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
