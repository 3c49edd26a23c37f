"""A connection that is over when its time is: looking the host up, connecting, TLS and each read together.

The timeouts of sockets are for each single wait, so whoever sends a byte a second is never late.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from mmrag.endpoint.address import is_loopback
from mmrag.endpoint.errors import EndpointError

_CONNECT_SECONDS = 20.0


class Deadline:
    """Cuts a connection when its time is over: every wait for the other side then ends at once."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._line: socket.socket | None = None
        self._timer: threading.Timer | None = None
        self.over = False

    def start(self) -> None:
        """Begin to count."""
        self._end = time.monotonic() + self._seconds
        self._timer = threading.Timer(self._seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def restart(self) -> None:
        """Begin to count anew."""
        self._stop()
        self.start()

    def cancel(self) -> None:
        """Count no more."""
        self._stop()
        if self._line is not None:
            self._line.close()

    def check(self) -> None:
        """Raise a TimeoutError if the time is over."""
        if self.over:
            raise TimeoutError

    def connect(self, address: tuple[str, int], *_: Any) -> socket.socket:
        """A connected socket; it takes the place of `socket.create_connection`.

        Raises:
            OSError: if there is no such host, it can't be reached, or the time is over.
        """
        problem = OSError("no such host")
        for family, kind, protocol, _name, place in self._addresses(*address):
            sock = socket.socket(family, kind, protocol)
            try:
                self._watch(sock)
                sock.settimeout(self._wait())
                sock.connect(place)
            except OSError as error:
                sock.close()
                problem = error
                self.check()
            else:
                sock.settimeout(self._seconds)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
        raise problem

    def _addresses(self, host: str, port: int) -> list[Any]:
        """Where the host is. A resolver can't be interrupted, so it is left behind when the time is over."""
        found: list[Any] = []
        problem: list[Exception] = []

        def look() -> None:
            try:
                found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                problem.append(error)

        looking = threading.Thread(target=look, name="mmrag-resolver", daemon=True)
        looking.start()
        looking.join(max(0.0, self._end - time.monotonic()))
        if problem:
            raise problem[0]
        if not found:
            raise TimeoutError
        return found

    def _wait(self) -> float:
        self.check()
        return max(0.001, min(_CONNECT_SECONDS, self._end - time.monotonic()))

    def _watch(self, sock: socket.socket) -> None:
        # A second handle on the same line: it can be cut whoever owns the first one by then, TLS or a body.
        if self._line is not None:
            self._line.close()
        self._line = sock.dup()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _cut(self) -> None:
        self.over = True
        if self._line is not None:
            with suppress(OSError):  # it may just have been closed
                self._line.shutdown(socket.SHUT_RDWR)


def connection(place: SplitResult, deadline: Deadline) -> tuple[http.client.HTTPConnection, str]:
    """A connection to be opened, through a proxy where one is set, and what to ask it for.

    No proxy stands between this machine and itself: it would be shown the key, and `--offline` allows none.

    Raises:
        EndpointError: if the environment names a proxy that is no URL.
    """
    target = place._replace(scheme="", netloc="", fragment="").geturl()
    through = _proxy(place)
    direct = through or place
    if place.scheme == "http":
        made = http.client.HTTPConnection(str(direct.hostname), direct.port)
        target = place.geturl() if through else target
    else:
        context = ssl.create_default_context()
        made = http.client.HTTPSConnection(str(direct.hostname), direct.port, context=context)
        if through:
            made.set_tunnel(str(place.hostname), place.port or 443, _credentials(through))
    setattr(made, "_create_connection", deadline.connect)  # noqa: B010 - there is no public way
    return made, target


def _proxy(place: SplitResult) -> SplitResult | None:
    host = str(place.hostname)
    # An entry of no_proxy may be of one port alone; an IPv6 address stands there without brackets.
    if is_loopback(host) or proxy_bypass(host) or proxy_bypass(place.netloc):
        return None
    proxy = getproxies().get(place.scheme)
    if not proxy:
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        # Its text stays out of the message: it may hold a password.
        raise EndpointError(
            f"{place.scheme}_proxy in the environment is not the address of an http proxy, such as "
            "http://proxy.example.org:3128: mend it, or name the host in no_proxy",
            fatal=True,
        )
    return parts


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"}
