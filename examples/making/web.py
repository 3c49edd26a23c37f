# ruff: noqa: E501
"""The Markdown notes and the web page, with the pictures that they show."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pymupdf

from making.charts import LABEL, Axes, bars, frame
from making.paper import CORAL, GREY, INK, SAND, SEA, TEAL, WHITE, Sheet, Style, colour

NOTES = """\
# Workshop notes: bulb turbines

Kept by the turbine crew of the Egret Bay Tidal Power Station. Last change: 3 December 2025.

## What is where

![Figure 1. Bulb turbine, seen from the side: nose cone, generator, gear, runner and draft tube.](pictures/bulb-turbine.png)

The bulb hangs in the water passage on two stays. A person can climb down into it through the
forward stay, which is 80 centimetres wide. The gear stands between generator and runner and needs
**340 litres** of oil.

## Service intervals

| Part | Interval | What is done | Hours of work |
|---|---|---|---|
| Runner blades | 2 years | look for cracks with dye, polish | 36 |
| Shaft seal | 18 months | replace the carbon rings | 22 |
| Gear oil | 4 years | drain, filter, refill | 14 |
| Generator bearings | 6 years | replace | 60 |
| Trash rack | 3 months | lift and hose off weed | 5 |

## Things we learnt the hard way

- Never lift the trash rack on a rising tide. In 2011 it was swept against gate 2 and bent.
- The vibration alarm is set to 4.5 millimetres a second. Turbine 2 hums at 3.1 and that is normal.
- If the oil pressure falls below 1.8 bar, stop the turbine first and telephone afterwards.
- Mussels grow on the cooling intake in May. Hatice's brush on a long pole works better than chlorine.
"""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tide Day 2025: the town visits its power station</title>
<meta name="author" content="Egret Bay Gazette">
<style>
  body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 17px/1.6 Georgia, serif; color: #1f2a30; }}
  h1, h2 {{ font-family: Helvetica, Arial, sans-serif; color: #0b4f5c; line-height: 1.2; }}
  figure {{ margin: 1.5rem 0; }} img {{ width: 100%; }} figcaption {{ font-size: .85rem; color: #66727a; }}
  table {{ border-collapse: collapse; width: 100%; }} th, td {{ padding: .3rem .6rem; border-bottom: 1px solid #c9d4d8; text-align: left; }}
  nav, footer {{ font: .85rem Helvetica, Arial, sans-serif; color: #66727a; }}
</style>
</head>
<body>
<nav>Egret Bay Gazette &middot; Local news &middot; 29 September 2025</nav>
<h1>Tide Day 2025: the town visits its power station</h1>
<p>The rain held off until the evening, and <strong>1,360 visitors</strong> came to the barrage on Saturday, more
than on any Tide Day before. The gate house served 410 bowls of mussel soup.</p>
<figure>
  <img src="pictures/tide-day-visitors.png" alt="Bar chart of visitors on Tide Day from 2019 to 2025">
  <figcaption>Visitors on Tide Day since 2019. In 2020 the day was cancelled.</figcaption>
</figure>
<h2>The raft race</h2>
<p>Eleven home-made rafts crossed the basin from the North Bank to the Fish Quay, a distance of 900 metres. The
grammar school's raft, built from bicycle tubes by pupils of Ruben Acheampong, won for the second time.</p>
<table>
  <caption>Results of the raft race</caption>
  <thead><tr><th>Place</th><th>Raft</th><th>Crew</th><th>Time</th></tr></thead>
  <tbody>
    <tr><td>1</td><td>Inner Tube</td><td>Grammar School</td><td>14 min 05 s</td></tr>
    <tr><td>2</td><td>Mussel Bound</td><td>Fish Quay traders</td><td>15 min 48 s</td></tr>
    <tr><td>3</td><td>Night Shift</td><td>Gate house crew</td><td>16 min 20 s</td></tr>
    <tr><td>4</td><td>Bedpan Express</td><td>Hospital</td><td>21 min 37 s</td></tr>
  </tbody>
</table>
<h2>What the director said</h2>
<blockquote>&ldquo;Gate 3 has new chains, the turbines are running again, and we have learnt to order spare
links a year ahead,&rdquo; said Marta Oduya when she opened the gallery.</blockquote>
<p>The next Tide Day will be held on 26 September 2026.</p>
<footer>&copy; nobody: this page is invented and in the public domain (CC0).</footer>
</body>
</html>
"""


