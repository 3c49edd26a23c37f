"""What a file is, from its content; and text from bytes in any of the usual encodings."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from mmrag.errors import DamagedError, UnreadableError, UnsupportedError

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
_ZERO_SHARE = 0.3
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HTML_START = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.I | re.S
)
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


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


def is_text(head: bytes) -> bool:
    """Whether ``head`` begins text in one of the encodings that `decode` knows."""
    if _wide(head):
        return True
    return b"\0" not in head and len(_CONTROL.findall(head)) <= len(head) // 100


def decode(data: bytes) -> str:
    """``data`` as text with ``\\n`` line ends, by its byte order mark, else as what it can be.

    Tried in this order: UTF-16 without a mark, UTF-8, the charset that an HTML page declares,
    GB18030 (if its bytes come in pairs as they do in Chinese), Windows-1252. Never fails: a byte
    that means nothing becomes U+FFFD.
    """
    return _decoded(data).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    encoding = _wide(data)
    if encoding:
        return data.decode(encoding, "replace")
    for candidate in ("utf-8", _declared(data), "gb18030" if _in_pairs(data) else ""):
        try:
            if candidate:
                return data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8" if _mostly_utf8(data) else "cp1252", "replace")


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


def _wide(data: bytes) -> str | None:
    """The encoding named by a byte order mark, or UTF-16 where every other byte of Latin text is zero."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:2000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    encoding, zeros, others = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if len(sample) % 2 or zeros * 2 < _ZERO_SHARE * len(sample) or zeros < 5 * others:
        return None
    text = sample.decode(encoding, "ignore")
    return None if not text or _CONTROL.search(text.encode("utf-8")) else encoding


def _declared(data: bytes) -> str:
    found = _META_CHARSET.search(data[:4096])
    name = found[1].decode("ascii", "replace").lower() if found else ""
    return "gb18030" if name in ("gb2312", "gbk") else name


def _in_pairs(data: bytes) -> bool:
    """Whether bytes over 127 come in long runs: so in Chinese, not in French or German."""
    runs = [len(run) for run in _HIGH_RUN.findall(data)]
    return sum(length for length in runs if length > 1) >= 0.9 * sum(runs) > 0


def _mostly_utf8(data: bytes) -> bool:
    """Whether the bytes over 127 are UTF-8 but for a few broken ones."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong * 20 < sum(not char.isascii() for char in text) - wrong
