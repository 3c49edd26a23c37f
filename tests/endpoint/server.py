"""A real server on this machine that plays a script of answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the server does with one request; ``slowly``: seconds before each byte of the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    slowly: float = 0.0
    slow_headers: bool = False
    hang_up: bool = False
    announced: int | None = None


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


def error(status: int, message: str = "", **more: Any) -> Answer:
    """An error in OpenAI's form."""
    return Answer(json.dumps({"error": {"message": message, **more}}).encode(), status)


class Server:
    """Answers requests in the order of ``script``, the last one for ever; or as ``script`` computes."""

    def __init__(self, script: list[Answer] | Callable[[Seen], Answer]) -> None:
        self._script = script
        self.seen: list[Seen] = []
        self.url = ""
        self.stop = threading.Event()
        self._lock = threading.Lock()

    def answer(self, request: Seen) -> Answer:
        with self._lock:
            self.seen.append(request)
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.seen), len(self._script)) - 1]


@contextmanager
def serving(script: list[Answer] | Callable[[Seen], Answer]) -> Iterator[Server]:
    server = Server(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._play(server.answer(Seen(self.path, headers, json.loads(body))))

        def _play(self, answer: Answer) -> None:
            if answer.hang_up:
                return
            try:
                if answer.slow_headers:
                    self._drip(b"HTTP/1.1 200 OK\r\n" + b"X-Wait: 1\r\n" * 1000, 0.02)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                length = len(answer.body) if answer.announced is None else answer.announced
                self.send_header("Content-Length", str(length))
                self.end_headers()
                if answer.slowly:
                    self._drip(answer.body, answer.slowly)
                else:
                    self.wfile.write(answer.body)
            except OSError:
                return  # the client had enough

        def _drip(self, data: bytes, seconds: float) -> None:
            for byte in data:
                if server.stop.is_set():
                    return
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(seconds)

        def log_message(self, *_: object) -> None:
            return

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = False
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    try:
        yield server
    finally:
        server.stop.set()
        http.shutdown()
        thread.join()
        http.server_close()