def make(folder: Path) -> None:
    """Writes the notes, the page and their pictures."""
    (folder / "turbine-workshop-notes.md").write_text(NOTES, encoding="utf-8")
    (folder / "tide-day-news.html").write_text(PAGE.replace("{{", "{").replace("}}", "}"), encoding="utf-8")
    (folder / "pictures" / "bulb-turbine.png").write_bytes(_turbine())
    (folder / "pictures" / "tide-day-visitors.png").write_bytes(_visitors())


def _visitors() -> bytes:
    page = pymupdf.open().new_page(width=520, height=250)
    sheet = Sheet(page)
    sheet.box(page.rect, fill=WHITE)
    years, people = (
        ["2019", "2020", "2021", "2022", "2023", "2024", "2025"],
        [820, 0, 640, 905, 1110, 1190, 1360],
    )
    label = replace(LABEL, size=9)
    axes = Axes(62, 24, 508, 216, 7, 1500)
    frame(sheet, axes, [0, 500, 1000, 1500], "Visitors", "{:,}", label)
    bars(sheet, axes, years, people, 6, "{:,}", label)
    sheet.close()
    return bytes(page.get_pixmap(dpi=144).tobytes("png"))


def _turbine() -> bytes:
    page = pymupdf.open().new_page(width=560, height=270)
    sheet = Sheet(page)
    sheet.box(page.rect, fill=WHITE)
    water, steel = colour("#d3eaf0"), colour("#8fa3ad")
    sheet.polygon(
        (10, 40),
        (180, 62),
        (350, 66),
        (550, 34),
        (550, 226),
        (350, 196),
        (180, 200),
        (10, 220),
        fill=water,
        edge=GREY,
    )
    for x in (150, 262):
        sheet.box((x, 58, x + 26, 202), fill=colour("#b9c4c9"), edge=GREY)
    hull = [
        (96 + 60 * (1 - math.cos(a / 20 * math.pi / 2)), 130 - 40 * math.sin(a / 20 * math.pi / 2))
        for a in range(21)
    ]
    lower = [(x, 260 - y) for x, y in reversed(hull)]
    sheet.polygon(*hull, (300, 92), (352, 108), (352, 152), (300, 168), *lower, fill=TEAL, edge=INK)
    sheet.box((168, 104, 238, 156), fill=SAND, edge=INK)
    sheet.box((250, 110, 294, 150), fill=CORAL, edge=INK)
    sheet.line((238, 130), (360, 130), ink=steel, width=5)
    for x in (352, 362):
        sheet.polygon((x, 72), (x + 5, 72), (x + 3, 190), (x - 2, 190), fill=steel, edge=INK)
    sheet.polygon((368, 116), (392, 130), (368, 144), fill=TEAL, edge=INK)
    sheet.arrow((24, 130), (78, 130), ink=SEA, width=2)
    sheet.arrow((440, 130), (520, 130), ink=SEA, width=2)
    bold = Style("hebo", "hebo", 10, ink=INK)
    for x, y, name, to in (
        (70, 24, "nose cone", (112, 112)), (204, 24, "generator", (204, 116)), (276, 250, "gear, 340 l oil", (272, 142)),
        (358, 24, "runner, 4.2 m", (357, 84)), (478, 250, "draft tube", (470, 190)), (140, 250, "forward stay", (162, 186)),
    ):  # fmt: skip
        start = (x, y + 5) if y < 100 else (x, y - 11)
        sheet.line(start, to, ink=INK, width=0.8)
        sheet.disc(*to, 2, fill=INK)
        sheet.text(x, y, name, bold, "centre")
    sheet.close()
    return bytes(page.get_pixmap(dpi=144).tobytes("png"))
