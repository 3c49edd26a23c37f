"""``mmrag serve`` and ``mmrag mcp``."""

from __future__ import annotations

import errno
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from mmrag.cli.opening import every_index, path_of
from mmrag.cli.options import AskedBy, Offline, named
from mmrag.errors import MissingExtraError, UsageError

_STOP_SECONDS = 10

Indexes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[INDEX]...",
        help="Names of indexes under ./indexes, their paths, or the folders that they were made of. All "
        "under ./indexes if none is named.",
        show_default=False,
        callback=named,
    ),
]


def serve(
    indexes: Indexes = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen here. 0.0.0.0 lets other machines in, by a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="Listen here. 0 for any that is free.")] = 8765,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A name that browsers call this server by, such as that of a proxy. May be repeated.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="What clients must show. Better in the environment, where no other user sees it. One is "
            "made up where other machines can reach the server.",
            envvar="MMRAG_SERVE_TOKEN",
            show_default=False,
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Let nobody upload, remove or read again documents.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="N",
            help="Requests a second that one client may make in the long run; 0 for any number. Where other "
            "machines can reach the server 20, else 0.",
            min=0,
            show_default=False,
        ),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Show the reports of mmrag bench in here too.", show_default=False
        ),
    ] = None,
    pipeline: AskedBy = None,
    offline: Offline = False,
) -> None:
    """Serve indexes: a web page, an HTTP API (/openapi.json), and a model for chat programs (/v1).

    Nothing but this machine can reach the server unless --host says so. Ctrl-C stops it.
    """
    try:
        import uvicorn

        from mmrag.server.app import create_app, stop_updates
        from mmrag.server.connections import PunctualConnection
        from mmrag.server.options import ServerOptions, is_loopback
    except ModuleNotFoundError as error:
        raise MissingExtraError("mmrag serve", error.name or "fastapi", "serve") from error

    is_open = bool(allow_host) or not is_loopback(host)
    options = ServerOptions(
        host=host,
        port=port,
        token=token or (secrets.token_urlsafe(24) if is_open else ""),
        allowed_hosts=tuple(name.lower() for name in allow_host or ()),
        read_only=read_only,
        rate=rate if rate is not None else (20.0 if is_open else 0.0),
        reports=str(reports) if reports else "",
    )
    places = [path_of(name) for name in indexes or every_index()]
    app = create_app(places, options, pipeline=pipeline)
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=PunctualConnection,
        log_level="warning",
        access_log=False,  # addresses may hold the token, and bodies questions
        server_header=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    _announce(places, host, listening.getsockname()[1], options.token, made_up=not token)

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await stop_updates(app)  # those who follow one would be waited for
            await super().shutdown(sockets)

    server = Server(config)
    # It stops by itself, and then raises what stopped it; Ctrl-C is how a server ends.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    if not server.started:
        raise typer.Exit(1)


def mcp(indexes: Indexes = None, pipeline: AskedBy = None, offline: Offline = False) -> None:
    """Give indexes to an assistant that speaks MCP: search, ask, read_page, show_page and list_documents.

    The assistant starts this command itself and speaks over its pipes. Over HTTP the same tools are at /mcp
    of mmrag serve.
    """
    try:
        from mmrag.server.mcp import create_mcp
        from mmrag.server.shelf import Shelf
    except ModuleNotFoundError as error:
        raise MissingExtraError("mmrag mcp", error.name or "mcp", "serve") from error

    shelf = Shelf([path_of(name) for name in indexes or every_index()], pipeline)
    try:
        create_mcp(lambda: shelf).run("stdio")
    finally:
        shelf.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} is taken: choose another with --port, or --port 0 for any"
            ) from error
        raise UsageError(f"can't listen at {host}, port {port}: {error.strerror or error}") from error


def _announce(places: list[Path], host: str, port: int, token: str, *, made_up: bool) -> None:
    shown = "localhost" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104
    link = f"http://{shown}:{port}/" + (f"?token={token}" if token and made_up else "")
    names = ", ".join(place.name for place in places)
    print(f"Serving {names} at {link}", flush=True)
    if token and made_up:
        print("The link lets in whoever has it; it is shown this once.", flush=True)
    if os.isatty(1):
        print("Ctrl-C stops it.", flush=True)
