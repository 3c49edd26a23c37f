"""Photo-like pictures, painted with Pillow from seeded noise: the harbour at dusk, and a notice board."""

from __future__ import annotations

import io
import math
import random

import pymupdf
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from making.paper import WHITE, Sheet, Style, colour

Size = tuple[int, int]


def noise(size: Size, cells: Size, seed: int, octaves: int = 4) -> Image.Image:
    """Smooth grey noise: ``cells`` blotches across and down, finer ones on top with half the weight."""
    dice = random.Random(seed)
    total = Image.new("L", size, 128)
    for octave in range(octaves):
        grid = (max(2, cells[0] << octave), max(2, cells[1] << octave))
        layer = Image.frombytes("L", grid, dice.randbytes(grid[0] * grid[1])).resize(
            size, Image.Resampling.BICUBIC
        )
        total = Image.blend(total, layer, 0.6 if octave == 0 else 0.5**octave * 0.7)
    return total


def gradient(size: Size, stops: list[tuple[float, tuple[int, int, int]]]) -> Image.Image:
    """Colours from top to bottom; stops are (share of the height, colour)."""
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        share = y / max(1, size[1] - 1)
        below = max((s for s in stops if s[0] <= share), key=lambda s: s[0])
        above = min((s for s in stops if s[0] >= share), key=lambda s: s[0])
        part = 0.0 if above[0] == below[0] else (share - below[0]) / (above[0] - below[0])
        column.putpixel(
            (0, y), tuple(round(a + (b - a) * part) for a, b in zip(below[1], above[1], strict=True))
        )
    return column.resize(size)


def glow(size: Size, centre: tuple[float, float], radius: float, strength: int) -> Image.Image:
    """A soft light spot as a mask."""
    spot = ImageChops.invert(Image.radial_gradient("L")).point(lambda v: int((v / 255) ** 2.4 * strength))
    side = round(radius * 2)
    mask = Image.new("L", size, 0)
    mask.paste(spot.resize((side, side)), (round(centre[0] - radius), round(centre[1] - radius)))
    return mask


def harbour(size: Size = (1000, 560), seed: int = 3) -> Image.Image:
    """A lighthouse on a breakwater, boats and a low sun over the sea."""
    wide, high = size
    horizon = round(high * 0.56)
    sky = _sky((wide, horizon), seed)
    sun = (wide * 0.36, horizon * 0.83)
    warm = Image.new("RGB", sky.size, (255, 222, 150))
    sky.paste(warm, mask=glow(sky.size, sun, wide * 0.34, 190))
    disc = Image.new("L", sky.size, 0)
    ImageDraw.Draw(disc).ellipse([sun[0] - 21, sun[1] - 21, sun[0] + 21, sun[1] + 21], fill=255)
    sky.paste((255, 246, 214), mask=disc.filter(ImageFilter.GaussianBlur(2)))
    scene = Image.new("RGB", size)
    scene.paste(sky)
    scene.paste(_sea(sky, (wide, high - horizon), sun[0], seed + 1), (0, horizon))
    _headland(scene, horizon, seed + 2)
    _breakwater(scene, horizon, seed + 5)
    _boat(scene, wide * 0.20, horizon + 52, 1.25)
    _boat(scene, wide * 0.49, horizon + 14, 0.6)
    return _developed(scene, seed + 9)


def _sky(size: Size, seed: int) -> Image.Image:
    sky = gradient(
        size, [(0.0, (38, 52, 94)), (0.45, (122, 96, 128)), (0.78, (228, 138, 98)), (1.0, (252, 206, 140))]
    )
    veil = noise(size, (3, 9), seed, 5).point(lambda v: max(0, min(210, int((v - 128) * 4.2))))
    sky.paste(Image.composite(Image.new("RGB", size, (246, 170, 130)), sky, veil), mask=veil)
    dark = noise(size, (2, 14), seed + 40, 5).point(lambda v: max(0, min(130, int((v - 140) * 4))))
    sky.paste((70, 62, 98), mask=dark)
    return sky


