"""Sentences about a picture, in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.vision.kinds import Look

_CHINESE_LOOKS = {
    Look.PHOTO: "照片",
    Look.SCREENSHOT: "屏幕截图",
    Look.LINE_CHART: "折线图",
    Look.BAR_CHART: "柱状图",
    Look.HISTOGRAM: "直方图",
    Look.SCATTER_PLOT: "散点图",
    Look.BOX_PLOT: "箱线图",
    Look.PIE_CHART: "饼图",
    Look.HEAT_MAP: "热力图",
    Look.CHART: "图表",
    Look.MAP: "地图",
    Look.FLOW_CHART: "流程图",
    Look.DIAGRAM: "示意图",
    Look.TEXT: "文字或表格",
    Look.GRAPHIC: "图形",
}
_CHINESE_COLOURS = {
    "white": "白色",
    "grey": "灰色",
    "black": "黑色",
    "red": "红色",
    "orange": "橙色",
    "yellow": "黄色",
    "green": "绿色",
    "turquoise": "青色",
    "blue": "蓝色",
    "purple": "紫色",
    "pink": "粉色",
    "brown": "棕色",
}
_LETTER = re.compile(r"[^\W\d_]")
_MOST_WORDS = 24


def english(look: Look, colours: Sequence[str], contents: Sequence[str], caption: str, words: str) -> str:
    """For example: Line chart in orange and black. Figure 2: … Words in it: …"""
    sentence = str(look).capitalize()
    if colours:
        sentence += f" in {_enumerated(colours, ' and ')}"
    if contents:
        sentence += f", probably showing {_enumerated(contents, ' or ')}"
    inside = shortened(words, caption)
    return " ".join(
        _closed(part, ".") for part in (sentence, caption, inside and f"Words in it: {inside}") if part
    )


def chinese(look: Look, colours: Sequence[str], contents: Sequence[str], caption: str, words: str) -> str:
    """The same in Chinese; contents stay in English, for the classes have no other names."""
    sentence = _CHINESE_LOOKS[look]
    if colours:
        sentence += "，颜色有" + "、".join(_CHINESE_COLOURS[colour] for colour in colours)
    if contents:
        sentence += "，可能是 " + "、".join(contents)
    inside = shortened(words, caption)
    return "".join(
        _closed(part, "。") for part in (sentence, caption, inside and f"图中文字：{inside}") if part
    )


def shortened(words: str, known: str = "") -> str:
    """The first distinct words with letters that ``known`` does not hold, two dozen at most, "…" if cut."""
    folded = known.casefold()
    kept = [
        word
        for word in dict.fromkeys(words.split())
        if _LETTER.search(word) and word.strip(",.;:()").casefold() not in folded
    ]
    return " ".join(kept[:_MOST_WORDS]) + (" …" if len(kept) > _MOST_WORDS else "")


def _enumerated(names: Sequence[str], last: str) -> str:
    return last.join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _closed(sentence: str, stop: str) -> str:
    return sentence if sentence[-1] in ".!?。！？" else f"{sentence}{stop}"
