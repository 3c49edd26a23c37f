"""What there is: the server itself, its indexes, their documents, pages and pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

import mmrag
from mmrag.errors import UsageError
from mmrag.pictures import shrunk
from mmrag.server.faults import without_folders
from mmrag.server.options import password
from mmrag.server.routes.shared import AllIndexes, DocumentId, OneIndex, Options, document_of
from mmrag.server.shapes import LAST_PAGE, LONGEST_QUESTION, Health, IndexList, PageReply, ServedIndex
from mmrag.types import BBox, Document, FileReport

router = APIRouter(prefix="/api", tags=["look"])

# A picture of a page says the same as long as the document does, whose id is in its address.
_KEPT = {"Cache-Control": "private, max-age=3600"}
_LONGEST = 14  # inches
_PICTURES = BoundedSemaphore(2)  # each may be of hundreds of megabytes in memory
_MEDIA_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}
_PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}, "description": "The picture."}}

Number = Annotated[int, Path(description="From 1.", ge=1, le=LAST_PAGE)]


@router.get("/health")
def health(shelf: AllIndexes, options: Options) -> Health:
    """Whether the server works, its version, and the names of its indexes."""
    return Health(version=mmrag.__version__, indexes=list(shelf.all), read_only=options.read_only)


@router.get("/indexes")
def indexes(shelf: AllIndexes) -> IndexList:
    """What the indexes hold."""
    found = (index.here.info() for index in shelf.all.values())
    shown = (replace(info, state=without_folders(info.state, shelf)) for info in found)
    return IndexList(indexes=[ServedIndex.model_validate(info, from_attributes=True) for info in shown])


@router.get("/indexes/{index}/documents")
def documents(index: OneIndex) -> list[Document]:
    """The documents, in the order of their paths."""
    return index.here.documents()


@router.get("/indexes/{index}/files")
def files(index: OneIndex) -> list[FileReport]:
    """What became of every file of the folder."""
    return index.here.files()


@router.get("/indexes/{index}/documents/{document}/pages/{number}")
def page(index: OneIndex, document: DocumentId, number: Number) -> PageReply:
    """A page with its elements in reading order."""
    here = index.here
    found = document_of(here, document)
    return PageReply(document=found, page=here.page(found, number), elements=here.elements(found, number))


@router.get(
    "/indexes/{index}/documents/{document}/pages/{number}/picture", responses=_PNG, response_class=Response
)
def page_picture(
    index: OneIndex,
    document: DocumentId,
    number: Number,
    dpi: Annotated[int, Query(description="Pixels an inch.", ge=18, le=300)] = 96,
    box: Annotated[
        list[str],
        Query(description="x0,y0,x1,y1 in page fractions, to be outlined.", max_length=50),
    ] = [],  # noqa: B006
    heat: Annotated[
        str, Query(description="Colour where this question matched.", max_length=LONGEST_QUESTION)
    ] = "",
) -> Response:
    """The picture of a page, with boxes outlined or heat drawn. A section is typeset.

    A picture that is a document of its own comes as if it were at most 14 inches long.
    """
    here = index.here
    found = document_of(here, document)
    boxes = [_box(text) for text in box]
    written = io.BytesIO()
    with _PICTURES:
        picture = here.page_picture(found, number, dpi=dpi, boxes=boxes, heat=heat, password=password())
        if found.media_type.startswith("image/"):  # it has no inches, and may be of any size
            picture = shrunk(picture, dpi * _LONGEST)
        picture.save(written, "PNG", compress_level=1)
    return Response(written.getvalue(), media_type="image/png", headers=_KEPT)


@router.get("/indexes/{index}/pictures/{asset}", responses=_PNG, response_class=Response)
def picture(index: OneIndex, asset: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """The picture of a figure or a table, by the id that its element names."""
    file = index.here.picture(asset)
    return Response(file.read_bytes(), media_type=_MEDIA_TYPES[file.suffix], headers=_KEPT)


def _box(text: str) -> BBox:
    try:
        return BBox(*(float(part) for part in text.split(",")))
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"box wants four shares of the page, such as 0.1,0.2,0.5,0.4, found {text[:60]!r}"
        ) from error
