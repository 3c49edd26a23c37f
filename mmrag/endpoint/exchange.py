"""One request, bounded in time and size, that follows no redirect.

Built on the standard library's http.client rather than on a client library: all that is needed is one
request, and a limit on the whole of it, from connecting to the last byte, is what such libraries lack (their
timeouts are for each single read, so a server that sends a byte a second is never done).
"""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from mmrag.endpoint.connection import Deadline, connection
from mmrag.endpoint.errors import EndpointError, NoAnswerError

_CHUNK = 65_536
_SECRET = 10  # characters of a real key; what local servers are given instead is a word that texts may hold


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent: status, header fields by lower-case name, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange:
    """One request and its answer, bounded in time and size; a context manager, whose end hangs up at once.

    The body is sent as JSON; without one the request is a GET. Proxies are taken from the environment
    (``HTTPS_PROXY``, ``NO_PROXY``), as curl does, but none for this machine itself. Where the answer holds
    the key, it reads ``[key]`` instead.

    Args:
        url: http or https.
        payload: JSON-able, or ``None``.
        key: bearer token; none is sent if it is empty.
        seconds: for all of it, from connecting to the last byte; see `allow_silence`.
        most_bytes: longest body that is read.

    Raises:
        NoAnswerError: on entering or reading, if there is no connection, it breaks, or the time is over.
        EndpointError: on reading, if the answer is too long.
    """

    def __init__(self, url: str, payload: Any, key: str, seconds: float, most_bytes: int) -> None:
        self._place, self._payload, self._key = urlsplit(url), payload, key
        self._seconds, self._most_bytes = seconds, most_bytes
        self._silence = seconds
        self._deadline = Deadline(seconds)
        self._connection, self._target = connection(self._place, self._deadline)
        self._spelt = _ways_to_spell(key)
        self.status = 0
        self.headers: Mapping[str, str] = {}

    def __enter__(self) -> Exchange:
        self._deadline.start()
        try:
            with self._explained():
                self._connection.connect()
                # Reading a body, the connection lets go of its socket.
                self._socket = self._connection.sock
                self._deadline.check()
                self._send()
                self._answer = self._connection.getresponse()
        except BaseException:
            self._hang_up()
            raise
        self.status = self._answer.status
        self.headers = {
            name.lower(): self._redacted(value.encode()).decode() for name, value in self._answer.getheaders()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._hang_up()

    def allow_silence(self, seconds: float) -> None:
        """The answer has begun: between two pieces the server may pause so long, and the time for all of it
        begins anew, since how long a prompt is read says nothing of how long an answer is written.
        """
        self._silence = min(seconds, self._seconds)
        self._deadline.restart()
        self._socket.settimeout(self._silence)

    def lines(self) -> Iterator[bytes]:
        """The body as it comes in, line by line, without line ends."""
        rest: list[bytes] = []
        for chunk in self._chunks():
            *whole, last = chunk.split(b"\n")
            for line in whole:
                yield self._redacted(b"".join((*rest, line)).rstrip(b"\r"))
                rest.clear()
            rest.append(last)
        yield self._redacted(b"".join(rest))

    def response(self) -> Response:
        """All of it."""
        body = b"".join(self._chunks())
        return Response(self.status, self.headers, self._redacted(body))

    def _send(self) -> None:
        headers = {"Accept": "application/json", "User-Agent": f"mmrag/{version('mmrag')}"}
        headers["Connection"] = "close"
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        if self._payload is None:
            self._connection.request("GET", self._target, headers=headers)
            return
        headers["Content-Type"] = "application/json"
        self._connection.request("POST", self._target, json.dumps(self._payload).encode("ascii"), headers)

    def _chunks(self) -> Iterator[bytes]:
        size = 0
        while True:
            with self._explained():
                chunk = self._answer.read1(_CHUNK)
                self._deadline.check()
                if not chunk:
                    if self._answer.length:
                        raise http.client.IncompleteRead(b"", self._answer.length)
                    return
            size += len(chunk)
            if size > self._most_bytes:
                raise EndpointError(f"{self._host} answered with more than {self._most_bytes:,} bytes")
            yield chunk

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as error:
            if self._deadline.over or isinstance(error, TimeoutError):
                late = f"did not answer within {self._seconds:g} s"
                silent = f"sent nothing for {self._silence:g} s"
                quiet = not self._deadline.over and self._silence < self._seconds
                raise NoAnswerError(f"{self._host} {silent if quiet else late}", late=True) from error
            raise NoAnswerError(f"no answer from {self._host}: {_reason(error)}") from error

    def _hang_up(self) -> None:
        self._deadline.cancel()
        self._connection.close()

    def _redacted(self, text: bytes) -> bytes:
        # A server that shows what it was sent must not bring the key into a message.
        if len(self._key) < _SECRET:
            return text
        text = text.replace(self._key.encode("ascii"), b"[key]")
        return self._spelt.sub(b"[key]", text) if b"\\" in text or b"%" in text else text

    @property
    def _host(self) -> str:
        return self._place.netloc


def _ways_to_spell(key: str) -> re.Pattern[bytes]:
    r"""The key as it is, and as JSON or a URL may write its characters: ``\/``, ``\u002f``, ``%2F``."""
    ways = (rf"(?:\\?{re.escape(char)}|(?i:\\u00{ord(char):02x}|%{ord(char):02x}))" for char in key)
    return re.compile("".join(ways).encode("ascii"))


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection was cut"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split()) or type(error).__name__
