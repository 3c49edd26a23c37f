"""A file to an open PDF and its `Document`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pymupdf

from mmrag.errors import DamagedError, EncryptedError
from mmrag.ingest.names import as_text
from mmrag.text.normalise import normalise
from mmrag.types import Document

MEDIA_TYPE = "application/pdf"
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")
_CHUNK = 1 << 20
_NO_TITLE = re.compile(
    r"(?:untitled|no title|title|document\d*|microsoft (?:word|powerpoint).*|"
    r".*\.(?:docx?|tex|dvi|pptx?|indd|qxd|pdf|ps|rtf|odt))",
    re.IGNORECASE,
)


def open_pdf(path: Path, password: str | None = None) -> Any:
    """The open PyMuPDF document, unlocked.

    Raises:
        DamagedError: if it is empty, broken, not a PDF, or has no pages.
        EncryptedError: if the password is missing or wrong.
    """
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        size = path.stat().st_size
        if size == 0:
            raise DamagedError(f"{path.name} is empty (0 bytes)")
        # A C library takes no name that is not text.
        named = as_text(str(path)) == str(path)
        document = pymupdf.open(path if named else None, None if named else path.read_bytes(), filetype="pdf")
    except OSError as error:
        raise DamagedError(f"{path.name} can't be read: {error.strerror or error}") from error
    except RuntimeError as error:
        # Mostly all that MuPDF says is that it failed to open the file, by its whole path.
        said = "" if str(path) in str(error) else f": {_one_line(error)}"
        raise DamagedError(f"{path.name} is not a readable PDF{said}") from error
    try:
        _unlock(document, path, password)
        pages = _page_count(document, path)
    except Exception:
        document.close()
        raise
    if pages == 0:
        document.close()
        raise DamagedError(f"{path.name} has no pages")
    return document


def _unlock(document: Any, path: Path, password: str | None) -> None:
    if not document.needs_pass:
        return
    if password is None:
        raise EncryptedError(f"{path.name} is encrypted: give its password (--password)")
    if not document.authenticate(password):
        raise EncryptedError(f"{path.name} is encrypted and the password given is wrong")


def _page_count(document: Any, path: Path) -> int:
    if not document.is_pdf:
        raise DamagedError(f"{path.name} is not a PDF")
    try:
        return int(document.page_count)
    except RuntimeError as error:
        raise DamagedError(f"{path.name}: its page tree is broken: {_one_line(error)}") from error


def describe(document: Any, path: Path, name: str) -> Document:
    """The `Document` value of an open PDF, with title, author and dates as the file says."""
    return document_value(document.metadata or {}, document.page_count, path, name)


def document_value(said: Mapping[str, str | None], pages: int, path: Path, name: str) -> Document:
    """A `Document` from what a PDF says about itself.

    Args:
        said: by ``title``, ``author``, ``subject``, ``keywords``, ``creationDate``, ``modDate``.
        pages: how many it has.
        path: the file.
        name: relative to the indexed root.
    """
    metadata: dict[str, str | int | float | bool] = {}
    for key, label in (("author", "author"), ("subject", "subject"), ("keywords", "keywords")):
        value = normalise(said.get(key) or "").replace("\n", " ")
        if value:
            metadata[label] = value
    for key, label in (("creationDate", "created"), ("modDate", "modified")):
        date = iso_date(said.get(key) or "")
        if date:
            metadata[label] = date
    title = normalise(said.get("title") or "").replace("\n", " ")
    return Document(
        id=file_hash(path),
        path=name,
        media_type=MEDIA_TYPE,
        title="" if _NO_TITLE.fullmatch(title) else title,
        page_count=pages,
        metadata=metadata,
    )


def file_hash(path: Path) -> str:
    """sha256 of the file's bytes, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def iso_date(text: str) -> str:
    """A PDF date (ISO 32000-1, 7.9.4) as ``YYYY-MM-DD`` or shorter; empty if it is none."""
    found = _DATE.match(text)
    return "-".join(part for part in found.groups()[:3] if part) if found else ""


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
