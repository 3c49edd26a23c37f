"""What the routes have in common: the index that a request is about, for the thread that works on it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Path, Request

from mmrag.api.index import Index
from mmrag.api.sharing import SharedIndex
from mmrag.server.options import ServerOptions
from mmrag.server.shelf import Shelf
from mmrag.types import Document

Name = Annotated[str, Path(alias="index", description="Name of an index.", max_length=255)]

DocumentId = Annotated[str, Path(description="The document's id.", pattern="^[0-9a-f]{64}$")]


def document_of(index: Index, name: str) -> Document:
    """The document with this id; the first by path, where several files have the same content.

    Raises:
        HTTPException: 404 if there is none.
    """
    for document in index.documents():
        if document.id == name:
            return document
    raise HTTPException(404, f"the index has no document {name[:12]}…")


def _shelf(request: Request) -> Shelf:
    shelf: Shelf = request.app.state.shelf
    return shelf


def _options(request: Request) -> ServerOptions:
    options: ServerOptions = request.app.state.options
    return options


def _index(name: Name, shelf: Annotated[Shelf, Depends(_shelf)]) -> SharedIndex:
    return shelf[name]


AllIndexes = Annotated[Shelf, Depends(_shelf)]
Options = Annotated[ServerOptions, Depends(_options)]
OneIndex = Annotated[SharedIndex, Depends(_index)]
