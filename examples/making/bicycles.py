# ruff: noqa: E501
"""The bicycle-share review: three pages with a drawn map, a raster heat map and tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pymupdf

from making.charts import LABEL, heat
from making.paper import (
    BODY,
    CAPTION,
    CORAL,
    GREY,
    INK,
    LINE,
    SANS,
    SEA,
    WHITE,
    Sheet,
    Style,
    colour,
    save,
)

PURPLE, SUN = colour("#54407a"), colour("#f0b840")
HEAD = Style("hebo", "hebo", 14, ink=PURPLE)
SUB = Style("hebo", "hebo", 10.6, ink=PURPLE)
TEXT = replace(BODY, font="helv", bold="hebo", size=9.4, justify=False, leading=1.45)
LEFT, RIGHT, WIDTH, HEIGHT = 60.0, 535.0, 595.0, 842.0
STATIONS = [
    ("01", "Town Hall", 24, 14_310, 250, 250), ("02", "Railway Station", 30, 21_480, 128, 300),
    ("03", "Fish Quay", 14, 9_870, 318, 208), ("04", "Lighthouse Car Park", 12, 4_150, 374, 142),
    ("05", "Gate House", 10, 3_690, 216, 140), ("06", "Hospital", 18, 11_260, 96, 208),
    ("07", "Grammar School", 16, 8_940, 190, 352), ("08", "North Bank", 8, 2_480, 176, 22),
    ("09", "Market Square", 20, 12_760, 306, 306), ("10", "Camping Meadow", 12, 7_480, 382, 336),
]  # fmt: skip
HOURS = ["6", "7", "8", "9", "10", "12", "14", "16", "17", "18", "20", "22"]
TRIPS = [
    [9, 38, 61, 30, 18, 24, 22, 41, 57, 44, 19, 7], [10, 40, 64, 31, 17, 23, 24, 43, 59, 46, 20, 8],
    [9, 39, 60, 29, 19, 26, 25, 44, 58, 45, 22, 9], [10, 41, 63, 30, 18, 25, 23, 42, 60, 47, 24, 11],
    [8, 35, 55, 28, 20, 27, 30, 46, 52, 43, 31, 19], [2, 6, 11, 24, 39, 52, 68, 61, 47, 36, 28, 21],
    [1, 4, 8, 19, 41, 58, 74, 66, 49, 30, 17, 6],
]  # fmt: skip
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def make(path: Path) -> None:
    """Writes the review."""
    document = pymupdf.open()
    _overview(_sheet(document, 1))
    _use(_sheet(document, 2))
    _tariff(_sheet(document, 3))
    contents = [("Where the bicycles are", 1), ("When people ride", 2), ("Prices and repairs", 3)]
    save(document, path, "Heron Wheels: Bicycle Share Review 2025", "Town of Egret Bay", contents)


def _sheet(document: pymupdf.Document, number: int) -> Sheet:
    sheet = Sheet(document.new_page(width=WIDTH, height=HEIGHT))
    sheet.box((0, 0, 22, HEIGHT), fill=PURPLE)
    sheet.box((22, 0, 26, HEIGHT), fill=SUN)
    small = replace(SANS, size=7.8, ink=GREY)
    sheet.text(LEFT, 36, "HERON WHEELS  ·  Bicycle Share Review 2025", small)
    sheet.text(RIGHT, 36, "Town of Egret Bay", small, "right")
    sheet.text(RIGHT, 815, f"Page {number} of 3", small, "right")
    return sheet


def _overview(sheet: Sheet) -> None:
    sheet.text(LEFT, 92, "Heron Wheels in its third year", Style("hebo", "hebo", 24, ink=PURPLE))
    trips = sum(row[3] for row in STATIONS)
    docks = sum(row[2] for row in STATIONS)
    y = sheet.paragraph(
        LEFT,
        104,
        RIGHT - LEFT,
        f"The town's bicycle share was opened in May 2023 with six stations. At the end of 2025 it has **ten stations with {docks} docks** and a fleet of **132 bicycles, 38 of them electric**. Riders made {trips:,} trips in 2025, a third more than the year before, and 412 people hold a yearly pass.",
        TEXT,
    )
    sheet.text(LEFT, y + 30, "1  Where the bicycles are", HEAD)
    y = sheet.paragraph(
        LEFT,
        y + 40,
        RIGHT - LEFT,
        "The stations lie within 2.5 kilometres of the town hall. The Gate House and North Bank stations were added in 2025, so that the tidal barrage can be reached by bicycle from both sides of the basin.",
        TEXT,
    )
    _map(sheet, y + 12)
    sheet.paragraph(
        LEFT,
        y + 420,
        RIGHT - LEFT,
        "**Figure 1.** Map of the ten stations. The area of a circle stands for the number of docks; the dashed line is the cycle path over the barrage.",
        CAPTION,
    )
    sheet.close()


def _map(sheet: Sheet, top: float) -> None:
    left, right, bottom = LEFT, RIGHT, top + 400
    water = colour("#cfe6ee")
    sheet.box((left, top, right, bottom), fill=colour("#f4f1e6"))
    bay = [
        (203, 42),
        (475, 34),
        (475, 296),
        (404, 262),
        (356, 214),
        (404, 152),
        (372, 122),
        (296, 196),
        (244, 160),
        (212, 122),
    ]
    basin = [(0, 58), (90, 40), (196, 42), (205, 122), (150, 150), (60, 142), (0, 120)]
    for shore, tone in ((bay, water), (basin, colour("#b7d9e2"))):
        sheet.polygon(*[(left + x, top + y) for x, y in shore], fill=tone)
    sheet.line((left + 199, top + 40), (left + 209, top + 124), ink=GREY, width=6)
    for points in (
        ((0, 330), (140, 300), (250, 250), (318, 208), (374, 142)),
        ((180, 400), (190, 352), (250, 250), (216, 140)),
        ((96, 208), (160, 236), (250, 250), (306, 306), (382, 336), (475, 352)),
    ):
        sheet.line(*[(left + x, top + y) for x, y in points], ink=WHITE, width=7)
    path = [(left + 176, top + 22), (left + 196, top + 30), (left + 208, top + 124), (left + 216, top + 140)]
    sheet.line(*path, ink=CORAL, width=1.8, dashes="[4 3]")
    italic = Style("heit", "hebo", 11, ink=SEA)
    sheet.text(left + 300, top + 96, "Egret Bay", italic, "centre")
    sheet.text(left + 96, top + 96, "tidal basin", italic, "centre")
    for code, name, docks, _, x, y in STATIONS:
        radius = (docks**0.5) * 2.6
        sheet.disc(left + x, top + y, radius, fill=PURPLE, edge=WHITE, width=1.2)
        sheet.text(left + x, top + y + 3, code, Style("hebo", "hebo", 8, ink=WHITE), "centre")
        sheet.text(left + x + radius + 4, top + y + 3, name, replace(LABEL, size=8, ink=INK))
    sheet.line((left + 20, bottom - 18), (left + 120, bottom - 18), ink=INK, width=1.2)
    for x in (20, 120):
        sheet.line((left + x, bottom - 22), (left + x, bottom - 14), ink=INK, width=1.2)
    sheet.text(left + 70, bottom - 23, "500 m", replace(LABEL, ink=INK), "centre")
    sheet.arrow((right - 24, bottom - 18), (right - 24, bottom - 42), ink=INK, width=1.4)
    sheet.text(right - 24, bottom - 46, "N", Style("hebo", "hebo", 10), "centre")
    sheet.box((left, top, right, bottom), edge=LINE)


def _heat_map() -> bytes:
    """The heat map as pixels, as a spreadsheet's picture would be pasted in."""
    document = pymupdf.open()
    page = document.new_page(width=475, height=215)
    sheet = Sheet(page)
    sheet.text(
        265,
        14,
        "Trips started per hour, average of 2025",
        replace(LABEL, size=9, ink=INK),
        "centre",
        bold=True,
    )
    heat(sheet, (62, 24, 470, 178), DAYS, HOURS, TRIPS, replace(LABEL, size=8))
    sheet.text(265, 206, "Hour of the day", replace(LABEL, size=8), "centre")
    sheet.close()
    return bytes(page.get_pixmap(dpi=150).tobytes("png"))


