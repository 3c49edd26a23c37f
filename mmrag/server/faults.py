"""Errors of mmrag as answers over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmrag.errors import (
    IndexStoreError,
    IngestError,
    LockedError,
    MissingExtraError,
    MmragError,
    ModelError,
    NotAnIndexError,
    TooLargeError,
    UsageError,
)
from mmrag.server.guard import refusal

if TYPE_CHECKING:
    from fastapi import Request
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse

    from mmrag.server.shelf import Shelf

_STATUS: tuple[tuple[type[MmragError], int], ...] = (
    (NotAnIndexError, 404),
    (LockedError, 409),
    (TooLargeError, 413),
    (UsageError, 400),
    (IngestError, 409),
    (ModelError, 502),
    (MissingExtraError, 501),
    (IndexStoreError, 500),
    (MmragError, 500),
)


def status_of(error: MmragError) -> int:
    """The status code for an error."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def message_of(error: MmragError, shelf: Shelf) -> str:
    """What a client is told: folders of the server's machine are left out."""
    message = str(error)
    for name, index in shelf.all.items():
        message = message.replace(str(index.path), name).replace(str(index.root), "")
    return message


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """The handler of every error that mmrag raises on purpose."""
    assert isinstance(error, MmragError)  # noqa: S101 - it is registered for these
    return refusal(status_of(error), type(error).__name__, message_of(error, request.app.state.shelf))


async def on_refusal(request: Request, error: HTTPException) -> JSONResponse:
    """The handler of what the routes refuse themselves, such as an address that is nothing."""
    return refusal(
        error.status_code, "NotFound" if error.status_code == 404 else "Refused", str(error.detail)
    )
