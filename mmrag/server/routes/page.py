"""The web page and what it is made of, from the package."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

router = APIRouter(include_in_schema=False)

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_FILES = {
    file.name: file.read_bytes()
    for file in (files("mmrag.server") / "web").iterdir()
    if not file.name.startswith("_")
}
"""All there is: whatever a request names, nothing else can be read."""


@router.get("/")
def home() -> Response:
    """The page."""
    return _send("index.html")


@router.get("/web/{name}")
def part(name: str) -> Response:
    """Its style and its scripts."""
    return _send(name)


def _send(name: str) -> Response:
    if name not in _FILES:
        raise HTTPException(404)
    ending = name[name.rindex(".") :]
    return Response(_FILES[name], media_type=_TYPES[ending], headers={"Cache-Control": "no-cache"})
