from pathlib import Path

import pytest

from mmrag.errors import DamagedError, IngestError, UnreadableError, UnsupportedError
from mmrag.ingest.sniff import media_type, sniff

CHINESE = (
    "\u6f6e\u6c50\u7535\u7ad9\u7684\u5e74\u5ea6\u62a5\u544a\u3002\u7b2c\u4e00\u7ae0\uff0c\u6982\u8ff0\u3002"
)
FRENCH = "L'\u00e9t\u00e9 dernier, la mar\u00e9e \u00e9tait tr\u00e8s haute \u00e0 No\u00ebl."


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"%PDF-1.7\n", "a.pdf", "application/pdf"),
        (b"%PDF-1.7\n", "a.txt", "application/pdf"),
        (b"\n\njunk before\n%PDF-1.4\n", "a.pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "a.jpg", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpeg", "image/jpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a.webp", "image/webp"),
        (b"II*\0\x08\0\0\0", "a.tif", "image/tiff"),
        (b"MM\0*\0\0\0\x08", "a.tiff", "image/tiff"),
        (b"BM\x3a\0\0\0\0\0\0\0", "a.bmp", "image/bmp"),
        (b"GIF89a\x01\0", "a.gif", "image/gif"),
        (b"<!DOCTYPE html><html>", "a.html", "text/html"),
        (b"<p>only a fragment", "a.htm", "text/html"),
        (b"\xef\xbb\xbf  <html lang='en'>", "a.txt", "text/plain"),
        (b"  <!-- saved --> <html lang='en'>", "a.txt", "text/html"),
        (b"# Title", "a.md", "text/markdown"),
        (b"# Title", "a.MARKDOWN", "text/markdown"),
        (b"# Title", "a.txt", "text/plain"),
        (b"BMW makes cars", "a.txt", "text/plain"),
        (b"PDF files begin with %PDF-1.", "a.txt", "text/plain"),
        (b"", "empty.txt", "text/plain"),
        (b"", "empty.md", "text/markdown"),
        (CHINESE.encode("gb18030"), "a.txt", "text/plain"),
        (CHINESE.encode("utf-16"), "a.txt", "text/plain"),
        (FRENCH.encode("utf-16-le"), "a.txt", "text/plain"),
    ],
)
def test_content_decides(head: bytes, name: str, found: str) -> None:
    assert media_type(head, name) == found


@pytest.mark.parametrize(
    ("head", "name", "kind", "message"),
    [
        (
            b"Dear all,\nhere is",
            "r.pdf",
            DamagedError,
            "r.pdf is not a PDF: it begins with 'Dear all, here is'",
        ),
        (
            b"<!DOCTYPE html><title>Sign in</title>",
            "r.pdf",
            DamagedError,
            "r.pdf is not a PDF: it begins with '<!DOCTYPE html><title>Sign in</title>'",
        ),
        (b"", "r.pdf", DamagedError, "r.pdf is empty (0 bytes)"),
        (b"\0\0\0\0", "r.pdf", DamagedError, "r.pdf is not a PDF: it begins with '\\x00\\x00\\x00\\x00'"),
        (
            b"PK\x03\x04\0\0",
            "r.pdf",
            DamagedError,
            "r.pdf is not a PDF: it is a ZIP archive or an Office document",
        ),
        (b"hello", "p.webp", DamagedError, "p.webp is not a WEBP picture: it begins with 'hello'"),
        (b"\x7fELF\x02\x01\0\0", "n.txt", DamagedError, "n.txt is not text: it is a program"),
        (
            b"\0\x01\x02\x03",
            "n.html",
            DamagedError,
            "n.html is not HTML: it begins with '\\x00\\x01\\x02\\x03'",
        ),
        (
            b"PK\x03\x04\0\0",
            "x.dat",
            UnsupportedError,
            "x.dat is of a kind that is not read: it is a ZIP archive or an Office document",
        ),
    ],
)
def test_what_is_not_what_it_says(head: bytes, name: str, kind: type[IngestError], message: str) -> None:
    with pytest.raises(kind) as raised:
        media_type(head, name)
    assert type(raised.value) is kind
    assert str(raised.value) == message


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"sub/gone\.pdf can't be opened: No such file"):
        sniff(tmp_path / "gone.pdf", "sub/gone.pdf")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableError, match=r"secret\.txt can't be opened: Permission denied"):
        sniff(tmp_path / "secret.txt")
