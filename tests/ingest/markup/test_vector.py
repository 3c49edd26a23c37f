import pytest

from mmrag.errors import DamagedError, TooLargeError
from mmrag.ingest.markup.vector import draw, is_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
CHART = (
    HEAD + 'width="300" height="200"><rect x="20" y="50" width="60" height="120" fill="navy"/>'
    '<text x="30" y="30" font-size="20">Rain in March</text></svg>'
).encode()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (CHART, True),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by hand -->\n<!DOCTYPE svg>\n<SVG>", True),
        (b"<html><svg>", False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"", False),
    ],
)
def test_recognising(data: bytes, found: bool) -> None:
    assert is_svg(data) is found


def test_a_chart_is_drawn_and_its_words_are_known() -> None:
    picture, words = draw(CHART, "chart.svg", 144, 1_000_000)
    assert (picture.size, picture.mode, words) == ((600, 400), "RGB", "Rain in March")
    assert (picture.getpixel((80, 200)), picture.getpixel((500, 300))) == ((0, 0, 128), (255, 255, 255))


def test_nothing_outside_is_opened(tmp_path_factory: pytest.TempPathFactory) -> None:
    from PIL import Image

    path = tmp_path_factory.mktemp("secret") / "secret.png"
    Image.new("RGB", (50, 50), "red").save(path)
    for source in (str(path), f"file://{path}"):
        svg = f'{HEAD}width="100" height="100"><image xlink:href="{source}" width="100" height="100"/></svg>'
        picture, _ = draw(svg.encode(), "leak.svg", 72, 1_000_000)
        assert picture.getcolors() == [(10_000, (255, 255, 255))]


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        ((HEAD + 'width="99999" height="99999"/>').encode(), TooLargeError, "huge.svg has .* over the limit"),
        (b"<svg", DamagedError, r"huge\.svg can't be drawn"),
        (b"<svg><rect></svg", DamagedError, r"huge\.svg can't be drawn"),
    ],
)
def test_what_can_not_be_drawn(data: bytes, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        draw(data, "huge.svg", 144, 100_000_000)
