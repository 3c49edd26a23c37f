"""Captioner and generator, asked of a server to which everything happens that can happen."""

from __future__ import annotations

import base64
import logging
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from PIL import Image

from mmrag.captioners import Description, Failure, PictureContext, Request, describe_all
from mmrag.captioners.openai import OpenAICaptioner
from mmrag.endpoint import client
from mmrag.errors import ModelError
from mmrag.generators.language_model import Message
from mmrag.generators.openai import OpenAIModel
from tests.captioners.test_describing import Memory
from tests.stress.faults import FAULTS, KEY, Fault, Server, serving
from tests.stress.table import Trials

ROW = pytest.mark.row(
    "captioner/generator faults: 429, 5xx, hang, drip, bad JSON, cut stream, cross-host redirect, 1 GB body "
    f"… ({len(FAULTS)} kinds)",
    "≤ 5 tries, total deadline, no duplicate work, key never leaked",
)
ATTEMPTS = 5
COLOURS = ("red", "blue", "red")
QUESTION = "How much was harvested in 2020?"
SPELLINGS = (KEY, base64.b64encode(KEY.encode()).decode().rstrip("="), quote(KEY, safe=""))
MOST = 100_000_000
"""Bytes that a client reads of one answer before it hangs up, and what the system had in its buffers."""


class Clock:
    """Time that passes as it does, and by as much as is slept."""

    def __init__(self) -> None:
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.slept


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("OPENAI_BASE_URL", "MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(client, "monotonic", made.monotonic)
    return made


@pytest.fixture
def bystander() -> Iterator[Server]:
    """Another server, which nobody may ask anything."""
    with serving(FAULTS["429 for ever"], 0) as server:
        yield server
        assert not server.asked


def shown(error: BaseException) -> str:
    """All that an error says, and those that it came from."""
    texts, seen = [], error
    while seen is not None:
        texts.append(f"{seen} {seen!r}")
        seen = seen.__cause__ or seen.__context__  # type: ignore[assignment]
    return "\n".join(texts)


def captioned(url: str, seconds: float, clock: Clock) -> tuple[bool, str]:
    """Whether two pictures, one of which is there twice, are described; and all that was said."""
    made = OpenAICaptioner(f"m@{url}", seconds=seconds, attempts=ATTEMPTS, sleep=clock.sleep)
    requests = [
        Request(colour, lambda colour=colour: Image.new("RGB", (64, 48), colour), PictureContext())
        for colour in COLOURS
    ]
    cache = Memory()
    try:
        outcomes = describe_all(made, requests, cache, 2)
    except ModelError as error:
        return False, shown(error) + str(dict(cache))
    described = all(isinstance(one, Description) for one in outcomes)
    assert all(isinstance(one, Description | Failure) for one in outcomes)
    if described:  # what has been said is not asked again, even where nobody answers any more
        silent = OpenAICaptioner(f"m@{url}", attempts=1)
        silent._chat = None  # type: ignore[assignment]
        assert describe_all(silent, requests, cache, 2) == outcomes
    return described, f"{outcomes} {dict(cache)}"


def generated(url: str, seconds: float, clock: Clock) -> tuple[bool, str]:
    """Whether a question is answered; and all that was said."""
    made = OpenAIModel(f"m@{url}", seconds=seconds, attempts=ATTEMPTS, sleep=clock.sleep)
    pieces = []
    try:
        for piece in made.stream([Message("user", (QUESTION,))], 100):
            pieces.append(piece)
    except ModelError as error:
        return False, f"{pieces} {shown(error)}"
    return bool("".join(piece.text for piece in pieces)), str(pieces)


def url_of(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where a client is sent: to the server, to a port where nobody listens, to no host."""
    if name == "nobody listens":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    if name == "no such host":
        monkeypatch.setattr(socket, "getaddrinfo", no_host)
        return server.url.replace("http://127.0.0.1", "https://nowhere.invalid")
    return server.url


def no_host(*_: object, **__: object) -> list[object]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@ROW
@pytest.mark.parametrize("part", [captioned, generated])
@pytest.mark.parametrize("name", FAULTS)
def test_whatever_a_server_does(
    name: str,
    part: object,
    trials: Trials,
    clock: Clock,
    bystander: Server,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault = FAULTS[name]
    seconds = 0.3 if fault.never else 20.0
    for trial in trials(smoke=1, ci=3, stress=30):
        before = clock.monotonic()
        tls = name == "no trust in the certificate"
        with serving(fault, trial, bystander.url, tls) as server, monkeypatch.context() as patch:
            good, said = part(url_of(name, server, patch), seconds, clock)  # type: ignore[operator]
        assert good == fault.answers or fault.answers is None, said
        check(fault, server, good)
        # A client is over after its attempts and its pauses; the rest is for a machine that is busy.
        assert clock.monotonic() - before <= ATTEMPTS * seconds + client.PAUSES + 30
        leaked = [spelling for spelling in SPELLINGS if spelling in said + caplog.text]
        assert not leaked, said
        trials.held()
    assert KEY not in "".join(capfd.readouterr())


def check(fault: Fault, server: Server, good: bool) -> None:
    """Nobody was asked more often than allowed, or again after an answer; the key went where it may."""
    assert all(count <= fault.tries for count in server.asked.values()), server.asked.values()
    assert len(server.asked) <= len(set(COLOURS))
    assert server.keys <= {f"Authorization: Bearer {KEY}".encode()}
    assert server.sent <= MOST
    assert server.again == 0
