"""What a file is, from its content."""

from __future__ import annotations

import re
from pathlib import Path

from mmrag.errors import DamagedError, UnreadableError, UnsupportedError
from mmrag.ingest.charsets import is_text

PDF = "application/pdf"
PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
TIFF, BMP, GIF = "image/tiff", "image/bmp", "image/gif"
HTML, MARKDOWN, PLAIN = "text/html", "text/markdown", "text/plain"

ENDINGS = {
    ".pdf": PDF,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": WEBP,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".bmp": BMP,
    ".gif": GIF,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".txt": PLAIN,
    ".text": PLAIN,
}
"""File name endings that are read, in lower case, and what such a file should hold."""

_TEXTS = (HTML, MARKDOWN, PLAIN)
_NAMES = {PDF: "a PDF", TIFF: "a TIFF picture", HTML: "HTML", MARKDOWN: "Markdown", PLAIN: "text"}
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"%!PS", "PostScript"),
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "a program"),
)
_HEAD = 65_536
_PDF_WITHIN = 1024
_HTML_START = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S
)


def sniff(path: Path, name: str | None = None) -> str:
    """The media type of the file at ``path``, found from its content.

    The ending decides only between kinds of text. A picture or PDF is recognised whatever its ending.

    Args:
        path: the file.
        name: what messages call it; its file name by default.

    Raises:
        UnreadableError: if it can't be opened.
        DamagedError: if it is not what its ending says.
        UnsupportedError: if it is of a kind that is not read.
    """
    name = name or path.name
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableError(f"{name} can't be opened: {error.strerror or error}") from error
    return media_type(head, name)


def media_type(head: bytes, name: str) -> str:
    """As `sniff`, for the first bytes (64 KB are enough) of a file called ``name``."""
    promised = ENDINGS.get(Path(name).suffix.lower())
    known = _binary(head)
    if known:
        return known
    if head and not is_text(head):
        raise _mismatch(head, name, promised)
    if promised in _TEXTS:
        return HTML if promised == PLAIN and _HTML_START.match(head) else promised
    if promised:
        raise _mismatch(head, name, promised)
    return HTML if _HTML_START.match(head) else PLAIN


def _binary(head: bytes) -> str | None:
    for magic, kind in (
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"\xff\xd8\xff", JPEG),
        (b"GIF87a", GIF),
        (b"GIF89a", GIF),
        (b"II*\0", TIFF),
        (b"MM\0*", TIFF),
        (b"II+\0", TIFF),
        (b"MM\0+", TIFF),
    ):
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:2] == b"BM" and not is_text(head):
        return BMP
    return PDF if b"%PDF-" in head[:_PDF_WITHIN] and not _talks_about_pdf(head) else None


def _talks_about_pdf(head: bytes) -> bool:
    """Whether ``%PDF-`` stands inside running text: a PDF may have junk before it, but it starts a line."""
    before = head[: head.index(b"%PDF-")]
    return is_text(head) and bool(before.strip()) and not before.endswith((b"\n", b"\r"))


def _mismatch(head: bytes, name: str, promised: str | None) -> DamagedError | UnsupportedError:
    if not head:
        return DamagedError(f"{name} is empty (0 bytes)")
    foreign = next((what for magic, what in _FOREIGN if head.startswith(magic)), None)
    found = f"it is {foreign}" if foreign else f"it begins with {_quoted(head)}"
    if promised is None:
        return UnsupportedError(f"{name} is of a kind that is not read: {found}")
    what = _NAMES.get(promised) or f"a {promised.removeprefix('image/').upper()} picture"
    return DamagedError(f"{name} is not {what}: {found}")


def _quoted(head: bytes) -> str:
    text = head[:200].decode("utf-8", "replace") if is_text(head) else head[:8].decode("latin-1")
    return repr(" ".join(text.split())[:40]) if is_text(head) else repr(text)