def _use(sheet: Sheet) -> None:
    sheet.text(LEFT, 82, "2  When people ride", HEAD)
    y = sheet.paragraph(
        LEFT,
        92,
        RIGHT - LEFT,
        "Weekdays and weekends look quite different. From Monday to Friday the bicycles carry people to work and school: there is a sharp peak in the morning and a broader one in the late afternoon. On Saturdays and Sundays hardly anybody rides before nine, and the early afternoon is busiest, when families cross the barrage to the lighthouse.",
        TEXT,
    )
    sheet.picture((LEFT, y + 12, RIGHT, y + 227), _heat_map())
    y = sheet.paragraph(
        LEFT,
        y + 231,
        RIGHT - LEFT,
        "**Figure 2.** Trips started per hour by weekday and time of day. The darkest cell is Sunday at 14 o'clock.",
        CAPTION,
    )
    sheet.text(LEFT, y + 32, "2.1  Trips by station", SUB)
    y = sheet.paragraph(
        LEFT, y + 40, RIGHT - LEFT, "**Table 1.** Docks and trips started at each station, 2025.", CAPTION
    )
    rows = [("Station", "Docks", "Trips", "Trips per dock")]
    rows += [
        (f"{code}  {name}", str(docks), f"{trips:,}", str(round(trips / docks)))
        for code, name, docks, trips, _, _ in STATIONS
    ]
    docks, trips = sum(row[2] for row in STATIONS), sum(row[3] for row in STATIONS)
    rows.append(("All stations", str(docks), f"{trips:,}", str(round(trips / docks))))
    y = sheet.table(LEFT, y + 8, [175, 90, 100, 110], rows, bold_last=True, tint=PURPLE)
    sheet.paragraph(
        LEFT,
        y + 12,
        RIGHT - LEFT,
        "The Railway Station has the most trips by far, and two docks in three are empty there by nine in the morning. A van takes bicycles back to it four times a day. North Bank is the quietest station, but it has been open only since August.",
        TEXT,
    )
    sheet.close()


