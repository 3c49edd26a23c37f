# ruff: noqa: E501
"""The tidal station's annual report: four pages, two columns, a diagram and vector charts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pymupdf

from making.barrage import works_page
from making.charts import LABEL, Axes, axis_title, bars, curve, frame, legend
from making.paper import (
    BODY,
    CAPTION,
    CORAL,
    GREY,
    HEADING,
    HEIGHT,
    PALE,
    SAND,
    SANS,
    SEA,
    SUBHEAD,
    TEAL,
    WHITE,
    WIDTH,
    Sheet,
    Style,
    save,
)
from making.photo import harbour, jpeg

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ENERGY = [2.04, 1.92, 2.21, 1.98, 1.71, 1.46, 1.52, 1.69, 1.13, 2.02, 1.95, 1.97]
READY = [98.4, 98.1, 98.9, 97.6, 97.9, 96.8, 97.2, 98.0, 81.5, 98.3, 98.6, 98.2]
COSTS = [
    ("Staff and training", 612),
    ("Repairs and spare parts", 548),
    ("Grid connection", 203),
    ("Wildlife monitoring", 96),
    ("Insurance", 141),
]
EELS = {"2021": [40, 95, 180, 210, 130, 60], "2025": [70, 160, 320, 415, 240, 95]}
LEFT, RIGHT = 54.0, 541.0
COLUMN, GUTTER = 234.0, 19.0
SECOND = LEFT + COLUMN + GUTTER


def make(path: Path) -> None:
    """Writes the report."""
    document = pymupdf.open()
    _cover(_sheet(document, 1))
    works_page(_sheet(document, 2))
    _generation(_sheet(document, 3))
    _money_and_wildlife(_sheet(document, 4))
    title = "Egret Bay Tidal Power Station: Annual Report 2025"
    contents = [
        ("The year in brief", 1),
        ("How the station works", 2),
        ("Generation", 3),
        ("Costs", 4),
        ("Wildlife", 4),
    ]
    save(document, path, title, "Egret Bay Harbour Trust", contents)


def _sheet(document: pymupdf.Document, number: int) -> Sheet:
    sheet = Sheet(document.new_page(width=WIDTH, height=HEIGHT))
    small = replace(SANS, size=7.6, ink=GREY)
    if number > 1:
        sheet.text(LEFT, 38, "Egret Bay Tidal Power Station", small)
        sheet.text(RIGHT, 38, "Annual Report 2025", small, "right")
        sheet.line((LEFT, 45), (RIGHT, 45))
    sheet.line((LEFT, 800), (RIGHT, 800))
    sheet.text(LEFT, 813, "Egret Bay Harbour Trust", small)
    sheet.text(RIGHT, 813, f"{number} / 4", small, "right")
    return sheet


def _cover(sheet: Sheet) -> None:
    sheet.box((0, 0, WIDTH, 196), fill=TEAL)
    sheet.box((0, 196, WIDTH, 200), fill=CORAL)
    sheet.text(LEFT, 62, "EGRET BAY HARBOUR TRUST", Style("hebo", "hebo", 9, ink=SAND))
    sheet.text(LEFT, 108, "Egret Bay Tidal Power Station", Style("hebo", "hebo", 27, ink=WHITE))
    sheet.text(LEFT, 140, "Annual Report 2025", Style("helv", "hebo", 17, ink=WHITE))
    sheet.text(
        LEFT, 172, "Thirty-eight years of electricity from the tide", Style("heit", "hebo", 10, ink=SAND)
    )
    bottom = 222 + (RIGHT - LEFT) * 0.56
    sheet.picture((LEFT, 222, RIGHT, bottom), jpeg(harbour(), 80))
    sheet.paragraph(
        LEFT,
        bottom + 3,
        RIGHT - LEFT,
        "**Photograph:** the lighthouse on the outer breakwater at dusk, seen from the barrage, October 2025.",
        CAPTION,
    )
    facts = [
        ("21.6 GWh", "delivered to the grid"),
        ("6,170", "homes supplied"),
        ("96.6 %", "mean availability"),
        ("4 × 2.4 MW", "bulb turbines"),
    ]
    for number, (value, what) in enumerate(facts):
        left = LEFT + number * 124.5
        sheet.box((left, 528, left + 113, 582), fill=PALE, radius=0.06)
        sheet.text(left + 56.5, 554, value, Style("hebo", "hebo", 16, ink=TEAL), "centre")
        sheet.text(left + 56.5, 571, what, replace(SANS, ink=GREY), "centre")
    sheet.text(LEFT, 620, "1  The year in brief", HEADING)
    left = (
        "The station delivered **21.6 gigawatt-hours** in 2025, which is 4 % more than in the year before and "
        "enough for about 6,170 homes. The best month was March, when the equinoctial springs drove the "
        "basin through a range of 8.1 metres.",
        "The weak month was September. Gate 3 was taken out for twelve days to have its lifting chains "
        "replaced, and turbines 3 and 4 stood still for as long as it was open.",
    )
    right = (
        "The station was commissioned on **14 May 1987** as the first of its kind on this coast. Its four "
        "turbines are still the original machines; two of them have had new runner blades since.",
        "The director, Marta Oduya, thanks the crew of nineteen for a year without a single lost-time "
        "accident. The next report will be published in January 2027.",
    )
    for x, texts in ((LEFT, left), (SECOND, right)):
        y = 630.0
        for text in texts:
            y = sheet.paragraph(x, y, COLUMN, text) + 6
    sheet.close()


def _generation(sheet: Sheet) -> None:
    total = sum(ENERGY)
    sheet.text(LEFT, 76, "3  Generation", HEADING)
    y = sheet.paragraph(
        LEFT,
        86,
        RIGHT - LEFT,
        f"Generation follows the tides and not the seasons, but two things pull it down in summer: the range between the equinoxes is smaller, and most of the planned maintenance is put into the months when demand is low. All in all the station delivered {total:.1f} GWh, a capacity factor of 25.7 %.",
    )
    axes = Axes(LEFT + 38, y + 26, RIGHT, y + 196, 12, 2.5)
    frame(sheet, axes, [0, 0.5, 1.0, 1.5, 2.0, 2.5], "Energy delivered (GWh)", "{:.1f}")
    bars(sheet, axes, MONTHS, ENERGY, 8, "{:.2f}")
    y = sheet.paragraph(
        LEFT,
        y + 216,
        RIGHT - LEFT,
        "**Figure 2.** Energy delivered to the grid in each month of 2025. The month in which gate 3 was out of service is drawn in red.",
        CAPTION,
    )
    sheet.text(LEFT, y + 28, "3.1  Month by month", SUBHEAD)
    rows = [("Month", "Energy (GWh)", "Availability (%)", "Generating hours")]
    hours = [round(e / 9.6 * 1000 / 0.62) for e in ENERGY]
    rows += [
        (m, f"{e:.2f}", f"{r:.1f}", str(h)) for m, e, r, h in zip(MONTHS, ENERGY, READY, hours, strict=True)
    ]
    rows.append(("Year", f"{total:.2f}", f"{sum(READY) / 12:.1f}", f"{sum(hours):,}"))
    bottom = sheet.table(LEFT, y + 56, [110, 110, 130, 137], rows, bold_last=True)
    sheet.paragraph(
        LEFT,
        y + 36,
        RIGHT - LEFT,
        "**Table 1.** Energy, availability and generating hours by month, 2025.",
        CAPTION,
    )
    sheet.paragraph(
        LEFT,
        bottom + 12,
        RIGHT - LEFT,
        "Availability is the share of planned running time in which a turbine was ready. The lowest value, 81.5 % in September, is the price of the twelve days at gate 3; without them the year would have closed at 98.0 %.",
    )
    sheet.close()


def _money_and_wildlife(sheet: Sheet) -> None:
    total = sum(value for _, value in COSTS)
    sheet.text(LEFT, 76, "4  Costs", HEADING)
    y = sheet.paragraph(
        LEFT,
        86,
        COLUMN,
        f"Running the station cost {total:,} thousand crowns in 2025, or {total / 21.6 / 10:.1f} cents a kilowatt-hour. Staff was the largest item. Repairs rose by a fifth because of the new chains for gate 3, which alone cost 118 thousand crowns.",
    )
    sheet.paragraph(
        LEFT,
        y + 6,
        COLUMN,
        "The electricity was sold at a fixed price of 11.4 cents. The surplus goes into the renewal fund, from which new runner blades for turbines 1 and 3 will be paid in 2028.",
    )
    sheet.paragraph(SECOND, 86, COLUMN, "**Table 2.** Running costs in 2025, thousand crowns.", CAPTION)
    rows = [("Item", "Cost"), *((name, str(value)) for name, value in COSTS), ("Total", f"{total:,}")]
    sheet.table(SECOND, 106, [150, 84], rows, bold_last=True)
    sheet.text(LEFT, 252, "5  Wildlife", HEADING)
    y = sheet.paragraph(
        LEFT,
        262,
        RIGHT - LEFT,
        "Silver eels leave the marshes above the basin between August and January to spawn in the ocean. Since the bypass beside gate 5 was opened in 2022, they no longer have to pass the turbines. A counter in the bypass logs every fish; before 2022, a net was set on six nights a month.",
    )
    axes = Axes(LEFT + 38, y + 22, RIGHT - 8, y + 182, 5.4, 450)
    frame(sheet, axes, [0, 100, 200, 300, 400], "Eels counted in a month")
    for (_, values), ink in zip(EELS.items(), (GREY, SEA), strict=True):
        curve(sheet, axes, [(i + 0.2, v) for i, v in enumerate(values)], ink, dots=True)
    for i, name in enumerate(["Aug", "Sep", "Oct", "Nov", "Dec", "Jan"]):
        sheet.text(axes.at(i + 0.2, 0)[0], axes.bottom + 11, name, LABEL, "centre")
    x, top = axes.at(3.2, 415)
    sheet.text(x, top - 6, "415", replace(LABEL, ink=SEA), "centre", bold=True)
    axis_title(sheet, axes, "Month of the run")
    legend(
        sheet,
        axes.left + 14,
        axes.top + 12,
        [("2021, before the bypass", GREY), ("2025, with the bypass", SEA)],
    )
    y = sheet.paragraph(
        LEFT,
        y + 214,
        RIGHT - LEFT,
        "**Figure 3.** Silver eels counted on their way to the sea, before and after the bypass was opened. The run peaks in November in both years.",
        CAPTION,
    )
    sheet.text(LEFT, y + 28, "5.1  Birds and seals", SUBHEAD)
    y = sheet.paragraph(
        LEFT,
        y + 36,
        RIGHT - LEFT,
        "Little egrets, from which the bay has its name, bred on the north bank with 34 pairs, three more than in 2024. Grey seals follow the fish into the basin at high water; the operators counted up to eleven at once. They leave by the sluices before the gates are shut, and no seal has been hurt since records began in 1991.",
    )
    y = sheet.paragraph(
        LEFT,
        y + 6,
        RIGHT - LEFT,
        "The monitoring is done by volunteers of the Marsh Society under the biologist Tomas Reyle. Their counts are published every spring and may be used freely.",
        BODY,
    )
    sheet.text(LEFT, y + 30, "6  Outlook", HEADING)
    sheet.paragraph(
        LEFT,
        y + 40,
        RIGHT - LEFT,
        "Gate 5 is next in line for new chains, in June 2026. From 2027 a battery of 3 megawatt-hours beside the gate house is to carry part of each run into the evening, when electricity is worth most.",
    )
    sheet.close()
