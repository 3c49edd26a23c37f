"""A file to an open document of pdfium and its `Document`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pypdfium2

from mmrag.errors import DamagedError, EncryptedError
from mmrag.ingest.names import as_text
from mmrag.ingest.pdf.opening import document_value
from mmrag.types import Document

_SAID = re.compile(r"\(PDFium: (.*?)\.?\)")
_METADATA = {
    "title": "Title",
    "author": "Author",
    "subject": "Subject",
    "keywords": "Keywords",
    "creationDate": "CreationDate",
    "modDate": "ModDate",
}


def open_pdfium(path: Path, password: str | None = None) -> Any:
    """The open document of pypdfium2, unlocked.

    Raises:
        DamagedError: if it is broken or has no pages.
        EncryptedError: if the password is missing or wrong.
    """
    try:
        # A C library takes no name that is not text.
        named = as_text(str(path)) == str(path)
        document = pypdfium2.PdfDocument(path if named else path.read_bytes(), password=password)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            if password is None:
                reason = "is encrypted: give its password (--password)"
            else:
                reason = "is encrypted and the password given is wrong"
            raise EncryptedError(f"{path.name} {reason}") from error
        raise DamagedError(f"{path.name}: pdfium can't open it{_said(error)}") from error
    if len(document) == 0:
        document.close()
        raise DamagedError(f"{path.name} has no pages")
    return document


def _said(error: Exception) -> str:
    """What pdfium says, in parentheses behind what was asked of it; "Success" where it has no word for it."""
    found = _SAID.search(str(error))
    return "" if found and found[1] == "Success" else f": {found[1].lower() if found else error}"


def describe_pdfium(document: Any, path: Path, name: str) -> Document:
    """The `Document` value of an open document, with title, author and dates as the file says."""
    said = {key: document.get_metadata_value(theirs) for key, theirs in _METADATA.items()}
    return document_value(said, len(document), path, name)
