"""A real server on this machine that plays a script of answers, and refuses requests that stray."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.endpoint.schema import problems


@dataclass
class Answer:
    """What the server does with one request.

    Attributes:
        slowly: seconds before each byte of the body.
        chunks: parts of the body that are sent one by one, instead of one body of announced length.
        chunked: whether those come in HTTP's own chunks, so that a missing end shows.
        then: what comes after the chunks: the ``end``, a ``cut`` connection, or ``silence``.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    slowly: float = 0.0
    slow_headers: bool = False
    hang_up: bool = False
    announced: int | None = None
    chunks: Sequence[bytes] = ()
    chunked: bool = True
    then: str = "end"


@dataclass
class Seen:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    payload: dict[str, Any]


def said(text: str | None, tokens: tuple[int, int] | None = (11, 7), **more: Any) -> Answer:
    """A chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    data: dict[str, Any] = {"object": "chat.completion", "choices": [{**choice, **more}]}
    if tokens:
        data["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return Answer(json.dumps(data).encode())


def event(data: Any) -> bytes:
    """One server-sent event."""
    return b"data: %s\n\n" % (data if isinstance(data, bytes) else json.dumps(data).encode())


def delta(text: Any, finish: str | None = None, **more: Any) -> bytes:
    """A piece of a streamed chat completion."""
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return event({"object": "chat.completion.chunk", "choices": [choice]})


DONE = event(b"[DONE]")


def streamed(
    *texts: str, tokens: tuple[int, int] | None = (11, 7), finish: str = "stop", **more: Any
) -> Answer:
    """A streamed chat completion: who speaks, the texts, why it ends, and the counts."""
    chunks = [delta(None, role="assistant"), *map(delta, texts), delta(None, finish)]
    if tokens:
        usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
        chunks.append(event({"object": "chat.completion.chunk", "choices": [], "usage": usage}))
    return Answer(chunks=[*chunks, DONE], **more)


def error(status: int, message: str = "", **more: Any) -> Answer:
    """An error in OpenAI's form."""
    return Answer(json.dumps({"error": {"message": message, **more}}).encode(), status)


class Server:
    """Answers requests in the order of ``script``, the last one for ever; or as ``script`` computes.

    Attributes:
        seen: the requests to the chat.
        models: what the list of models holds; there is none without it.
        gone: set when a client has left before the end of its answer.
    """

    def __init__(self, script: list[Answer] | Callable[[Seen], Answer], models: Any) -> None:
        self._script = script
        self.models = models
        self.seen: list[Seen] = []
        self.listed = 0
        self.problems: list[str] = []
        self.url = ""
        self.stop, self.gone = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def answer(self, request: Seen) -> Answer:
        found = problems(request.payload)
        with self._lock:
            self.seen.append(request)
            self.problems += found
            if found:
                return error(400, "; ".join(found))
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.seen), len(self._script)) - 1]

    def list(self) -> Answer:
        self.listed += 1
        if self.models is None:
            return error(404, "no list")
        return self.models if isinstance(self.models, Answer) else Answer(json.dumps(self.models).encode())


@contextmanager
def serving(script: list[Answer] | Callable[[Seen], Answer], models: Any = None) -> Iterator[Server]:
    """A running server; at the end no request may have strayed from the interface."""
    server = Server(script, models)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = False
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield server
        assert server.problems == []
    finally:
        server.stop.set()
        http.shutdown()
        thread.join()
        http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._play(server.answer(Seen(self.path, headers, json.loads(body))))

        def do_GET(self) -> None:
            self._play(server.list())

        def _play(self, answer: Answer) -> None:
            self.close_connection = True
            if answer.hang_up:
                return
            try:
                if answer.slow_headers:
                    self._drip(b"HTTP/1.1 200 OK\r\n" + b"X-Wait: 1\r\n" * 1000, 0.02)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.chunks:
                    self._in_chunks(answer)
                else:
                    self._whole(answer)
            except OSError:
                server.gone.set()  # the client had enough

        def _whole(self, answer: Answer) -> None:
            length = len(answer.body) if answer.announced is None else answer.announced
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if answer.slowly:
                self._drip(answer.body, answer.slowly)
            else:
                self.wfile.write(answer.body)

        def _in_chunks(self, answer: Answer) -> None:
            self.send_header("Content-Type", "text/event-stream")
            if answer.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for chunk in answer.chunks:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk) if answer.chunked else chunk)
                self.wfile.flush()
                time.sleep(answer.slowly)
            if answer.then == "silence":
                self._wait()
            elif answer.then == "end" and answer.chunked:
                self.wfile.write(b"0\r\n\r\n")

        def _wait(self) -> None:
            while not server.stop.is_set():
                if select.select([self.connection], [], [], 0.01)[0]:  # nothing but its end can come
                    server.gone.set()
                    return

        def _drip(self, data: bytes, seconds: float) -> None:
            for byte in data:
                if server.stop.is_set():
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(seconds)

        def log_message(self, *_: object) -> None:
            return

    return Handler
