"""The application: an HTTP API over indexes, the page that uses it, and their tools for assistants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

import mmrag
from mmrag.errors import MmragError
from mmrag.server.faults import on_error, on_misshapen, on_refusal
from mmrag.server.guard import Guard
from mmrag.server.mcp import create_mcp
from mmrag.server.options import ServerOptions
from mmrag.server.routes import answering, compatible, documents, looking, page, reports, searching
from mmrag.server.shapes import ERRORS
from mmrag.server.shelf import Shelf
from mmrag.server.updating import Updates

BODY_BYTES = 1_000_000
"""Longest body of a request that uploads nothing."""

_PATIENCE = 5.0


def create_app(
    indexes: Iterable[str | Path],
    options: ServerOptions | None = None,
    *,
    pipeline: str | Path | None = None,
) -> FastAPI:
    """The application over some indexes, for any ASGI server; ``mmrag serve`` runs it with uvicorn.

    Args:
        indexes: names or paths, as `mmrag.open` takes them; they are opened when the application starts.
        options: limits, the token, and the names that it answers to.
        pipeline: by whose parts ``retrieve`` and ``answer`` the indexes are searched and asked.

    Raises:
        What `mmrag.open` raises, when the application starts.
    """
    options = options or ServerOptions()
    places = list(indexes)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # Threads stay with what they have opened: as many as are wanted, and no more.
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = options.threads
        shelf = app.state.shelf = await anyio.to_thread.run_sync(Shelf, places, pipeline)
        app.state.updates = {index.path: Updates(index.path) for index in shelf.all.values()}
        try:
            async with assistants.session_manager.run():
                yield
        finally:
            await stop_updates(app)
            if await _are_idle(limiter, app.state.answers):
                await anyio.to_thread.run_sync(shelf.close)

    app = FastAPI(
        title="mmrag",
        summary="Search and ask documents by what their pages say and show.",
        version=mmrag.__version__,
        lifespan=lifespan,
        middleware=[Middleware(Guard, options=options)],
        exception_handlers={
            MmragError: on_error,
            HTTPException: on_refusal,
            RequestValidationError: on_misshapen,
        },
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        responses=ERRORS,
        max_body_size=BODY_BYTES,
    )
    assistants = create_mcp(lambda: app.state.shelf)
    app.state.options = options
    app.state.updates = {}
    app.state.answers = anyio.CapacityLimiter(options.answers)
    for part in (looking, searching, answering, compatible, reports, page):
        app.include_router(part.router)
    app.include_router(documents.make_router(options))
    app.router.routes.extend(
        # The guard has looked at hosts and origins already, by the names that the server goes by.
        assistants.streamable_http_app(
            stateless_http=True,
            max_request_body_size=BODY_BYTES,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        ).routes
    )
    return app


async def stop_updates(app: FastAPI) -> None:
    """End the updates that are under way; whoever follows one is told."""
    await asyncio.gather(*(one.stop() for one in app.state.updates.values()))


async def _are_idle(*limiters: anyio.CapacityLimiter) -> bool:
    """Whether all threads are done, soon. What one still reads from must stay open until the process ends."""
    with anyio.move_on_after(_PATIENCE):
        while any(limiter.borrowed_tokens for limiter in limiters):
            await anyio.sleep(0.05)
    return not any(limiter.borrowed_tokens for limiter in limiters)