def _sea(sky: Image.Image, size: Size, sun_x: float, seed: int) -> Image.Image:
    high = size[1]
    sea = sky.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize(size).filter(ImageFilter.GaussianBlur(7))
    sea = Image.blend(sea, gradient(size, [(0.0, (150, 110, 110)), (1.0, (18, 32, 58))]), 0.55)
    waves = noise(size, (10, 60), seed, 3)
    sea.paste((14, 24, 46), mask=waves.point(lambda v: max(0, min(150, (128 - v) * 4))))
    light = waves.point(lambda v: max(0, min(255, (v - 132) * 9)))
    path = Image.new("L", size, 0)
    brush = ImageDraw.Draw(path)
    brush.polygon([(sun_x - 16, 0), (sun_x + 16, 0), (sun_x + 120, high), (sun_x - 120, high)], fill=235)
    sea.paste((255, 226, 168), mask=ImageChops.multiply(light, path.filter(ImageFilter.GaussianBlur(22))))
    sea.paste((226, 168, 140), mask=light.point(lambda v: v // 5))
    return sea


def _headland(scene: Image.Image, horizon: int, seed: int) -> None:
    ridge = noise((scene.width, 1), (5, 2), seed, 5)
    brush = ImageDraw.Draw(scene)
    for x in range(int(scene.width * 0.55), scene.width):
        rise = ((x / scene.width - 0.55) / 0.45) ** 0.7
        top = horizon - rise * (46 + (ridge.getpixel((x, 0)) - 128) * 0.3)
        brush.line([(x, top), (x, horizon + 1)], fill=(62, 54, 80))


def _breakwater(scene: Image.Image, horizon: int, seed: int) -> None:
    dice = random.Random(seed)
    brush = ImageDraw.Draw(scene)
    for x in range(int(scene.width * 0.60), scene.width + 20, 9):
        for y in range(horizon + 14, horizon + 44, 8):
            tone = dice.randint(24, 58)
            radius = dice.uniform(5, 10)
            middle = (x + dice.uniform(-4, 4), y + dice.uniform(-3, 3) + (x - scene.width * 0.6) * 0.02)
            brush.ellipse(
                [middle[0] - radius, middle[1] - radius * 0.7, middle[0] + radius, middle[1] + radius * 0.7],
                fill=(tone + 14, tone + 6, tone + 18),
            )
    _lighthouse(scene, scene.width * 0.745, horizon + 20)


def _lighthouse(scene: Image.Image, x: float, foot: float) -> None:
    brush = ImageDraw.Draw(scene)
    tall, low, high = 205.0, 27.0, 17.0

    def half(share: float) -> float:
        return low + (high - low) * share

    for band in range(5):
        a, b = band / 5, (band + 1) / 5
        for column in range(-40, 41):
            t = column / 40
            light = 0.50 + 0.5 * max(0.0, math.cos((t + 0.55) * 1.25))
            base = (226, 70, 52) if band % 2 == 0 else (250, 236, 218)
            ink = tuple(int(c * light * 0.94) for c in base)
            brush.polygon(
                [(x + half(a) * t, foot - tall * a), (x + half(a) * (t + 0.03), foot - tall * a),
                 (x + half(b) * (t + 0.03), foot - tall * b), (x + half(b) * t, foot - tall * b)],
                fill=ink,
            )  # fmt: skip
    top = foot - tall
    brush.rectangle([x - 24, top - 5, x + 24, top + 1], fill=(40, 34, 44))
    brush.rectangle([x - 13, top - 31, x + 13, top - 5], fill=(255, 232, 160))
    for bar in range(-13, 14, 6):
        brush.line([(x + bar, top - 31), (x + bar, top - 5)], fill=(60, 44, 44), width=2)
    brush.polygon([(x - 18, top - 31), (x + 18, top - 31), (x, top - 50)], fill=(118, 38, 34))
    scene.paste((255, 240, 190), mask=glow(scene.size, (x, top - 18), 90, 170))


def _boat(scene: Image.Image, x: float, y: float, scale: float) -> None:
    brush = ImageDraw.Draw(scene)

    def place(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(x + px * scale, y + py * scale) for px, py in points]

    brush.polygon(place([(-4, -104), (-4, -12), (-46, -12)]), fill=(92, 66, 84))
    brush.polygon(place([(2, -110), (2, -12), (40, -16)]), fill=(120, 82, 92))
    brush.line(place([(0, -116), (0, 0)]), fill=(34, 26, 36), width=max(2, round(3 * scale)))
    brush.polygon(place([(-52, -6), (54, -8), (40, 12), (-40, 12)]), fill=(34, 28, 42))
    shade = Image.new("L", scene.size, 0)
    ImageDraw.Draw(shade).polygon(place([(-44, 13), (44, 13), (18, 62), (-24, 62)]), fill=120)
    scene.paste((26, 28, 48), mask=shade.filter(ImageFilter.GaussianBlur(5)))


def _developed(scene: Image.Image, seed: int) -> Image.Image:
    """Lens softness, film grain and darker corners."""
    soft = scene.filter(ImageFilter.GaussianBlur(0.9))
    grain = Image.frombytes("L", soft.size, random.Random(seed).randbytes(soft.width * soft.height))
    grain = grain.filter(ImageFilter.GaussianBlur(0.7))
    soft = Image.blend(soft, Image.merge("RGB", [grain] * 3), 0.045)
    corners = Image.radial_gradient("L").resize(soft.size).point(lambda v: max(0, v - 120))
    soft.paste((10, 10, 24), mask=corners)
    return soft


def notice_board(size: Size = (1100, 760)) -> Image.Image:
    """A blue enamelled board on two posts in front of the water, seen slightly from the side."""
    wide, high = size
    scene = gradient(
        size, [(0.0, (138, 178, 206)), (0.4, (206, 222, 226)), (0.42, (92, 128, 138)), (1.0, (48, 82, 92))]
    )
    clouds = noise((wide, int(high * 0.41)), (3, 5), 21, 5).point(lambda v: max(0, min(230, (v - 112) * 4)))
    scene.paste((244, 246, 246), (0, 0), clouds)
    water = noise((wide, high - int(high * 0.41)), (7, 40), 22, 3)
    scene.paste((20, 48, 58), (0, int(high * 0.41)), water.point(lambda v: max(0, min(160, (124 - v) * 4))))
    scene.paste(
        (196, 214, 214), (0, int(high * 0.41)), water.point(lambda v: max(0, min(140, (v - 150) * 5)))
    )
    _headland(scene, int(high * 0.41), 23)
    scene = scene.filter(ImageFilter.GaussianBlur(3.2))
    _quay(scene)
    _posts(scene)
    board = _enamel()
    corners = [(196, 118), (905, 150), (899, 560), (190, 574)]
    _paste_in_perspective(scene, board, corners)
    return _developed(scene, 31)


def _quay(scene: Image.Image) -> None:
    top = int(scene.height * 0.84)
    stone = gradient((scene.width, scene.height - top), [(0.0, (150, 140, 126)), (1.0, (104, 96, 88))])
    rough = noise(stone.size, (30, 8), 24, 3)
    stone.paste((60, 56, 52), mask=rough.point(lambda v: max(0, min(140, (126 - v) * 3))))
    brush = ImageDraw.Draw(stone)
    for x in range(-40, scene.width, 180):
        brush.line([(x, 0), (x - 60, stone.height)], fill=(70, 64, 60), width=3)
    brush.line([(0, 3), (scene.width, 3)], fill=(186, 176, 160), width=6)
    scene.paste(stone, (0, top))


def _posts(scene: Image.Image) -> None:
    for left in (262, 800):
        post = gradient((1, 1), [(0.0, (0, 0, 0)), (1.0, (0, 0, 0))]).resize((40, 610))
        for column in range(40):
            tone = 0.45 + 0.55 * math.sin(math.pi * (column + 4) / 46)
            post.paste((int(120 * tone), int(96 * tone), int(70 * tone)), (column, 0, column + 1, 610))
        grain = noise(post.size, (14, 3), 25 + left, 3)
        post.paste((52, 40, 30), mask=grain.point(lambda v: max(0, min(120, (v - 132) * 4))))
        scene.paste(post, (left, 90))


def _enamel() -> Image.Image:
    """The board itself, flat, three times as large as it is seen."""
    document = pymupdf.open()
    page = document.new_page(width=710, height=430)
    sheet = Sheet(page)
    sheet.box((0, 0, 710, 430), fill=colour("#123f7a"))
    sheet.box((12, 12, 698, 418), edge=WHITE, width=4)
    big = Style("hebo", "hebo", 40, ink=WHITE)
    for y, text, size in (
        (72, "EGRET BAY HARBOUR", 40),
        (122, "Tidal basin: no swimming", 33),
        (172, "潮汐库区  禁止游泳", 36),
        (250, "Gates open without warning.", 30),
        (296, "Three long blasts: water is rising.", 30),
        (376, "Gate house: call 217 from any harbour phone", 26),
    ):
        sheet.text(355, y, text, Style("hebo", "hebo", size, ink=big.ink), "centre")
    sheet.line((60, 198), (650, 198), ink=WHITE, width=2)
    sheet.line((60, 324), (650, 324), ink=WHITE, width=2)
    sheet.close()
    pixels = page.get_pixmap(dpi=144)
    board = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    rust = noise(board.size, (6, 5), 27, 5).point(lambda v: max(0, min(255, (v - 176) * 9)))
    board.paste((112, 66, 40), mask=rust.point(lambda v: v // 2))
    shine = gradient(board.size, [(0.0, (255, 255, 255)), (1.0, (120, 130, 150))])
    return ImageChops.multiply(board, Image.blend(Image.new("RGB", board.size, WHITE255), shine, 0.55))


WHITE255 = (255, 255, 255)


def _paste_in_perspective(scene: Image.Image, board: Image.Image, corners: list[tuple[int, int]]) -> None:
    """``corners``: where the board's top left, top right, bottom right and bottom left come to lie."""
    wide, high = board.size
    source = [(0, 0), (wide, 0), (wide, high), (0, high)]
    factors = _perspective(corners, source)
    seen = board.transform(scene.size, Image.Transform.PERSPECTIVE, factors, Image.Resampling.BICUBIC)
    mask = Image.new("L", scene.size, 0)
    middle = (sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4)
    inner = [(x + (4 if x < middle[0] else -4), y + (4 if y < middle[1] else -4)) for x, y in corners]
    ImageDraw.Draw(mask).polygon(inner, fill=255)
    shadow = ImageChops.offset(mask.filter(ImageFilter.GaussianBlur(9)), 10, 14).point(lambda v: v // 2)
    scene.paste((20, 24, 28), mask=shadow)
    scene.paste(seen, mask=mask.filter(ImageFilter.GaussianBlur(0.8)))


def _perspective(seen: list[tuple[int, int]], flat: list[tuple[int, int]]) -> list[float]:
    """The eight factors that take points as seen to the flat picture, by elimination."""
    rows = []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    matrix = [[float(value) for value in row] for row in rows]
    for i in range(8):
        pivot = max(range(i, 8), key=lambda r: abs(matrix[r][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        matrix[i] = [value / matrix[i][i] for value in matrix[i]]
        for r in range(8):
            if r != i:
                matrix[r] = [a - matrix[r][i] * b for a, b in zip(matrix[r], matrix[i], strict=True)]
    return [row[8] for row in matrix]


def jpeg(picture: Image.Image, quality: int = 82) -> bytes:
    """The picture as a JPEG file without any metadata."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
