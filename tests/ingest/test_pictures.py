import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, TooLargeError, UnreadableError
from mmrag.ingest.pictures import PictureIngestor
from mmrag.types import Document, Kind, ParsedPage

SILENT = IngestOptions(ocr="never")


def parse(path: Path, options: IngestOptions = SILENT) -> tuple[Document, list[ParsedPage]]:
    document, pages = PictureIngestor().open(path, path.name, options)
    return document, list(pages)


def only(path: Path, options: IngestOptions = SILENT) -> ParsedPage:
    document, pages = parse(path, options)
    assert document.page_count == len(pages) == 1
    return pages[0]


def decoded(page: ParsedPage) -> Image.Image:
    return Image.open(io.BytesIO(page.assets[0].data)).convert("RGB")


def stripes(width: int = 40, height: int = 20) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def letter(lines: int = 12) -> Image.Image:
    picture = Image.new("RGB", (900, 160 + 40 * lines), "white")
    draw = ImageDraw.Draw(picture)
    for row in range(lines):
        text = f"line {row} of a letter that is long enough to be prose"
        draw.text((40, 40 + 40 * row + (60 if row >= 6 else 0)), text, "black", ImageFont.load_default(28))
    return picture


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_every_format_becomes_one_figure(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"stripes.{ending}"
    stripes().save(path)
    document, (page,) = parse(path)
    assert document.id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.paged
    assert (page.page.width, page.page.height, page.error) == (40.0, 20.0, None)
    (figure,) = page.elements
    assert (figure.kind, figure.picture) == (Kind.FIGURE, page.assets[0].id)
    assert figure.bbox is not None
    assert figure.bbox.as_tuple() == (0, 0, 1, 1)
    assert page.assets[0].media_type in ("image/png", "image/jpeg", "image/webp")
    left, right = decoded(page).getpixel((5, 10)), decoded(page).getpixel((35, 10))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


@pytest.mark.parametrize(("ending", "kept"), [("png", True), ("jpg", True), ("webp", True), ("bmp", False)])
def test_what_a_viewer_shows_is_kept_byte_by_byte(tmp_path: Path, ending: str, kept: bool) -> None:
    path = tmp_path / f"stripes.{ending}"
    stripes().save(path)
    assert (only(path).assets[0].data == path.read_bytes()) is kept


def test_the_ending_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "stripes.jpg"
    stripes().save(path, "PNG")
    document, _ = parse(path)
    assert document.media_type == "image/png"


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "fax.tiff"
    frames = [Image.new("1", (10 + n, 20), n % 2) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    document, pages = parse(path)
    assert document.page_count == 3
    assert [(page.page.number, page.page.width) for page in pages] == [(1, 10), (2, 11), (3, 12)]
    assert [decoded(page).getpixel((0, 0)) for page in pages] == [(0, 0, 0), (255, 255, 255), (0, 0, 0)]


def test_of_an_animation_the_first_frame_is_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    stripes().save(
        path, save_all=True, append_images=[Image.new("RGB", (40, 20), c) for c in ("lime", "white")]
    )
    page = only(path)
    assert page.error == "moving.gif is an animation of 3 frames: only the first was read"
    assert len(page.elements) == 1


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    stripes(64, 32).save(path, exif=exif, quality=95)
    page = only(path)
    assert (page.page.width, page.page.height) == (32, 64)
    top = decoded(page).getpixel((16, 4))
    assert isinstance(top, tuple)
    assert top[0] > 200


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "1", "P", "CMYK", "I;16", "I", "F", "YCbCr", "LAB"])
def test_modes(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.tiff"
    if mode == "I;16":
        picture = Image.fromarray(np.array([[0, 65535]], dtype=np.uint16))
    elif mode in ("I", "F"):
        picture = Image.fromarray(np.array([[0, 70000]], dtype=np.int32 if mode == "I" else np.float32))
    else:
        picture = Image.new("RGB", (2, 1), "black")
        picture.putpixel((1, 0), (255, 255, 255))
        picture = picture.convert("L").convert(mode) if mode in ("LA", "1") else convert(picture, mode)
    picture.save(path)
    page = only(path)
    assert page.error is None
    shown = decoded(page)
    assert np.asarray(shown)[0].tolist() == [pytest.approx([0] * 3, abs=1), pytest.approx([255] * 3, abs=1)]


def convert(picture: Image.Image, mode: str) -> Image.Image:
    if mode != "LAB":
        return picture.convert(mode)
    from PIL import ImageCms

    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(picture, srgb, lab, outputMode="LAB")
    assert made is not None
    return made


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    path = tmp_path / "clear.tiff"
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(path)
    assert decoded(only(path)).getpixel((0, 0)) == (255, 255, 255)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(50_000, 50_000), (12_000, 9_000)])
