"""Connections that send no head, or one that trickles in, don't stay; slow answers and bodies do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from mmrag.server import connections

PATIENCE = 20
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)


async def slow(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the body was, after a pause longer than a head may take."""
    length = 0
    while True:
        message = await receive()
        length += len(message["body"])
        if not message["more_body"]:
            break
    await asyncio.sleep(0.5)
    said = b"%d bytes" % length
    head = [(b"content-length", b"%d" % len(said))]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": said})


def talking(talk: Talk) -> None:
    async def run() -> None:
        config, state = uvicorn.Config(slow, log_level="critical", lifespan="off"), ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: connections.PunctualConnection(config, state, {}), "127.0.0.1", 0
        )
        async with asyncio.timeout(PATIENCE), server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            await talk(reader, writer)
            writer.close()

    asyncio.run(run())


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A header without an end, a byte at a time, until nobody takes it any more."""
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("begun", [b"", HEAD])
def test_a_head_that_does_not_come_is_not_waited_for(begun: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(begun)
        assert await reader.read() == b""

    talking(talk)


def test_a_head_that_trickles_is_not_waited_for() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"X-Slow: ")
        drops = asyncio.create_task(trickle(writer))
        with suppress(ConnectionResetError):  # or so, where bytes were under way
            assert await reader.read() == b""
        drops.cancel()
        await asyncio.gather(drops, return_exceptions=True)

    talking(talk)


def test_slow_answers_are_waited_for_and_the_connection_serves_again() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(7) == b"0 bytes"
        writer.write(HEAD)  # the clock runs again for the next one
        assert await reader.read() == b""

    talking(talk)


def test_a_body_may_take_longer_than_a_head() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n")
        for _ in range(8):
            writer.write(b"x")
            await asyncio.sleep(0.1)
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(7) == b"8 bytes"

    talking(talk)
