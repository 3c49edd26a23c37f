import base64
import hashlib
import io
import os
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, TooLargeError, UnreadableError
from mmrag.ingest.markup import MarkupIngestor
from mmrag.types import Document, Kind, ParsedPage

SILENT = IngestOptions(ocr="never")


def png(size: tuple[int, int] = (60, 40), colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def parse(
    root: Path, name: str, text: str | bytes, options: IngestOptions = SILENT
) -> tuple[Document, list[ParsedPage]]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    document, pages = MarkupIngestor().open(path, name, options)
    return document, list(pages)


def figures(pages: list[ParsedPage]) -> list[tuple[str, bool]]:
    """What is said about each picture, and whether it was read."""
    return [
        (element.caption or element.text, element.kind is Kind.FIGURE)
        for page in pages
        for element in page.elements
        if element.text != "x"
    ]


def test_a_document_without_pages(tmp_path: Path) -> None:
    document, pages = parse(
        tmp_path, "notes/a.md", "# One\n\ntext\n\n## Two\n\n| a | b |\n|--|--|\n| 1 | 2 |\n"
    )
    assert document.id == hashlib.sha256((tmp_path / "notes/a.md").read_bytes()).hexdigest()
    assert (document.path, document.media_type, document.title) == ("notes/a.md", "text/markdown", "One")
    assert (document.page_count, document.paged) == (2, False)
    assert [(page.page.number, page.page.label, page.page.width) for page in pages] == [
        (1, "One", None),
        (2, "Two", None),
    ]
    assert all(element.bbox is None for page in pages for element in page.elements)
    assert [[line.text for line in page.lines] for page in pages] == [["One", "text"], ["Two", "a b", "1 2"]]
    assert all(line.bbox is None for page in pages for line in page.lines)
    assert [(element.kind, element.section) for page in pages for element in page.elements] == [
        (Kind.HEADING, ()),
        (Kind.TEXT, ("One",)),
        (Kind.HEADING, ("One",)),
        (Kind.TABLE, ("One", "Two")),
    ]
    assert [element.order for element in pages[1].elements] == [0, 1]
    assert pages[0].elements[0].metadata == {"level": 1}


def test_the_same_words_twice_have_two_ids(tmp_path: Path) -> None:
    _, (page,) = parse(tmp_path, "a.txt", "same\n\nsame\n\nother")
    assert len({element.id for element in page.elements}) == 3


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_an_empty_file_has_no_pages(tmp_path: Path, name: str) -> None:
    document, pages = parse(tmp_path, name, b"")
    assert (document.page_count, pages) == (0, [])


def test_other_encodings(tmp_path: Path) -> None:
    _, (page,) = parse(tmp_path, "a.txt", "\u6f6e\u6c50\u7535\u7ad9".encode("gb18030"))
    assert page.elements[0].text == "\u6f6e\u6c50\u7535\u7ad9"


def test_pictures_are_found_beside_below_and_above_within_the_root(tmp_path: Path) -> None:
    for place in ("top.png", "docs/side.png", "docs/pic/my plan.png", "docs/q?1.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(png(colour="blue" if "q" in place else "red"))
    sources = (
        "../top.png",
        "side.png",
        "pic/my%20plan.png",
        "./side.png?v=2#x",
        "q?1.png",
        "/top.png",
        "pic\\my plan.png",
    )
    html = "".join(f'<img src="{source}" alt="{n}">' for n, source in enumerate(sources))
    _, (page,) = parse(tmp_path, "docs/a.html", html)
    assert page.error is None
    assert figures([page]) == [(str(n), True) for n in range(len(sources))]
    assert {asset.data for asset in page.assets} == {png(), png(colour="blue")}


@pytest.mark.parametrize(
    "source",
    [
        "../secret.png",
        "/../secret.png",
        "%2e%2e/secret.png",
        "link.png",
        "..\\secret.png",
        "sub/../../secret.png",
    ],
)
def test_no_path_leads_out_of_the_root(tmp_path: Path, source: str) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "link.png").symlink_to(tmp_path / "secret.png")
    _, (page,) = parse(root, "a.html", f'<p>x</p><img src="{source}" alt="leak">')
    assert page.assets == ()
    assert page.error == f"the picture {source} lies outside the indexed folder, and was not opened"
    assert figures([page]) == [("leak", False)]


def test_absolute_file_urls_are_held_to_the_root_too(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png())
    root = tmp_path / "root"
    root.mkdir()
    (root / "mine.png").write_bytes(png())
    html = f'<img src="file://{root}/mine.png" alt="a"><img src="file://{tmp_path}/secret.png" alt="b">'
    _, (page,) = parse(root, "a.html", html)
    assert figures([page]) == [("a", True), ("b", False)]
    assert "secret.png lies outside" in str(page.error)


def test_a_picture_on_the_network_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr("socket.socket.connect", refuse)
    html = '<img src="https://example.org/a.png" alt="remote"><img src="//example.org/b.png"><p>x'
    _, (page,) = parse(tmp_path, "a.html", html)
    assert (figures([page]), page.error) == ([("remote", False)], None)


@pytest.mark.parametrize(
    ("source", "data", "reason"),
    [
        ("gone.png", None, "the picture gone.png is missing"),
        ("text.png", b"not a picture", "text.png can't be decoded: its header is broken"),
        ("large.png", png((500, 400)), "large.png has 500 × 400 pixels, over the limit of 0 million"),
        ("data:image/png;base64,!!!", None, "a picture inside the text is not base64"),
        ("data:image/png,nonsense", None, "a picture inside the text can't be decoded"),
        ("a%00b.png", None, "the picture a%00b.png is missing"),
        ("x" * 5000, None, "is missing"),
    ],
)
def test_a_picture_that_can_not_be_read_is_reported_and_the_rest_goes_on(
    tmp_path: Path, source: str, data: bytes | None, reason: str
) -> None:
    if data is not None:
        (tmp_path / source).write_bytes(data)
    options = IngestOptions(ocr="never", max_pixels=10_000)
    _, (page,) = parse(tmp_path, "a.html", f'<p>before</p><img src="{source}"><p>after</p>', options)
    assert [element.text for element in page.elements] == ["before", "after"]
    assert reason in str(page.error)


def test_many_missing_pictures_are_one_line(tmp_path: Path) -> None:
    _, (page,) = parse(tmp_path, "a.html", "".join(f"<img src={n}.png alt={n}>" for n in range(9)))
    assert str(page.error).endswith("the picture 2.png is missing; and 6 more")


def test_pictures_inside_the_text(tmp_path: Path) -> None:
    data = base64.b64encode(png()).decode()
    _, (page,) = parse(tmp_path, "a.md", f"![inside](data:image/png;base64,{data})")
    assert figures([page]) == [("inside", True)]
    assert page.assets[0].data == png()


def test_icons_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "icon.png").write_bytes(png((16, 16)))
    _, (page,) = parse(tmp_path, "a.html", '<p>text <img src="icon.png"></p>')
    assert ([element.kind for element in page.elements], page.assets, page.error) == ([Kind.TEXT], (), None)


