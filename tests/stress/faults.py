"""A server on this machine that does to each request whatever a server can do wrong.

It speaks plain sockets, so that nothing is too malformed to be sent.
"""

from __future__ import annotations

import gzip
import json
import random
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

KEY = "sk-planted/0123456789+abcdef"
GOOD = {"description": "A bar chart of yields.", "visible_text": "Yield", "data": "2020: 5 t"}
HUGE = 1 << 30
_PEM = Path(__file__).with_name("self_signed.pem")


@dataclass
class Line:
    """One connection, on which one request has come in.

    Attributes:
        head, body: of the request, as they came.
        number: which request with this body it is, from 1.
        failures: requests with this body that go wrong before one goes right, 1 to 4.
        stop: set when the server is to end.
        elsewhere: base URL of another server, to which nobody may turn.
        dice: what is random in a trial.
        sent: bytes that went out.
        answered: whether the answer did.
    """

    sock: socket.socket
    head: bytes
    body: bytes
    number: int
    failures: int
    stop: threading.Event
    elsewhere: str
    dice: random.Random
    sent: int = 0
    answered: bool = False

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)
        self.sent += len(data)

    def drip(self, data: bytes) -> None:
        for at in range(len(data)):
            if self.stop.wait(0.02):
                return
            self.send(data[at : at + 1])

    def respond(self, status: int, body: bytes = b"", *headers: str, length: int | None = None) -> None:
        fields = [f"HTTP/1.1 {status} Whatever", *headers]
        fields.append(f"Content-Length: {len(body) if length is None else length}")
        self.send("\r\n".join(fields).encode("latin-1") + b"\r\n\r\n" + body)

    @property
    def streamed(self) -> bool:
        return bool(json.loads(self.body).get("stream"))

    def good_body(self, text: str | None = None) -> bytes:
        said = json.dumps(GOOD) if text is None else text
        counts = {"prompt_tokens": 900, "completion_tokens": 40}
        if not self.streamed:
            choice: dict[str, Any] = {"message": {"content": said}, "finish_reason": "stop"}
            return json.dumps({"choices": [choice], "usage": counts}).encode()
        half = len(said) // 2
        deltas: list[Any] = [
            {"choices": [{"delta": {"content": part}}]} for part in (said[:half], said[half:])
        ]
        deltas.append({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": counts})
        return b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in deltas) + b"data: [DONE]\n\n"

    def good(self) -> None:
        self.respond(200, self.good_body(), "Content-Type: application/json")
        self.answered = True


@dataclass(frozen=True)
class Fault:
    """One kind of trouble.

    Attributes:
        play: what happens on a connection.
        answers: whether a client that is patient gets its answer in the end; ``None`` if it may.
        tries: most requests that it may make for one answer.
        never: whether the trouble is that nothing ever comes in time.
    """

    play: Callable[[Line], None]
    answers: bool | None = False
    tries: int = 5
    never: bool = False


def _then_good(wrong: Callable[[Line], None]) -> Callable[[Line], None]:
    """Wrong for one to four requests, then right."""

    def play(line: Line) -> None:
        if line.number > line.failures:
            line.good()
        else:
            wrong(line)

    return play


def _busy(line: Line) -> None:
    line.respond(429, b'{"error": {"message": "slow down"}}')


def _busy_for(line: Line) -> None:
    line.respond(429, b"", f"Retry-After: {line.dice.choice([0, 1, 5, 12.5])}")


def _broken(line: Line) -> None:
    line.respond(line.dice.choice([500, 502, 503, 504, 529]), b"<html>oh no</html>")


def _shows_what_it_got(line: Line) -> None:
    echo = json.dumps({"error": {"message": line.head.decode("latin-1")}}).encode()
    line.respond(500, echo, *line.head.decode("latin-1").strip().split("\r\n")[1:])


def _refuses_the_key(line: Line) -> None:
    said = f"Incorrect API key provided: {KEY}. Sent as {line.head.decode('latin-1')}"
    body = json.dumps({"error": {"message": said}}).replace("/", line.dice.choice(["/", "\\/", "\\u002f"]))
    line.respond(401, body.encode())


def _silent(line: Line) -> None:
    line.stop.wait()


def _slow_headers(line: Line) -> None:
    line.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Wait: 1\r\n" * 1000)


def _slow_body(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    line.drip((b": wait\n" if line.streamed else b"      ") * 5000)


def _wrong_chunks(line: Line) -> None:
    size = line.dice.choice([b"zz", b"-5", b"ffffffffffffffff", b"", b"1" * 70_000])
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + line.good_body())


@cache
def _squeezed() -> bytes:
    return gzip.compress(gzip.compress(bytes(HUGE // 16), 1), 9)


def _bomb(line: Line) -> None:
    line.respond(200, _squeezed(), "Content-Encoding: gzip, gzip", "Content-Type: application/json")


def _a_page(line: Line) -> None:
    line.respond(200, b"<!doctype html><title>Log in</title><form>", "Content-Type: text/html")


def _no_utf8(line: Line) -> None:
    body = line.good_body("caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait")
    line.respond(200, body.replace(b"\\u00e9", line.dice.choice([b"\xe9", b"\xff\xfe", b"\xed\xa0\x80"])))


def _half_of_the_json(line: Line) -> None:
    body = line.good_body()
    cut = body.rindex(b"{") + line.dice.randint(1, 8)
    line.respond(200, body[:cut])


def _cut(line: Line) -> None:
    body = line.good_body()
    line.respond(200, body[: line.dice.randint(0, len(body) // 2)], length=len(body))


def _sent_elsewhere(line: Line) -> None:
    status = line.dice.choice([301, 302, 303, 307, 308])
    line.respond(status, b"", f"Location: {line.elsewhere}/chat/completions?key={KEY}")


def _without_end(line: Line) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE)
    piece = (b": " + b"nothing " * 500 + b"\n\n") * 20 if line.streamed else b" " * 65_536
    while line.sent < HUGE and not line.stop.is_set():
        line.send(piece)


def _hangs_up(line: Line) -> None:
    line.send(b"HTTP/1.1 200"[: line.dice.randint(0, 12)])


FAULTS = {
    "429 for ever": Fault(_busy),
    "429 with Retry-After, then an answer": Fault(_then_good(_busy_for), answers=True),
    "5xx, then an answer": Fault(_then_good(_broken), answers=True),
    "hangs up, then answers": Fault(_then_good(_hangs_up), answers=True),
    "5xx that shows the request": Fault(_shows_what_it_got),
    "401 that shows the key": Fault(_refuses_the_key, tries=1),
    "silence": Fault(_silent, tries=2, never=True),
    "slow headers": Fault(_slow_headers, tries=2, never=True),
    "a body that drips": Fault(_slow_body, tries=2, never=True),
    "wrong chunks": Fault(_wrong_chunks, answers=None),
    "gzip bomb": Fault(_bomb),
    "a page for an answer": Fault(_a_page),
    "bad UTF-8": Fault(_no_utf8, answers=None, tries=1),
    "half of the JSON": Fault(_half_of_the_json),
    "a stream that is cut": Fault(_cut),
    "redirect to another host": Fault(_sent_elsewhere, tries=1),
    "a body of 1 GB": Fault(_without_end, tries=1),
    "no trust in the certificate": Fault(Line.good),
    "nobody listens": Fault(Line.good),
    "no such host": Fault(Line.good),
}


@dataclass
class Server:
    """What came in, and what went out.

    Attributes:
        url: its base URL.
        asked: requests by their bodies.
        keys: Authorization fields that it was shown.
        sent: bytes of the longest response.
        answered: bodies of requests that were answered.
        again: requests that had been answered before.
    """

    url: str = ""
    asked: Counter[bytes] = field(default_factory=Counter)
    keys: set[bytes] = field(default_factory=set)
    sent: int = 0
    answered: set[bytes] = field(default_factory=set)
    again: int = 0


@contextmanager
def serving(fault: Fault, seed: int, elsewhere: str = "", tls: bool = False) -> Iterator[Server]:
    """A running server with this trouble; ``elsewhere`` is where it sends clients that it sends away."""
    server, stop, dice, lock = Server(), threading.Event(), random.Random(seed), threading.Lock()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.02)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_PEM)
    threads: list[threading.Thread] = []

    def serve() -> None:
        while not stop.is_set():
            with suppress(OSError):
                sock, _ = listening.accept()
                sock.settimeout(20)
                threads.append(threading.Thread(target=answer, args=(sock,)))
                threads[-1].start()

    def answer(sock: socket.socket) -> None:
        with suppress(OSError), closing(sock):
            line_sock = context.wrap_socket(sock, server_side=True) if tls else sock
            with closing(line_sock):
                head, body = _request(line_sock)
                with lock:
                    server.asked[body] += 1
                    server.again += body in server.answered
                    server.keys |= {row for row in head.split(b"\r\n") if row.lower().startswith(b"auth")}
                    failures = random.Random(b"%d %s" % (seed, body)).randint(1, 4)
                    line = Line(line_sock, head, body, server.asked[body], failures, stop, elsewhere, dice)
                try:
                    fault.play(line)
                finally:
                    server.sent = max(server.sent, line.sent)
                    server.answered |= {body} if line.answered else set()

    threads.append(threading.Thread(target=serve))
    threads[0].start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}/v1"
    try:
        yield server
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        listening.close()


def _request(sock: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(row for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:"))
    while len(body) < int(length.partition(b":")[2]):
        body += _some(sock)
    return head, body


def _some(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    if not data:
        raise OSError("the client is gone")
    return data
