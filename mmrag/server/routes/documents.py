"""Adding and removing documents, and reading the folder again, with progress."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, File, HTTPException, Path, Request, UploadFile
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from mmrag.errors import TooLargeError
from mmrag.server.faults import without_folders
from mmrag.server.options import ServerOptions
from mmrag.server.routes.shared import AllIndexes, DocumentId, OneIndex, Options, document_of
from mmrag.server.shapes import STREAM_ERRORS
from mmrag.server.updating import Job, Updates
from mmrag.server.uploads import discard, keep, safe_name


class Begun(BaseModel):
    """An update has begun; its id."""

    job: str


class Saved(Begun):
    """Files were put into the folder, under these paths, and an update has begun."""

    saved: list[str]


class Removed(BaseModel):
    """A document is out of the index. Where its file is ``kept``, the next update brings it back."""

    kept: bool = Field(description="Whether the file stays in the folder, as it was not uploaded here.")


def make_router(options: ServerOptions) -> APIRouter:
    """The routes, with the limits of ``options``."""
    router = APIRouter(prefix="/api/indexes/{index}", tags=["documents"])
    changes = [Depends(_may_change)]

    @router.post(
        "/documents", status_code=202, dependencies=changes, max_body_size=options.upload_mb * 1_000_000
    )
    async def upload(
        index: OneIndex, updates: OfIndex, files: Annotated[list[UploadFile], File(description="Documents.")]
    ) -> Saved:
        """Put files into the folder ``uploads`` of the index's own folder, and read it again."""
        if len(files) > options.upload_files:
            raise TooLargeError(f"{len(files)} files at once, over the limit of {options.upload_files}")

        def save() -> list[str]:
            here = index.here
            endings = here.recipe.ingest.readers
            names = [safe_name(file.filename or "", endings) for file in files]
            return keep(zip(names, (file.file for file in files), strict=True), here.root)

        saved = await anyio.to_thread.run_sync(save)
        return Saved(saved=saved, job=updates.start().id)

    @router.delete("/documents/{document}", dependencies=changes)
    async def remove(index: OneIndex, updates: OfIndex, document: DocumentId) -> Removed:
        """Take a document and its copies out of the index; what was uploaded is deleted too."""
        updates.check_idle()

        def take_out() -> bool:
            here = index.here
            gone = here.remove(document_of(here, document).id)
            return sum(discard(one.path, here.root) for one in gone) == len(gone)

        async with updates.alone:  # an update between would read the file once more
            return Removed(kept=not await anyio.to_thread.run_sync(take_out))

    @router.post("/update", status_code=202, dependencies=changes)
    async def update(updates: OfIndex) -> Begun:
        """Make the index equal to its folder again."""
        return Begun(job=updates.start().id)

    @router.get("/jobs/{job}/events", responses=STREAM_ERRORS, response_class=EventSourceResponse)
    async def follow(job: OneJob, shelf: AllIndexes) -> AsyncIterator[ServerSentEvent]:
        """Server-sent events of an update: `progress`, and at the end one `report` or one `error`."""
        async for name, data in job.follow():
            if name == "error":
                data = {**data, "message": without_folders(data["message"], shelf)}
            yield ServerSentEvent(event=name, data=data)

    return router


def _may_change(options: Options) -> None:
    if options.read_only:
        raise HTTPException(403, "this server is read-only")


def _updates(request: Request, index: OneIndex) -> Updates:
    found: Updates = request.app.state.updates[index.path]
    return found


OfIndex = Annotated[Updates, Depends(_updates)]


def _job(updates: OfIndex, job: Annotated[str, Path(description="As an update gave it.")]) -> Job:
    found = updates.jobs.get(job)
    if found is None:
        raise HTTPException(404, f"there is no update {job[:60]!r}, or it was long ago")
    return found


OneJob = Annotated[Job, Depends(_job)]