def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(*size))
    with pytest.raises(
        TooLargeError, match=r"bomb\.png has .* over the limit of 100 million \(ingest\.max_pixels\)"
    ):
        parse(path)


def test_a_bomb_in_a_later_frame_costs_only_that_page(tmp_path: Path) -> None:
    path = tmp_path / "fax.tiff"
    frames = [Image.new("1", size) for size in ((10, 10), (200, 100), (10, 10))]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    _, pages = parse(path, IngestOptions(ocr="never", max_pixels=1000))
    assert [page.error is None for page in pages] == [True, False, True]
    assert "200 × 100 pixels" in str(pages[1].error)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.png", b"", r"empty\.png is empty"),
        ("text.png", b"hello there", r"text\.png is not a PNG picture: it begins with 'hello there'"),
        ("cut.png", b"\x89PNG\r\n\x1a\n", r"cut\.png can't be decoded"),
        ("cut.gif", b"GIF89a\0\0", r"cut\.gif can't be decoded"),
        ("cut.tiff", b"II*\0\xff\xff\xff\xff", r"cut\.tiff"),
    ],
)
def test_what_is_not_a_picture(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DamagedError, match=reason):
        parse(path)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_a_file_cut_short(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"cut.{ending}"
    noise = np.random.default_rng(1).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DamagedError, match=rf"cut\.{ending} can't be (decoded|read)"):
        parse(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        parse(tmp_path / "gone.png")


def test_words_in_a_figure(tmp_path: Path) -> None:
    path = tmp_path / "chart.png"
    picture = Image.new("RGB", (600, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((50, 80, 200, 250), fill="navy")
    draw.text((60, 20), "Rainfall in March", "black", ImageFont.load_default(32))
    picture.save(path)
    page = only(path, IngestOptions())
    (figure,) = page.elements
    assert (figure.kind, figure.text, figure.metadata) == (Kind.FIGURE, "Rainfall in March", {"ocr": True})
    assert [line.text for line in page.lines] == ["Rainfall in March"]


def test_a_scanned_letter_becomes_a_page_with_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "letter.png"
    letter().save(path)
    page = only(path, IngestOptions())
    whole, *paragraphs = page.elements
    assert (whole.kind, whole.picture) == (Kind.PAGE, page.assets[0].id)
    assert [element.kind for element in paragraphs] == [Kind.TEXT, Kind.TEXT]
    assert paragraphs[0].text == " ".join(
        f"line {row} of a letter that is long enough to be prose" for row in range(6)
    )
    assert paragraphs[0].bbox is not None
    assert paragraphs[1].bbox is not None
    assert paragraphs[0].bbox.y1 < paragraphs[1].bbox.y0
    assert all(element.metadata == {"ocr": True} for element in page.elements)
    assert len(page.lines) == 12
    assert [element.order for element in page.elements] == [0, 1, 2]


def test_title_and_author_as_the_file_says(tmp_path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    path = tmp_path / "titled.png"
    said = PngInfo()
    said.add_text("Title", "Harbour")
    said.add_text("Author", "A. Painter")
    options: dict[str, Any] = {"pnginfo": said}
    stripes().save(path, **options)
    document, _ = parse(path)
    assert (document.title, document.metadata) == ("Harbour", {"author": "A. Painter"})


def test_ids_are_the_same_on_a_rerun(tmp_path: Path) -> None:
    path = tmp_path / "stripes.bmp"
    stripes().save(path)
    assert only(path) == only(path)
