"""The scanned inspection record: a typed form printed, stamped, signed and laid askew on a scanner."""

from __future__ import annotations

import math
import random
from itertools import pairwise
from pathlib import Path

import pymupdf
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from making.paper import Sheet, Style, colour, save
from making.photo import jpeg, noise

BLACK = colour("#22201e")
TYPED = Style("cour", "cour", 10.6, ink=BLACK)
FORM = Style("helv", "hebo", 9, ink=BLACK)
DPI = 140


def make(path: Path) -> None:
    """Writes a PDF of one page that is nothing but a picture."""
    flat = _printed()
    _stamp(flat)
    _signature(flat)
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    page.insert_image(page.rect, stream=jpeg(_scanned(flat), 58))
    save(document, path, "", "", [])


def _printed() -> Image.Image:
    page = pymupdf.open().new_page(width=595, height=842)
    sheet = Sheet(page)
    sheet.text(70, 84, "EGRET BAY HARBOUR TRUST", Style("hebo", "hebo", 16, ink=BLACK))
    sheet.text(70, 103, "Sluice gate inspection record", Style("helv", "hebo", 12, ink=BLACK))
    sheet.text(525, 84, "Form 12-B", FORM, "right")
    sheet.line((70, 112), (525, 112), ink=BLACK, width=1.2)
    for y, name, value in (
        (140, "Date of inspection", "17 March 2019"),
        (162, "Gate", "No. 3, landward side"),
        (184, "Inspector", "Ingrid Falk"),
        (206, "Weather", "dry, wind SW 4, water 7 deg C"),
        (228, "Tide at start", "low water 09:42, level +1.3 m"),
    ):
        sheet.text(70, y, name, FORM)
        sheet.text(190, y, value, TYPED)
        sheet.line((186, y + 4), (525, y + 4), ink=BLACK, width=0.4, dashes="[1 2]")
    sheet.text(70, 268, "Findings", FORM, bold=True)
    _findings(sheet, 282)
    sheet.text(70, 512, "Remarks", FORM, bold=True)
    remarks = (
        "The chain on the landward side has stretched beyond the limit",
        "and must be replaced. Until then the gate is to be worked at",
        "half speed, and not at all in winds above force 8.",
        "The rubber seal is worn but will last another season. Barnacles",
        "were scraped from the sill; about two buckets.",
        "Next inspection due in September 2019.",
    )
    for number, line in enumerate(remarks):
        sheet.text(70, 534 + number * 18, line, TYPED)
    sheet.text(70, 690, "Signature", FORM)
    sheet.line((130, 694), (320, 694), ink=BLACK, width=0.6)
    sheet.text(70, 790, "Keep for 30 years. Copy to the engineer.", Style("helv", "hebo", 7.5, ink=BLACK))
    sheet.close()
    pixels = page.get_pixmap(dpi=DPI)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def _findings(sheet: Sheet, top: float) -> None:
    rows = [
        ("Item", "Limit", "Measured", "Result"),
        ("Seal wear", "8.0 mm", "6.5 mm", "pass"),
        ("Chain elongation", "3.0 pct", "3.4 pct", "FAIL"),
        ("Pitting depth, skin plate", "2.0 mm", "0.9 mm", "pass"),
        ("Roller play", "1.5 mm", "1.1 mm", "pass"),
        ("Opening time", "8 min", "7 min 10 s", "pass"),
        ("Anode mass left", "30 pct", "55 pct", "pass"),
    ]
    edges = [70, 256, 340, 440, 525]
    high = 28.0
    for number, row in enumerate(rows):
        y = top + number * high
        for left, cell in zip(edges, row, strict=False):
            sheet.text(left + 6, y + 18, cell, FORM if number == 0 else TYPED, bold=number == 0)
        sheet.line((70, y), (525, y), ink=BLACK, width=0.8)
    bottom = top + len(rows) * high
    sheet.line((70, bottom), (525, bottom), ink=BLACK, width=0.8)
    for x in edges:
        sheet.line((x, top), (x, bottom), ink=BLACK, width=0.8)


def _stamp(page: Image.Image) -> None:
    """RECEIVED, in worn red ink, not quite straight."""
    size = (440, 190)
    ink = Image.new("L", size, 0)
    source = pymupdf.open().new_page(width=220, height=95)
    sheet = Sheet(source)
    sheet.text(110, 38, "RECEIVED", Style("hebo", "hebo", 27, ink=(0, 0, 0)), "centre")
    sheet.text(110, 66, "21 MAR 2019", Style("hebo", "hebo", 17, ink=(0, 0, 0)), "centre")
    sheet.box((6, 6, 214, 89), edge=(0, 0, 0), width=3.5)
    sheet.close()
    pixels = source.get_pixmap(dpi=144)
    drawn = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples).convert("L").resize(size)
    ink.paste(ImageChops.invert(drawn))
    worn = noise(size, (16, 8), 41, 4).point(lambda v: max(0, min(215, (v - 96) * 6)))
    ink = ImageChops.multiply(ink, worn).rotate(7, Image.Resampling.BICUBIC, expand=True)
    page.paste((176, 38, 40), (round(page.width * 0.58), round(page.height * 0.79)), ink)


def _signature(page: Image.Image) -> None:
    """A pen stroke in blue, of sines whose swing dies away."""
    brush = ImageDraw.Draw(page)
    scale = DPI / 72
    points = []
    for step in range(420):
        t = step / 420
        x = 140 + 150 * t + 9 * math.sin(t * 46)
        y = 682 - (15 * math.sin(t * 39 + 1) + 9 * math.sin(t * 23)) * (1.05 - 0.8 * t)
        points.append((x * scale, y * scale))
    for start, end in pairwise(points):
        brush.line([start, end], fill=(32, 44, 120), width=3)


def _scanned(flat: Image.Image) -> Image.Image:
    """Paper tint, a fold, an uneven lamp, dust, 0.9 degrees of skew, and the scanner's own noise."""
    paper = Image.new("RGB", flat.size, (240, 235, 222))
    blotches = noise(flat.size, (4, 6), 42, 4).point(lambda v: max(0, min(60, (v - 118) * 2)))
    paper.paste((222, 210, 184), mask=blotches)
    page = ImageChops.multiply(flat.filter(ImageFilter.GaussianBlur(0.7)), paper)
    brush = ImageDraw.Draw(page, "RGBA")
    fold = round(page.height * 0.5)
    brush.line([(0, fold), (page.width, fold + 3)], fill=(120, 108, 90, 70), width=3)
    brush.line([(0, fold + 4), (page.width, fold + 7)], fill=(255, 252, 240, 90), width=3)
    dice = random.Random(43)
    for _ in range(45):
        x, y, r = dice.uniform(0, page.width), dice.uniform(0, page.height), dice.uniform(0.5, 1.9)
        brush.ellipse([x - r, y - r, x + r, y + r], fill=(70, 62, 50, 150))
    page = page.rotate(-0.9, Image.Resampling.BICUBIC, fillcolor=(92, 90, 88))
    lamp = Image.linear_gradient("L").rotate(90).resize(page.size).point(lambda v: v // 8)
    page.paste((60, 56, 50), mask=lamp)
    grain = Image.frombytes("L", page.size, random.Random(44).randbytes(page.width * page.height))
    return Image.blend(page, Image.merge("RGB", [grain] * 3), 0.05)
