"""Deadlines before the first byte of an answer, and proxies."""

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from mmrag.endpoint import Address
from mmrag.endpoint.connection import Deadline, connection
from tests.endpoint.server import said, serving
from tests.endpoint.test_chat import HELLO, KEY, Model, failing
from tests.endpoint.test_chat import key as key  # a fixture


@contextmanager
def dripping(piece: bytes, pause: float) -> Iterator[int]:
    """A server that sends the same piece again and again, whatever it is asked; its port."""
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.05)

    def drip(line: socket.socket) -> None:
        with suppress(OSError), closing(line):
            while not stop.wait(pause):
                line.sendall(piece)

    def serve() -> None:
        while not stop.is_set():
            with suppress(OSError):
                line, _ = listening.accept()
                threads.append(threading.Thread(target=drip, args=(line,)))
                threads[-1].start()

    threads = [threading.Thread(target=serve)]
    threads[0].start()
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        listening.close()


def test_a_handshake_of_tls_that_drips_is_cut_off() -> None:
    # The head of a long record, then a byte of it at a time.
    with dripping(b"\x16", 0.02) as port:
        found = failing(Model(f"https://127.0.0.1:{port}/v1", seconds=0.3, attempts=1))
    assert "127.0.0.1" in str(found)
    with dripping(b"\x16\x03\x03\x3f\xff", 0.05) as port:
        found = failing(Model(f"https://127.0.0.1:{port}/v1", seconds=0.3, attempts=1))
    assert "127.0.0.1" in str(found)


def test_a_proxy_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nX: ", 0.02) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        found = failing(Model("https://llm.example.org/v1", seconds=0.3, attempts=1))
    assert "did not answer within 0.3 s" in str(found)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        done.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    found = failing(Model("https://llm.example.org/v1", seconds=0.1, attempts=2))
    done.set()
    assert str(found) == "llm.example.org did not answer within 0.1 s (tried 2 times)"


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    found = failing(Model("https://llm.example.org/v1", attempts=2))
    assert str(found) == "no answer from llm.example.org: no such host (tried 2 times)"


def test_the_next_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    with serving([said("hi")]) as server:
        port = int(server.url.rpartition(":")[2].removesuffix("/v1"))
        places = [("127.0.0.1", closed), ("127.0.0.1", port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        assert Model("http://llm.example.org/v1").chat(HELLO, 10).text == "hi"


def test_addresses_that_are_never_reached_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    class Silent(socket.socket):
        def connect(self, address: object) -> None:
            waits.append(self.gettimeout() or 0)
            time.sleep(min(waits[-1], 0.05))
            raise TimeoutError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 1000
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "socket", Silent)
    deadline = Deadline(0.3)
    deadline.start()
    with pytest.raises(TimeoutError):
        deadline.connect(("llm.example.org", 80))
    deadline.cancel()
    assert waits == sorted(waits, reverse=True)
    assert waits[0] <= 0.3
    assert len(waits) < 100


@pytest.mark.parametrize(
    "proxy", ["http://joe:hunter2@proxy:port", "socks5://joe:hunter2@proxy:1", "http://"]
)
def test_a_proxy_that_is_none_is_said_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    found = failing(Model("https://llm.example.org/v1"))
    assert found.fatal
    assert "https_proxy in the environment is not the address of an http proxy" in str(found)
    assert "hunter2" not in str(found)


def through(url: str) -> str:
    """Where a request is sent first: this machine's port, or what stands at a proxy's."""
    made, _ = connection(urlsplit(url), Deadline(1))
    return f"{made.host}:{made.port}"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_proxy_is_shown_what_is_said_on_this_machine(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(f"{scheme}_proxy", "http://proxy.example.org:3128")
    for host in ("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "llm.localhost"):
        assert Address(f"{scheme}://{host}:11434/v1").is_local
        assert through(f"{scheme}://{host}:11434/v1") == f"{host.strip('[]')}:11434"
    assert through(f"{scheme}://llm.example.org:11434/v1") == "proxy.example.org:3128"


def test_hosts_that_want_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("no_proxy", "box:11434, example.org, 2001:db8::1, [2001:db8::2]:80")
    assert through("http://box:11434/v1") == "box:11434"
    assert through("http://box:8000/v1") == "proxy.example.org:3128"
    assert through("http://llm.example.org:8000/v1") == "llm.example.org:8000"
    assert through("http://[2001:db8::1]:80/v1") == "2001:db8::1:80"
    assert through("http://[2001:db8::2]:80/v1") == "2001:db8::2:80"
    assert through("http://[2001:db8::3]:80/v1") == "proxy.example.org:3128"


class Keyring:
    """What the package keyring offers, of one host."""

    class errors:  # noqa: N801
        class KeyringError(Exception):
            pass

    def __init__(self, host: str) -> None:
        self.host, self.asked = host, list[tuple[str, str]]()

    def get_password(self, service: str, name: str) -> str | None:
        self.asked.append((service, name))
        if name == "locked.example.org":
            raise self.errors.KeyringError
        return f"{KEY}\n" if name == self.host else None


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    from mmrag.endpoint import keys

    kept = Keyring("api.openai.com")
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setitem(sys.modules, "keyring", kept)
    monkeypatch.setitem(sys.modules, "keyring.errors", kept.errors)
    keys._kept.cache_clear()
    yield kept
    keys._kept.cache_clear()


def test_a_key_from_the_keyring_is_for_its_host_alone(keyring: Keyring) -> None:
    assert [Address().key(), Address().key()] == [KEY, KEY]
    assert Address("https://other.example.org/v1").key() == ""
    assert Address("https://locked.example.org/v1").key() == ""
    assert keyring.asked == [
        ("mmrag", host) for host in ("api.openai.com", "other.example.org", "locked.example.org")
    ]


def test_the_keyring_is_not_asked_where_no_key_may_go_or_one_is_set(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Address("http://api.openai.com/v1").key() == ""
    assert Address("http://localhost:11434/v1").key() == ""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    assert Address().key() == "sk-of-the-environment"
    assert keyring.asked == []


def test_without_a_keyring_there_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from mmrag.endpoint import keys

    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setitem(sys.modules, "keyring", None)
    keys._kept.cache_clear()
    assert Address("https://other.example.org/v1").key() == ""
    keys._kept.cache_clear()
