"""The reports of ``mmrag bench`` in one folder."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from starlette.responses import Response

from mmrag.server.routes.shared import Options

POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:"
)
"""A report brings its own scripts and styles. In a sandbox it is of no origin, and reaches nothing."""

_FILE = "report.html"

router = APIRouter(tags=["reports"])


class ReportList(BaseModel):
    """Names of reports."""

    reports: list[str]


@router.get("/api/reports")
def reports(options: Options) -> ReportList:
    """The reports that there are, by the names of their folders."""
    return ReportList(reports=sorted(_found(options.reports)))


@router.get("/reports/{name}", include_in_schema=False)
def report(options: Options, name: str) -> Response:
    """One report, as it stands."""
    found = _found(options.reports)
    if name not in found:
        raise HTTPException(404, f"there is no report {name[:60]!r}")
    headers = {"Content-Security-Policy": POLICY}
    return Response(found[name].read_bytes(), media_type="text/html; charset=utf-8", headers=headers)


def _found(folder: str) -> dict[str, Path]:
    """By what is there, not by what a client asks for: no name leads out of the folder."""
    if not folder:
        return {}
    return {file.parent.name: file for file in Path(folder).glob(f"*/{_FILE}")}
