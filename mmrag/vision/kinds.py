"""What kind of picture it is: by what its caption calls it, else by its measures and words."""

from __future__ import annotations

import re
from enum import StrEnum

from mmrag.vision.colours import striking
from mmrag.vision.measures import Measures

KINDS_VERSION = "kinds:1"
"""Changes whenever `look` would give another kind for the same picture; part of fingerprints."""


class Look(StrEnum):
    """Kinds of pictures that are told apart."""

    PHOTO = "photo"
    SCREENSHOT = "screenshot"
    LINE_CHART = "line chart"
    BAR_CHART = "bar chart"
    HISTOGRAM = "histogram"
    SCATTER_PLOT = "scatter plot"
    BOX_PLOT = "box plot"
    PIE_CHART = "pie chart"
    HEAT_MAP = "heat map"
    CHART = "chart"
    MAP = "map"
    FLOW_CHART = "flow chart"
    DIAGRAM = "diagram"
    TEXT = "text or table"
    GRAPHIC = "graphic"


# The first that a caption names decides, so what is more special comes first.
_CUES: tuple[tuple[Look, re.Pattern[str]], ...] = tuple(
    (look, re.compile("|".join(patterns), re.IGNORECASE))
    for look, patterns in (
        (Look.HISTOGRAM, (r"\bhistogram(?!me)", "直方图", "直方圖")),
        (Look.SCATTER_PLOT, (r"\bscatter", "散点图", "散點圖", "Streudiagramm", "nuage de points")),
        (Look.BOX_PLOT, (r"\bbox[- ]?(?:and[- ]whisker )?plot", "箱线图", "boîte à moustaches")),
        (Look.PIE_CHART, (r"\bpie chart", "饼图", "Kreisdiagramm", "camembert")),
        (Look.HEAT_MAP, (r"\bheat ?-?map", "热力图", "热图")),
        (
            Look.BAR_CHART,
            (
                r"\bbar ?(?:chart|plot|graph)",
                r"\bbars\b",
                "柱状图",
                "条形图",
                "Balkendiagramm",
                "histogramme",
            ),
        ),
        (
            Look.LINE_CHART,
            (r"\bline (?:chart|plot|graph)", r"\bcurves?\b", r"\btime series\b", "折线图", "曲线", "courbe"),
        ),
        (
            Look.FLOW_CHART,
            (r"\bflow ?-?charts?", r"\bflow diagram", "流程图", "Flussdiagramm", "organigramme"),
        ),
        (
            Look.SCREENSHOT,
            (
                r"\bscreen ?-?shots?",
                r"\bdialog(?:ue)?\b",
                r"\bGUIs?\b",
                r"\b(?:user|graphical) interface",
                "截图",
                "屏幕",
                "界面",
                "capture d'écran",
            ),
        ),
        (Look.PHOTO, (r"\bphoto(?:graph)?s?\b", "照片", r"\bFoto(?:grafie)?\b")),
        (Look.MAP, (r"\bmap of\b", r"\bsite plan\b", "地图", "地圖", "Landkarte", r"\bcarte de\b")),
        (
            Look.DIAGRAM,
            (
                r"\bdiagrams?\b",
                r"\bschematic",
                r"\barchitecture\b",
                r"\bcross[- ]section",
                "示意图",
                "结构图",
                "框图",
            ),
        ),
        (Look.CHART, (r"\bplots?\b", r"\bgraph of\b", r"\bcharts?\b", "图表", "graphique")),
    )
)
_CHARTS = frozenset(
    {
        Look.LINE_CHART,
        Look.BAR_CHART,
        Look.HISTOGRAM,
        Look.SCATTER_PLOT,
        Look.BOX_PLOT,
        Look.PIE_CHART,
        Look.CHART,
    }
)
_NUMBER = re.compile(r"[-−+]?\d[\d.,]*%?$")
_PHOTO_TEXTURE = 0.14
_FEW_NUMBERS, _MANY_NUMBERS, _SOME_WORDS, _PANEL_WORDS = 4, 8, 6, 8


def look(measures: Measures, caption: str, words: str) -> Look:
    """The kind of picture.

    A caption that names the kind is believed, unless the pixels speak against it: a photo is no chart.

    Args:
        measures: of its pixels.
        caption: as printed; may be empty.
        words: the words inside; may be empty.
    """
    seen = _seen(measures, words.split())
    named = next((look for look, cue in _CUES if cue.search(caption)), None)
    if named is None or (seen is Look.PHOTO and named in _CHARTS):
        return seen
    if named is Look.CHART and seen in _CHARTS:
        return seen
    return named


def _seen(measures: Measures, words: list[str]) -> Look:
    numbers = sum(1 for word in words if _NUMBER.match(word))
    axes = measures.level >= 0.4 and measures.upright >= 0.4
    labelled = axes and len(words) - numbers >= _PANEL_WORDS
    surfaces = measures.texture >= _PHOTO_TEXTURE and measures.border < 0.9 and measures.background < 0.7
    if surfaces and not labelled:
        return Look.PHOTO
    ruled = measures.dotted >= 0.93 and measures.solid < 0.12
    if ruled and len(words) >= _SOME_WORDS and not _coloured(measures):
        return Look.TEXT
    if axes and _fills_its_frame(measures, labelled):
        return Look.SCREENSHOT
    if measures.solid >= 0.85 and measures.steps >= 0.85 and measures.background < 0.75 and words:
        return Look.BAR_CHART if axes and numbers >= _FEW_NUMBERS else Look.CHART
    if (axes and numbers >= _FEW_NUMBERS) or (numbers >= _MANY_NUMBERS and 2 * numbers >= len(words)):
        return _chart(measures)
    return Look.DIAGRAM if words else Look.GRAPHIC


def _fills_its_frame(measures: Measures, labelled: bool) -> bool:
    """Whether a picture with long straight strokes is a window: a frame around surfaces, not around paper."""
    if measures.border < 0.4 and (measures.background < 0.75 or not measures.light):
        return True
    return labelled and measures.background < 0.6 and measures.texture >= 0.05


def _chart(measures: Measures) -> Look:
    if measures.solid >= 0.5:
        return Look.BAR_CHART if measures.steps >= 0.75 and measures.solid >= 0.8 else Look.CHART
    if measures.reach >= 0.75 and 0.5 <= measures.dotted < 0.93:
        return Look.LINE_CHART
    return Look.CHART


def _coloured(measures: Measures) -> bool:
    return bool(striking(measures.colours, 0.03))
