"""What a request has to pass before any part of the application sees it.

A server on the loopback address can still be reached by every page that the same person has open in a
browser: by a name that an attacker resolves to 127.0.0.1 (DNS rebinding), or by a plain cross-site request.
So the ``Host`` has to be one of ours, and the ``Origin``, where a browser tells it, the server. See the
OWASP cheat sheets on cross-site request forgery and on content security policy.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response

from mmrag.server.options import LOOPBACK, ServerOptions, address_of, is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_COOKIE = "mmrag_token"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_SAME = ("same-origin", "none")
_BURST_SECONDS = 5.0
_MOST_CLIENTS = 10_000
_LOG = logging.getLogger(__name__)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@\s]+)(:\d{1,5})?", re.IGNORECASE)
_SILENCE = 30.0

BROKEN = "something went wrong; the server's log says what"
"""All that a client learns of a bug."""


class Guard:
    """Refuses what did not come from a client of this server, or comes too often.

    Args:
        app: what is guarded.
        options: of the server.
    """

    def __init__(self, app: ASGIApp, options: ServerOptions) -> None:
        self._app, self._options = app, options
        self._under_way = 0
        self._buckets = _Buckets(options.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing here speaks over WebSockets
            await send({"type": "websocket.close", "code": 1008})
            return
        answered = False

        async def send_with_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        response = self._refusal(scope) or self._entrance(scope)
        if response is not None:
            await response(scope, receive, send_with_headers)
            return
        self._under_way += 1
        try:
            await self._app(scope, _in_time(receive), send_with_headers)
        except Exception:
            # The traceback is for whoever runs the server, never for its client.
            _LOG.exception("%s %s failed", scope["method"], scope["path"])
            if answered:
                raise
            failed = refusal(500, "InternalError", BROKEN)
            await failed(scope, receive, send_with_headers)
        finally:
            self._under_way -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(_name_of(host)):
            return refusal(
                421, "WrongHost", "this server does not go by that name: see mmrag serve --help, --allow-host"
            )
        if not _is_same_origin(headers, host, scope):
            return refusal(403, "WrongOrigin", "requests from other sites are refused")
        client = scope.get("client") or ("", 0)
        if not self._buckets.take(client[0]):  # before the token, which could be guessed at otherwise
            return refusal(429, "TooMany", "too many requests: come again in a second", retry_after=1)
        if self._options.token and not self._shows_token(scope, headers):
            return refusal(
                401, "NoToken", "open the link that mmrag serve has printed, or send its token as bearer"
            )
        if self._under_way >= self._options.waiting:
            return refusal(503, "Busy", "too many requests at once: come again in a second", retry_after=1)
        return None

    def _is_ours(self, name: str) -> bool:
        options = self._options
        if name in options.allowed_hosts or name == options.host:
            return True
        # An attacker's name can be made to lead anywhere; an address is what it is.
        return is_loopback(name) if options.is_local else name in LOOPBACK or address_of(name) is not None

    def _shows_token(self, scope: Scope, headers: Headers) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(shown.strip()):
            return True
        # Other programs at this address have cookies too, of any form.
        kept = cookie_parser(headers.get("cookie", "")).get(_cookie_of(headers), "")
        return self._is_token(kept) or self._is_token(_token_of(scope))

    def _is_token(self, shown: str) -> bool:
        return bool(shown) and hmac.compare_digest(shown.encode(), self._options.token.encode())

    def _entrance(self, scope: Scope) -> Response | None:
        """The link with the token leads to the page without it, and the browser keeps it in a cookie."""
        if scope["path"] != "/" or not _token_of(scope):
            return None
        response = RedirectResponse("/", status_code=303)
        if self._options.token:
            response.set_cookie(
                _cookie_of(Headers(scope=scope)),
                self._options.token,
                httponly=True,
                samesite="strict",
                secure=scope.get("scheme") == "https",
            )
        return response


class _Buckets:
    """A bucket of requests for each client, filled at a steady rate (the "token bucket" of networking)."""

    def __init__(self, rate: float) -> None:
        self._rate, self._size = rate, max(1.0, rate * _BURST_SECONDS)
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Whether one more request of this client is all right."""
        if not self._rate:
            return True
        now = time.monotonic()
        level, before = self._levels.pop(client, (self._size, now))
        level = min(self._size, level + (now - before) * self._rate)
        self._levels[client] = (level - 1 if level >= 1 else level, now)
        while len(self._levels) > _MOST_CLIENTS:
            self._levels.popitem(last=False)
        return level >= 1


def refusal(status: int, kind: str, message: str, retry_after: int = 0) -> JSONResponse:
    """An error as every client gets it."""
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return JSONResponse({"error": {"kind": kind, "message": message}}, status, headers)


def _is_same_origin(headers: Headers, host: str, scope: Scope) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        return False
    if headers.get("sec-fetch-site", "none") in _SAME:
        return True
    # A link on another page may lead to ours; it may not do anything but show it.
    return scope["method"] == "GET" and scope["path"] == "/" and headers.get("sec-fetch-mode") == "navigate"


def _name_of(host: str) -> str:
    """A ``Host`` header without its port, and without the brackets of an IPv6 address; empty for no host."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower() if found else ""


def _cookie_of(headers: Headers) -> str:
    """The name of the cookie at the port that the client calls; browsers share cookies between ports."""
    found = _HOST.fullmatch(headers.get("host", ""))
    port = found[2] if found else None
    return f"{_COOKIE}_{port[1:]}" if port else _COOKIE


def _in_time(receive: Receive) -> Receive:
    """What is received, as long as the body of the request goes on coming."""
    whole = False

    async def call() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout(_SILENCE):
                message = await receive()
        except TimeoutError:
            message = {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return call


def _token_of(scope: Scope) -> str:
    if scope["path"] != "/":
        return ""
    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin-1")).get("token", [""])[0]