def test_special_files_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    _, (page,) = parse(tmp_path, "a.html", '<p>x</p><img src="pipe.png">')
    assert page.error == "the picture pipe.png is missing"


def test_words_in_a_picture_are_read(tmp_path: Path) -> None:
    picture = Image.new("RGB", (500, 120), "white")
    ImageDraw.Draw(picture).text((20, 30), "Outer gate", "black", ImageFont.load_default(40))
    picture.save(tmp_path / "gate.png")
    _, (page,) = parse(tmp_path, "a.md", "![A sign](gate.png)\n\n![Again](gate.png)", IngestOptions())
    first, second = page.elements
    assert (first.text, first.caption, first.metadata) == ("Outer gate", "A sign", {"ocr": True})
    assert (second.text, second.picture) == (first.text, first.picture)
    assert len(page.assets) == 1


def test_an_svg_is_drawn(tmp_path: Path) -> None:
    head = '<svg xmlns="http://www.w3.org/2000/svg"'
    words = '<text x="9" y="50">Outer gate</text></svg>'
    (tmp_path / "gate.svg").write_text(f'{head} width="200" height="100">{words}')
    (tmp_path / "icon.svg").write_text(f'{head} width="20" height="20">{words}')
    _, (page,) = parse(tmp_path, "a.md", "![A sign](gate.svg)\n\n![](icon.svg)")
    (figure,) = page.elements
    assert (figure.kind, figure.text, figure.caption, figure.metadata) == (
        Kind.FIGURE,
        "Outer gate",
        "A sign",
        {},
    )
    assert [(asset.width, asset.height) for asset in page.assets] == [(400, 200)]


def test_what_is_not_text(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"a\.md is not Markdown"):
        parse(tmp_path, "a.md", bytes(range(32)) * 10)


def test_too_much_text(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(TooLargeError, match=r"long\.txt has 100 MB, over the limit"):
        MarkupIngestor().open(path, "long.txt", SILENT)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        MarkupIngestor().open(tmp_path / "gone.md", "gone.md", SILENT)


@pytest.mark.parametrize(
    ("begins", "kind"), [(b"BM\x1f", "image/bmp"), (png(), "image/png"), (b"%PDF-1.7\n", "pdf")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, begins: bytes, kind: str):
    with pytest.raises(DamagedError, match=f"a.md is no text: it begins as .*{kind} does"):
        parse(tmp_path, "a.md", begins)
