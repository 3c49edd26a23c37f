# ruff: noqa: E501
"""The station report's second page: how the station works, with the barrage seen from the side."""

from __future__ import annotations

from dataclasses import replace

from making.charts import LABEL
from making.paper import CAPTION, CORAL, GREY, HEADING, INK, LINE, SANS, SUBHEAD, TEAL, WHITE, Sheet, colour

LEFT, RIGHT = 54.0, 541.0
COLUMN = 234.0
SECOND = LEFT + COLUMN + 19


def works_page(sheet: Sheet) -> None:
    """Section 2 of the report, with the diagram between its columns."""
    sheet.text(LEFT, 76, "2  How the station works", HEADING)
    y = sheet.paragraph(
        LEFT,
        88,
        COLUMN,
        "Twice a day the tide fills a basin of 1.9 square kilometres behind a barrage 412 metres long. Five sluice gates let the flood in and are shut at high water.",
    )
    sheet.paragraph(
        LEFT,
        y + 6,
        COLUMN,
        "When the sea outside has fallen far enough, the water in the basin is led back through the turbines. The station generates on the ebb only; the operators wait until the difference in level, the head, has reached 2.5 metres.",
    )
    y = sheet.paragraph(
        SECOND,
        88,
        COLUMN,
        "A generating run lasts between four and six hours. It ends when the head has dropped to 1.2 metres, because below that the runners would be pushed by their own generators.",
    )
    sheet.paragraph(
        SECOND,
        y + 6,
        COLUMN,
        "Mean spring range in the bay is 6.3 metres and mean neap range is 2.8 metres. At neaps one run a day is often left out, and the crew uses the pause for inspections.",
    )
    _cross_section(sheet, 206)
    sheet.paragraph(
        LEFT,
        426,
        RIGHT - LEFT,
        "**Figure 1.** Cross-section of the barrage on the ebb. Water flows from the basin through the bulb turbine to the sea; heights in metres above chart datum.",
        CAPTION,
    )
    sheet.text(LEFT, 478, "2.1  The machines", SUBHEAD)
    y = sheet.paragraph(
        LEFT,
        486,
        COLUMN,
        "Each of the four bulb turbines is rated at 2.4 megawatts and has a runner of four blades, 4.2 metres across. The runner turns at 68 revolutions a minute; a planetary gear brings the generator to 750.",
    )
    sheet.paragraph(
        LEFT,
        y + 6,
        COLUMN,
        "The blades are of aluminium bronze. Blades of turbine 2 were renewed in 2009, those of turbine 4 in 2018.",
    )
    sheet.text(SECOND, 478, "2.2  The gates", SUBHEAD)
    y = sheet.paragraph(
        SECOND,
        486,
        COLUMN,
        "The five sluice gates are vertical lift gates, each 12 metres wide and 9 metres high. A gate needs seven minutes to open and is hung on two roller chains.",
    )
    sheet.paragraph(
        SECOND,
        y + 6,
        COLUMN,
        "Before any gate moves, the siren on the gate house gives three long blasts. The same signal is explained on the notice boards around the basin.",
    )
    sheet.text(LEFT, 622, "2.3  The crew", SUBHEAD)
    y = sheet.paragraph(
        LEFT,
        630,
        COLUMN,
        "Nineteen people work at the station in three shifts. Two operators are on duty in the gate house at any hour; the night shift begins at 22:00.",
    )
    sheet.paragraph(
        LEFT,
        y + 6,
        COLUMN,
        "Every operator trains for six months before taking a watch alone, and sits an examination again every third year.",
    )
    sheet.text(SECOND, 622, "2.4  Visitors", SUBHEAD)
    y = sheet.paragraph(
        SECOND,
        630,
        COLUMN,
        "The gallery under the road deck is open to visitors on Saturdays from April to October. In 2025 it was seen by 8,240 people, a third of them school classes.",
    )
    sheet.paragraph(
        SECOND,
        y + 6,
        COLUMN,
        "Guided tours start at 11:00 and 14:00 and take fifty minutes. Sturdy shoes are needed.",
    )
    sheet.close()


def _cross_section(sheet: Sheet, top: float) -> None:
    """Basin high on the left, sea low on the right, a bulb turbine in the passage between them."""
    left, right, bottom = LEFT, RIGHT, top + 214
    water, deep, stone = colour("#bfe0e6"), colour("#8cc4cf"), colour("#cfc7b8")
    bed = bottom - 22
    sheet.box((left, top, right, bottom), fill=colour("#f8fbfb"), edge=LINE)
    sheet.polygon((left, top + 62), (222, top + 62), (222, bed), (left, bed), fill=water)
    sheet.polygon((372, top + 112), (right, top + 112), (right, bed), (372, bed), fill=deep)
    sheet.box((left, bed, right, bottom), fill=colour("#a39a86"))
    sheet.polygon((222, top + 34), (372, top + 34), (384, bed), (210, bed), fill=stone, edge=GREY)
    sheet.box((206, top + 24, 388, top + 36), fill=colour("#8d8474"), edge=GREY)
    sheet.polygon(
        (213, top + 118),
        (270, top + 132),
        (330, top + 132),
        (381, top + 122),
        (383, top + 182),
        (330, top + 174),
        (270, top + 174),
        (211, top + 184),
        fill=water,
        edge=GREY,
    )
    sheet.polygon(
        (258, top + 153),
        (276, top + 142),
        (316, top + 144),
        (322, top + 153),
        (316, top + 162),
        (276, top + 164),
        fill=TEAL,
    )
    for x in (323, 328):
        sheet.line((x, top + 134), (x, top + 172), ink=CORAL, width=2.4)
    sheet.arrow((150, top + 151), (206, top + 151), ink=TEAL, width=1.6)
    sheet.arrow((390, top + 152), (446, top + 152), ink=TEAL, width=1.6)
    bold = replace(SANS, size=9, ink=TEAL)
    sheet.text(118, top + 84, "BASIN", bold, "centre", bold=True)
    sheet.text(470, top + 132, "SEA", bold, "centre", bold=True)
    label = replace(LABEL, size=8, ink=INK)
    sheet.text(62, top + 57, "basin level +6.8 m", label)
    sheet.text(533, top + 107, "sea level +3.1 m", label, "right")
    sheet.text(297, top + 18, "road deck +9.5 m", label, "centre")
    sheet.text(297, top + 54, "gate house", label, "centre")
    sheet.text(297, top + 66, "and gallery", label, "centre")
    for start, end, name, align in (
        ((288, top + 147), (262, top + 110), "generator bulb", "right"),
        ((326, top + 136), (336, top + 104), "runner, 4 blades", "left"),
    ):
        sheet.line(end, start, ink=INK, width=0.6)
        sheet.text(
            end[0] + (14 if align == "right" else -30),
            end[1] - 3,
            name,
            label,
            "right" if align == "right" else "left",
        )
    sheet.text(297, bottom - 8, "sea bed −7.0 m", replace(label, ink=WHITE), "centre")
    sheet.line((100, top + 62), (100, top + 112), ink=CORAL, width=0.8, dashes="[2 2]")
    sheet.line((62, top + 112), (200, top + 112), ink=CORAL, width=0.6, dashes="[2 2]")
    sheet.text(106, top + 107, "head 3.7 m", replace(label, ink=CORAL))
