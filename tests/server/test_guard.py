"""What the guard lets in and what it does not, each attack beside the request that is all right."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from mmrag.errors import UsageError
from mmrag.server.app import create_app
from mmrag.server.guard import Guard
from mmrag.server.options import ServerOptions
from tests.server.conftest import BASE

TOKEN = "correct-horse-battery"


def guarded(options: ServerOptions | None = None, base: str = BASE, **more: Any) -> TestClient:
    def hello(request: Request) -> Response:
        return PlainTextResponse(f"hello {request.url.query}")

    def broken(request: Request) -> Response:
        raise RuntimeError("secret: /home/someone")

    routes = [
        Route("/", hello, methods=["GET", "POST"]),
        Route("/api", hello, methods=["GET", "POST"]),
        Route("/broken", broken),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, options=options or ServerOptions())])
    return TestClient(app, base_url=base, follow_redirects=False, **more)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "127.0.0.1:9", "[::1]:8765", "127.8.8.8", "LOCALHOST"]
)
def test_its_own_names_are_let_in(host: str) -> None:
    assert guarded().get("/api", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "10.0.0.7",
        "",
        "0.0.0.0",
        "localhost.",
        "localhost@evil.example",
        "localhost:80@evil.example",
        "evil.example@localhost",
        "[::1]evil.example",
        "[::1%evil.example]",
        "localhost, evil.example",
        "localhost:port",
    ],
)
def test_names_that_lead_here_by_rebinding_are_refused(host: str) -> None:
    response = guarded().get("/api", headers={"host": host})
    assert response.status_code == 421
    assert response.json()["error"]["kind"] == "WrongHost"


def test_where_other_machines_may_come_addresses_and_named_hosts_are_let_in() -> None:
    options = ServerOptions(host="0.0.0.0", token=TOKEN, allowed_hosts=("docs.example",))
    client = guarded(options, headers={"authorization": f"Bearer {TOKEN}"})
    for host, status in (
        ("10.0.0.7:8765", 200),
        ("docs.example", 200),
        ("localhost", 200),
        ("evil.example", 421),
    ):
        assert client.get("/api", headers={"host": host}).status_code == status, host


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": "file://"},
        {"origin": "http://["},
        {"origin": "ftp://localhost:8765"},
        {"origin": "http://evil.example@localhost:8765"},
        {"origin": "http://localhost:8765.evil.example"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_requests_of_other_sites_are_refused(headers: dict[str, str], method: str) -> None:
    response = guarded().request(method, "/api", headers=headers)
    assert response.status_code == 403
    assert response.json()["error"]["kind"] == "WrongOrigin"


def test_requests_of_its_own_page_and_links_to_it_are_let_in() -> None:
    client = guarded()
    own = {"origin": "http://localhost:8765", "sec-fetch-site": "same-origin"}
    assert client.post("/api", headers=own).status_code == 200
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert client.get("/", headers=link).status_code == 200
    assert client.post("/", headers=link).status_code == 403


def test_without_the_token_nothing_is_to_be_had() -> None:
    client = guarded(ServerOptions(token=TOKEN))
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": "Bearer "},
        {"cookie": "mmrag_token_8765="},
        {"cookie": f"other={TOKEN}"},
        {"cookie": f"mmrag_token={TOKEN}; mmrag_token_8766={TOKEN}"},
    ):
        for path in ("/", "/api", f"/api?token={TOKEN}"):
            assert client.get(path, headers=headers).status_code == 401, (path, headers)
    assert client.get("/api", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_link_with_the_token_gives_a_cookie_and_leads_to_the_page_without_it() -> None:
    client = guarded(ServerOptions(token=TOKEN))
    entered = client.get("/", params={"token": TOKEN})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").text == "hello "


def test_the_cookie_is_found_among_those_of_other_programs() -> None:
    client = guarded(ServerOptions(token=TOKEN))
    for others in ('p={"a": 1, "b": [2]}', "a@b[x]=1, 2", "lone", "=;;"):
        headers = {"cookie": f"{others}; mmrag_token_8765={TOKEN}; z=(1)"}
        assert client.get("/api", headers=headers).status_code == 200, others


def test_servers_at_other_ports_of_a_host_keep_their_own_cookies() -> None:
    kept: dict[str, str] = {}  # browsers don't tell ports apart
    clients = {
        token: guarded(ServerOptions(token=token), base)
        for token, base in ((TOKEN, BASE), ("second", "http://localhost:8766"), ("third", "http://localhost"))
    }
    for token, client in clients.items():
        kept |= dict(client.get("/", params={"token": token}, follow_redirects=False).cookies)
    for client in clients.values():
        client.cookies = kept  # type: ignore[assignment]
        assert client.get("/").text == "hello "


def test_over_tls_the_cookie_stays_there() -> None:
    for base, secure in ((BASE, False), ("https://localhost:8765", True)):
        entered = guarded(ServerOptions(token=TOKEN), base).get("/", params={"token": TOKEN})
        assert ("secure" in entered.headers["set-cookie"].lower()) == secure


def test_tokens_can_t_be_guessed_at_any_speed() -> None:
    client = guarded(ServerOptions(token=TOKEN, rate=1.0))
    codes = [client.get("/api", headers={"authorization": f"Bearer {at}"}).status_code for at in range(12)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429


def test_the_token_is_wanted_by_every_part_of_the_application(place: Path) -> None:
    paths = (
        "/",
        "/api/health",
        "/openapi.json",
        "/web/main.js",
        "/mcp",
        "/v1/models",
        "/reports/x",
        "/nothing",
    )
    with TestClient(create_app([place], ServerOptions(token=TOKEN)), base_url=BASE) as client:
        for path in paths:
            for method in ("GET", "POST", "OPTIONS"):
                assert client.request(method, path).status_code == 401, (method, path)


def test_a_name_of_a_proxy_wants_a_token_too() -> None:
    with pytest.raises(UsageError, match="by the name docs.example other machines can reach the server"):
        ServerOptions(allowed_hosts=("docs.example",))
    for name in ("docs.example:8443", "http://docs.example", "", "*"):
        with pytest.raises(UsageError, match="a host is a name such as"):
            ServerOptions(token=TOKEN, allowed_hosts=(name,))


@pytest.mark.parametrize("token", ["Schlüssel", "two words", "a;b", "a\nb"])
def test_tokens_that_no_header_can_carry_are_refused(token: str) -> None:
    with pytest.raises(UsageError, match="a token is of ASCII letters"):
        ServerOptions(token=token)


def test_a_listener_for_other_machines_wants_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.0.5", "docs.example"):
        with pytest.raises(UsageError, match="it wants a token"):
            ServerOptions(host=host)


def test_every_answer_carries_the_headers_that_keep_a_browser_in_bounds() -> None:
    client = guarded()
    for response in (
        client.get("/api"),
        client.get("/api", headers={"host": "evil.example"}),
        client.get("/broken"),
    ):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["cache-control"] == "no-store"


def test_a_bug_is_told_to_the_log_and_not_to_the_client(caplog: pytest.LogCaptureFixture) -> None:
    response = guarded().get("/broken")
    assert response.status_code == 500
    assert response.json() == {
        "error": {"kind": "InternalError", "message": "something went wrong; the server's log says what"}
    }
    assert "secret: /home/someone" in caplog.text


def test_who_comes_too_often_is_told_to_wait() -> None:
    client = guarded(ServerOptions(rate=2.0))
    codes = [client.get("/api").status_code for _ in range(12)]
    assert codes[:10] == [200] * 10
    assert codes[-1] == 429
    assert client.get("/api").headers["retry-after"] == "1"


def test_more_than_may_wait_are_told_to_come_again() -> None:
    begun = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await asyncio.sleep(30)

    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    async def both() -> None:
        guard = Guard(slow, ServerOptions(waiting=1))
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", b"localhost")],
            "query_string": b"",
        }
        first = asyncio.create_task(guard(scope, None, keep))  # type: ignore[arg-type]
        await begun.wait()
        await guard(scope, None, keep)  # type: ignore[arg-type]
        first.cancel()

    asyncio.run(both())
    assert sent[0]["status"] == 503


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.server.guard._SILENCE", 0.01)
    got: list[Any] = []

    async def read(scope: Any, receive: Any, send: Any) -> None:
        got.extend([await receive(), await receive()])

    async def receive() -> Any:
        if not got and not sent:
            sent.append(1)
            return {"type": "http.request", "body": b"{", "more_body": True}
        return await asyncio.sleep(30)

    sent: list[int] = []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(read, ServerOptions())(scope, receive, None))  # type: ignore[arg-type]
    assert [message["type"] for message in got] == ["http.request", "http.disconnect"]


def test_no_websocket_is_opened(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/"):
        pass
    assert closed.value.code == 1008
