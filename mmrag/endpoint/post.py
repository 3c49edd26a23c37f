"""One POST request, bounded in time and size, that follows no redirect.

Built on the standard library's http.client rather than on a client library: all that is needed is one
request, and a limit on the whole of it, from connecting to the last byte, is what such libraries lack (their
timeouts are for each single read, so a server that sends a byte a second is never done).
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from mmrag.endpoint.errors import EndpointError, NoAnswerError

_CONNECT_SECONDS = 20.0
_MOST_BYTES = 8_000_000
_SECRET = 10  # characters of a real key; what local servers are given instead is a word that texts may hold


@dataclass(frozen=True, slots=True)
class Response:
    """What a server sent: status, header fields by lower-case name, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, payload: Any, key: str, seconds: float, most_bytes: int = _MOST_BYTES) -> Response:
    """Send ``payload`` as JSON and read the whole answer, whatever its status.

    Proxies are taken from the environment (``HTTPS_PROXY``, ``NO_PROXY``), as curl does.

    Args:
        url: http or https.
        payload: JSON-able.
        key: bearer token; none is sent if it is empty.
        seconds: for all of it.
        most_bytes: longest body that is read.

    Raises:
        NoAnswerError: if there is no connection, it breaks, or the time is over.
        EndpointError: if the answer is too long.
    """
    place = urlsplit(url)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": f"mmrag/{version('mmrag')}",
        "Connection": "close",
    }
    if key:
        headers["Authorization"] = f"Bearer {key}"
    connection, target = _connection(place, min(seconds, _CONNECT_SECONDS))
    with _Deadline(connection, seconds) as deadline:
        try:
            connection.connect()
            deadline.watch(connection.sock)
            connection.request("POST", target, json.dumps(payload).encode("ascii"), headers)
            with connection.getresponse() as answer:
                body = answer.read(most_bytes + 1)
            deadline.check()
            if answer.length and len(body) <= most_bytes:
                raise http.client.IncompleteRead(body, answer.length)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.over or isinstance(error, TimeoutError):
                raise NoAnswerError(f"{place.netloc} did not answer within {seconds:g} s") from error
            raise NoAnswerError(f"no answer from {place.netloc}: {_reason(error)}") from error
    if len(body) > most_bytes:
        raise EndpointError(f"{place.netloc} answered with more than {most_bytes:,} bytes")
    fields = {name.lower(): value for name, value in answer.getheaders()}
    if len(key) >= _SECRET:  # a server that shows what it was sent must not bring the key into a message
        body = body.replace(key.encode("ascii"), b"[key]")
        fields = {name: value.replace(key, "[key]") for name, value in fields.items()}
    return Response(answer.status, fields, body)


class _Deadline:
    """Cuts a connection when its time is over: every wait for the other side then ends at once."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.over = False

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def watch(self, sock: socket.socket) -> None:
        """The socket, once there is one; the connection itself lets go of it while a body is read."""
        sock.settimeout(self._seconds)
        self._socket = sock
        self.check()

    def check(self) -> None:
        if self.over:
            raise TimeoutError

    def _cut(self) -> None:
        self.over = True
        if self._socket is not None:
            with suppress(OSError):  # it may just have been closed
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _connection(place: SplitResult, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """The connection, through a proxy where one is set, and what to ask it for."""
    target = place._replace(scheme="", netloc="", fragment="").geturl()
    host = str(place.hostname)
    proxy = None if proxy_bypass(host) else getproxies().get(place.scheme)
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
    direct = through or place
    if place.scheme == "http":
        plain = http.client.HTTPConnection(str(direct.hostname), direct.port, timeout=seconds)
        return plain, place.geturl() if through else target
    secure = http.client.HTTPSConnection(
        str(direct.hostname), direct.port, timeout=seconds, context=ssl.create_default_context()
    )
    if through:
        secure.set_tunnel(host, place.port or 443, _credentials(through))
    return secure, target


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "no such host"
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split()) or type(error).__name__
