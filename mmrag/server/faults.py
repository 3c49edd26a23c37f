"""Errors of mmrag as answers over HTTP."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

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
    """What a client is told; see `without_folders`."""
    return without_folders(str(error), shelf)


def without_folders(message: str, shelf: Shelf) -> str:
    """The message with names in place of the folders of indexes and documents on the server's machine."""
    names: dict[str, str] = {}
    for name, index in shelf.all.items():
        names[str(index.path)] = name
        if index.root.name:  # else it is of no folder yet, or of all that there is
            names |= {str(index.root): index.root.name, f"{index.root}{os.sep}": ""}
    for place in sorted(names, key=len, reverse=True):  # one may be within another
        message = message.replace(place, names[place])
    return message


async def on_error(request: Request, error: Exception) -> JSONResponse:
    """The handler of every error that mmrag raises on purpose."""
    assert isinstance(error, MmragError)  # noqa: S101 - it is registered for these
    return refusal(status_of(error), type(error).__name__, message_of(error, request.app.state.shelf))


async def on_misshapen(_: Request, error: Exception) -> Response:
    """The handler of requests of the wrong shape: what is wrong where, without the words that are.

    Those may be what no JSON can say, such as NaN, or no UTF-8, such as half a character.
    """
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these
    detail = [{name: one[name] for name in ("type", "loc", "msg")} for one in error.errors()]
    body = json.dumps({"detail": detail}, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, 422, media_type="application/json")


async def on_refusal(request: Request, error: HTTPException) -> JSONResponse:
    """The handler of what the routes refuse themselves, such as an address that is nothing."""
    return refusal(
        error.status_code, "NotFound" if error.status_code == 404 else "Refused", str(error.detail)
    )
