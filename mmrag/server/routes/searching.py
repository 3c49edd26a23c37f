"""Searching by words, by a picture, or by both."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Body, File, Form, UploadFile
from pydantic import Json

from mmrag.api.sharing import SharedIndex
from mmrag.errors import UsageError
from mmrag.server.routes.shared import OneIndex
from mmrag.server.shapes import LONGEST_QUESTION, Scope, SearchReply, SearchRequest
from mmrag.types import Query

PICTURE_BYTES = 20_000_000
_PICTURES = BoundedSemaphore(2)  # each may be of hundreds of megabytes in memory

router = APIRouter(prefix="/api/indexes/{index}", tags=["search"])


@router.post("/search")
def search(index: OneIndex, request: Annotated[SearchRequest, Body()]) -> SearchReply:
    """The best pages for a question, best first, each with the lists that brought it."""
    return _found(index, request.value(), request.top_k, request.strategies)


@router.post("/search/picture", max_body_size=PICTURE_BYTES)
def search_by_picture(
    index: OneIndex,
    picture: Annotated[UploadFile, File(description="PNG, JPEG, WebP, GIF, BMP or TIFF.")],
    query: Annotated[str, Form(max_length=LONGEST_QUESTION)] = "",
    scope: Annotated[Json[Scope], Form(description="JSON of top_k, strategies and filters.")] = Scope(),  # noqa: B008
) -> SearchReply:
    """The best pages for a picture, or for a picture and words together."""
    with TemporaryDirectory(prefix="mmrag-") as folder:
        file = Path(folder) / "picture"
        file.write_bytes(picture.file.read())
        asked = Query(query, str(file), scope.filters.value())
        try:
            with _PICTURES:
                return _found(index, asked, scope.top_k, scope.strategies)
        except UsageError as error:  # where it was put is nobody's business
            raise UsageError(str(error).replace(str(file), "that was sent")) from error


def _found(index: SharedIndex, query: Query, top_k: int, strategies: Sequence[str] | None) -> SearchReply:
    begin = time.perf_counter()
    hits = index.here.search(query, top_k, strategies=strategies)
    return SearchReply(hits=hits, seconds=round(time.perf_counter() - begin, 4))
