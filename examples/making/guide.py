# ruff: noqa: E501
"""The residents' guide in Chinese: three pages with a tide curve, a diagram and tables."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pymupdf

from making.charts import LABEL, Axes, axis_title, curve, frame, legend
from making.paper import (
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

GREEN, MINT, GOLD = colour("#1f6b4f"), colour("#e6f2ec"), colour("#f4d58a")
WIDTH, HEIGHT, LEFT, RIGHT = 595.0, 842.0, 62.0, 533.0
TEXT = Style("helv", "hebo", 10.4, 1.72, INK, justify=True)
HEAD = Style("hebo", "hebo", 15, ink=GREEN)
NOTE = replace(CAPTION, size=8.8, leading=1.5)
CELL = replace(SANS, size=9.4)


def make(path: Path) -> None:
    """Writes the guide."""
    document = pymupdf.open()
    _welcome(_sheet(document, 1))
    _tides(_sheet(document, 2))
    _everyday(_sheet(document, 3))
    contents = [
        ("一、电站是怎样发电的", 1),
        ("二、潮水与发电时间", 2),
        ("三、警报与安全", 3),
        ("四、白鹭单车", 3),
    ]
    save(document, path, "白鹭湾潮汐电站居民手册", "白鹭湾港务信托", contents)


def _sheet(document: pymupdf.Document, number: int) -> Sheet:
    sheet = Sheet(document.new_page(width=WIDTH, height=HEIGHT))
    small = replace(SANS, size=8, ink=GREY)
    if number > 1:
        sheet.text(LEFT, 40, "白鹭湾潮汐电站居民手册", small)
        sheet.line((LEFT, 48), (RIGHT, 48))
    sheet.text(WIDTH / 2, 812, f"第 {number} 页", small, "centre")
    return sheet


def _welcome(sheet: Sheet) -> None:
    sheet.box((0, 0, WIDTH, 150), fill=GREEN)
    sheet.polygon(
        (0, 150),
        (0, 132),
        (150, 142),
        (300, 126),
        (450, 140),
        (WIDTH, 124),
        (WIDTH, 150),
        fill=colour("#3f8f72"),
    )
    sheet.text(LEFT, 74, "白鹭湾潮汐电站居民手册", Style("hebo", "hebo", 28, ink=WHITE))
    sheet.text(LEFT, 106, "白鹭湾港务信托编  2025 年版", Style("helv", "hebo", 12, ink=GOLD))
    y = sheet.paragraph(
        LEFT,
        168,
        RIGHT - LEFT,
        "白鹭湾潮汐电站于 1987 年 5 月 14 日投入运行，是这段海岸上的第一座潮汐电站。本手册告诉住在库区周围的居民：电站怎样工作，什么时候放水，听到警报时应该怎样做。",
        TEXT,
    )
    sheet.text(LEFT, y + 36, "一、电站是怎样发电的", HEAD)
    y = sheet.paragraph(
        LEFT,
        y + 46,
        RIGHT - LEFT,
        "涨潮时，五座水闸全部打开，海水流进面积为 1.9 平方千米的水库；到了高潮，水闸关闭。等外面的海水退下去，库水和海水之间的落差达到 2.5 米，水就被引过水轮机流回大海。电站只在落潮时发电，每次四到六小时。",
        TEXT,
    )
    _cycle(sheet, y + 22)
    y = sheet.paragraph(
        LEFT, y + 222, RIGHT - LEFT, "**图 1：**一次潮汐循环的四个阶段。发电只在第三个阶段进行。", NOTE
    )
    sheet.paragraph(
        LEFT,
        y + 14,
        RIGHT - LEFT,
        "四台水轮机每台功率 2.4 兆瓦，转轮直径 4.2 米。2025 年电站共向电网送电 2160 万千瓦时，大约够 6170 户家庭使用。",
        TEXT,
    )
    sheet.close()


def _cycle(sheet: Sheet, top: float) -> None:
    """Four panels: filling, waiting, generating, waiting again, with both water levels."""
    panels = [
        ("1 进水", "水闸打开", 0.62, 0.62), ("2 等待", "水闸关闭", 0.80, 0.55),
        ("3 发电", "水轮机转动", 0.66, 0.28), ("4 低潮", "等待涨潮", 0.34, 0.22),
    ]  # fmt: skip
    wide, high = 110.0, 150.0
    for number, (name, what, basin, sea) in enumerate(panels):
        left = LEFT + number * (wide + 10.3)
        bottom = top + high
        sheet.box((left, top, left + wide, bottom), fill=colour("#f7faf8"))
        sheet.box((left, bottom - basin * 120, left + 48, bottom), fill=colour("#9fd0c4"))
        sheet.box((left + 60, bottom - sea * 120, left + wide, bottom), fill=colour("#7fb6cf"))
        sheet.box((left + 48, bottom - 116, left + 60, bottom), fill=colour("#b4aa98"))
        if number == 2:
            sheet.box((left + 46, bottom - 26, left + 62, bottom - 14), fill=CORAL)
            sheet.arrow((left + 22, bottom - 20), (left + 44, bottom - 20), ink=CORAL, width=1.5)
            sheet.arrow((left + 64, bottom - 20), (left + 92, bottom - 20), ink=CORAL, width=1.5)
        if number == 0:
            sheet.arrow((left + 88, bottom - 56), (left + 26, bottom - 56), ink=GREEN, width=1.5)
        sheet.text(left + 24, bottom - 6, "水库", replace(LABEL, size=8.4, ink=INK), "centre")
        sheet.text(left + 86, bottom - 6, "大海", replace(LABEL, size=8.4, ink=INK), "centre")
        sheet.box((left, top, left + wide, bottom), edge=LINE)
        sheet.text(left + wide / 2, bottom + 18, name, Style("hebo", "hebo", 11, ink=GREEN), "centre")
        sheet.text(left + wide / 2, bottom + 34, what, replace(LABEL, size=9, ink=GREY), "centre")


def _tides(sheet: Sheet) -> None:
    sheet.text(LEFT, 86, "二、潮水与发电时间", HEAD)
    y = sheet.paragraph(
        LEFT,
        98,
        RIGHT - LEFT,
        "大潮的平均潮差是 6.3 米，小潮只有 2.8 米。高潮每天大约推迟五十分钟，发电时间也跟着推迟，所以电站没有固定的时刻表。每周的发电时间表贴在闸房门口，也登在镇报上。",
        TEXT,
    )
    axes = Axes(LEFT + 40, y + 24, RIGHT, y + 224, 24, 8)
    frame(sheet, axes, [0, 2, 4, 6, 8], "水位（米）")
    for start, end in ((5.6, 10.4), (18.0, 22.8)):
        left, top = axes.at(start, 8)
        right, bottom = axes.at(end, 0)
        sheet.box((left, top, right, bottom), fill=GOLD, fill_opacity=0.45)
        sheet.text((left + right) / 2, top + 13, "发电", replace(LABEL, size=9, ink=INK), "centre")
    sea = [(h / 4, 3.9 + 3.1 * math.cos((h / 4 - 3.1) * math.pi / 6.2)) for h in range(97)]
    curve(sheet, axes, sea, SEA)
    basin = [
        (0, 4.3),
        (0.9, 5.2),
        (2.2, 6.6),
        (3.1, 6.9),
        (5.6, 6.9),
        (10.4, 3.6),
        (12.9, 3.5),
        (13.6, 4.6),
        (14.6, 6.3),
        (15.5, 6.9),
        (18.0, 6.9),
        (22.8, 3.6),
        (24, 3.55),
    ]
    curve(sheet, axes, basin, CORAL, dashes="[4 2]")
    for hour in range(0, 25, 3):
        sheet.text(axes.at(hour, 0)[0], axes.bottom + 12, f"{hour}", LABEL, "centre")
    axis_title(sheet, axes, "时刻（时）", replace(LABEL, size=8.4))
    legend(sheet, axes.at(11.1, 0)[0], axes.top + 14, [("海水", SEA), ("库水", CORAL)])
    y = sheet.paragraph(
        LEFT,
        y + 256,
        RIGHT - LEFT,
        "**图 2：**2025 年 4 月 8 日的水位变化。底色为黄色的是发电时段：第一次从 5:36 开始，第二次从 18:00 开始。",
        NOTE,
    )
    sheet.text(LEFT, y + 36, "怎样看发电时间表", Style("hebo", "hebo", 12, ink=GREEN))
    y = sheet.paragraph(
        LEFT,
        y + 46,
        RIGHT - LEFT,
        "时间表上的“高”表示高潮时刻，“起”表示水轮机起动的时刻。一般来说，起动时刻比高潮晚两个半小时。风大浪高时，值班员可以把起动时刻推后，最多一小时。",
        TEXT,
    )
    y = sheet.paragraph(LEFT, y + 14, RIGHT - LEFT, "**表 1：**2025 年 4 月第二周的发电时间。", NOTE)
    rows = [
        ("日期", "第一次高潮", "起动", "停机", "发电量（兆瓦时）"),
        ("4 月 7 日", "2:17", "4:46", "9:38", "61"),
        ("4 月 8 日", "3:06", "5:36", "10:24", "64"),
        ("4 月 9 日", "3:55", "6:25", "11:10", "63"),
        ("4 月 10 日", "4:46", "7:16", "11:52", "57"),
        ("4 月 11 日", "5:40", "8:10", "12:31", "49"),
    ]
    sheet.table(LEFT, y + 8, [95, 95, 80, 80, 121], rows, CELL, tint=GREEN)
    sheet.close()


def _everyday(sheet: Sheet) -> None:
    sheet.text(LEFT, 86, "三、警报与安全", HEAD)
    y = sheet.paragraph(
        LEFT,
        98,
        RIGHT - LEFT,
        "闸房上的汽笛在水闸动作之前鸣响。库区内任何时候都禁止游泳。牵狗散步请走堤顶的路，不要走到闸前的石滩上。",
        TEXT,
    )
    y = sheet.paragraph(LEFT, y + 12, RIGHT - LEFT, "**表 2：**汽笛信号和应对办法。", NOTE)
    rows = [
        ("信号", "意思", "应该怎样做"),
        ("三声长鸣", "水位将要上升", "立即离开石滩"),
        ("两声短鸣", "水轮机将要起动", "小船远离出水口"),
        ("连续短鸣一分钟", "紧急情况", "走到堤顶，等候通知"),
        ("一声长鸣", "解除警报", "可以返回"),
    ]
    y = sheet.table(LEFT, y + 8, [140, 150, 181], rows, CELL, tint=GREEN, prose=True)
    y = sheet.paragraph(
        LEFT,
        y + 14,
        RIGHT - LEFT,
        "每月第一个星期三中午十二点试鸣汽笛，届时不必惊慌。看见有人落水，请用港口电话拨 217，直接接通闸房。",
        TEXT,
    )
    sheet.text(LEFT, y + 38, "四、白鹭单车", HEAD)
    y = sheet.paragraph(
        LEFT,
        y + 48,
        RIGHT - LEFT,
        "镇上的公共自行车叫“白鹭单车”，2023 年 5 月开通，现在有十个车站、132 辆车，其中 38 辆是电动车。闸房车站有十个车位，骑车过堤到灯塔只要十二分钟。",
        TEXT,
    )
    y = sheet.paragraph(LEFT, y + 12, RIGHT - LEFT, "**表 3：**租车价格（克朗）。", NOTE)
    rows = [
        ("票种", "普通车", "电动车"),
        ("单次三十分钟", "2.00", "3.50"),
        ("日票", "7.00", "12.00"),
        ("月票", "18.00", "29.00"),
        ("年票", "96.00", "165.00"),
    ]
    y = sheet.table(LEFT, y + 8, [191, 140, 140], rows, CELL, tint=GREEN)
    sheet.box((LEFT, y + 24, RIGHT, y + 108), fill=MINT, radius=0.04)
    sheet.text(LEFT + 14, y + 46, "参观电站", Style("hebo", "hebo", 12, ink=GREEN))
    sheet.paragraph(
        LEFT + 14,
        y + 53,
        RIGHT - LEFT - 28,
        "四月到十月，每星期六可以参观堤内的廊道，讲解在十一点和十四点开始，全程五十分钟。学校请提前两星期向馆员林晓梅预约。",
        replace(TEXT, size=9.8, leading=1.6),
    )
    sheet.close()