def _tariff(sheet: Sheet) -> None:
    sheet.text(LEFT, 82, "3  Prices and repairs", HEAD)
    y = sheet.paragraph(
        LEFT,
        92,
        RIGHT - LEFT,
        "Prices have not changed since the opening. The first half hour of every trip is free for holders of a monthly or yearly pass; each further half hour costs 1.50 crowns. Residents over 65 pay half for all passes.",
        TEXT,
    )
    y = sheet.paragraph(LEFT, y + 12, RIGHT - LEFT, "**Table 2.** Prices in crowns.", CAPTION)
    rows = [
        ("Ticket", "City bicycle", "Electric bicycle"),
        ("Single trip, 30 minutes", "2.00", "3.50"),
        ("Day ticket", "7.00", "12.00"),
        ("Monthly pass", "18.00", "29.00"),
        ("Yearly pass", "96.00", "165.00"),
    ]
    y = sheet.table(LEFT, y + 8, [215, 130, 130], rows, tint=PURPLE)
    sheet.text(LEFT, y + 34, "3.1  Repairs", SUB)
    y = sheet.paragraph(
        LEFT,
        y + 42,
        RIGHT - LEFT,
        "The workshop on Mill Lane, run by Priya Lindqvist and two apprentices, did 1,934 repairs. Salt air makes chains the weak point: a chain lasts about 2,100 kilometres in Egret Bay, half of what its maker promises.",
        TEXT,
    )
    y = _causes(sheet, y + 16)
    y = sheet.paragraph(
        LEFT, y + 8, RIGHT - LEFT, "**Figure 3.** What was repaired, share of 1,934 repairs in 2025.", CAPTION
    )
    sheet.text(LEFT, y + 32, "3.2  What comes next", SUB)
    y = sheet.paragraph(
        LEFT,
        y + 40,
        RIGHT - LEFT,
        "Two stations, Cannery Yard and Upper Marsh, will be opened in April 2026. All chains are to be replaced by toothed belts, which do not rust, as bicycles come in for their yearly service. A survey asked riders what they miss most: 46 percent named rain shelters at the stations, 31 percent child seats.",
        TEXT,
    )
    sheet.paragraph(
        LEFT,
        y + 8,
        RIGHT - LEFT,
        "Lost something on a bicycle? Finds are kept for sixty days at the counter in the Town Hall, room 12.",
        TEXT,
    )
    sheet.close()


def _causes(sheet: Sheet, top: float) -> float:
    """Horizontal bars of repair causes; returns the bottom."""
    causes = [
        ("Chains", 34),
        ("Tyres and tubes", 27),
        ("Brakes", 16),
        ("Lights", 11),
        ("Locks", 8),
        ("Batteries", 4),
    ]
    for number, (name, share) in enumerate(causes):
        y = top + number * 22
        sheet.text(LEFT + 88, y + 12, name, replace(SANS, size=8.6), "right")
        sheet.box((LEFT + 96, y + 2, LEFT + 96 + share * 10, y + 17), fill=SUN if number else CORAL)
        sheet.text(LEFT + 102 + share * 10, y + 12.5, f"{share} %", replace(SANS, size=8.6))
    return top + len(causes) * 22
