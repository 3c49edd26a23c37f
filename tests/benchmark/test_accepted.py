"""The judge of answers is judged itself: it decides what the published numbers mean."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from mmrag.benchmark import accepted


def load(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("The share was .10 in all.", "0.1"),
        ("In all 21,480 trips", "21480"),
        ("“Item: labeling_list()”", "labeling_list"),
        ("at 81.5 %", "81.5%"),
        ("46 percent", "46 %"),
        ("it takes seven minutes", "7 minutes"),
        ("14 May 1987 was the day", "14  may 1987"),
        ("at most 56 tools; pockets up to 99999", "56; 99999"),
        ("运行于1987 年", "1987年"),
        ("水位将要\n上升。", "水位将要上升"),
        ("it is 0.35", "about 0.35"),
        ("Léon", "LÉON"),
    ],
)
def test_held(text: str, variant: str):
    assert accepted.holds(text, (variant,))


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("The share was 0.11.", "0.1"),
        ("in 1987", "198"),
        ("at most 56 tools", "56; 99999"),
        ("the barrage", "bar"),
        ("station of the railway", "railway station"),
        ("", "1"),
        ("anything", ""),
        ("anything", ";"),
    ],
)
def test_not_held(text: str, variant: str):
    assert not accepted.holds(text, (variant,))


@pytest.mark.parametrize(
    ("text", "variant", "held"),
    [
        ("It is -5 °C.", "-5 °C", True),
        ("It is \u22125 °C.", "-5 °C", True),
        ("It is -5 °C.", "5 °C", False),
        ("It is 5 °C.", "-5 °C", False),
        ("pages 5-7", "5 7", True),
        ("5月-7月", "7月", True),
        ("3万元-5万元", "5万元", True),
        ("气温为-5度", "-5度", True),
        ("〇" * 5000, "0", False),
        ("GPT-4", "GPT 4", True),
        ("(-.5)", "-0.50", True),
        ("version 2.10.3", "2.1", False),
        ("version 2.10.3", "2.10.3", True),
        ("on 12.03.2024", "2024", True),
        ("12 per cent", "12 %", True),
        ("12%", "12 per cent", True),
        ("共十二人", "12人", True),
        ("三百二十个", "320个", True),
        ("一千零五米", "1005 米", True),
        ("二〇二四年", "2024年", True),
        ("五个月", "5个月", True),
        ("十五个", "5个", False),
        ("1234567", "1234568", False),
    ],
)
def test_numbers_by_sign_and_value(text: str, variant: str, held: bool) -> None:
    assert accepted.holds(text, (variant,)) is held


def test_one_variant_is_enough():
    assert accepted.holds("It is the plus pole.", ("positive", "plus", "+"))


def test_words_in_any_order():
    text = "Due to difficulty in constructing a version that was reliable, 26% of them"
    assert accepted.holds_words(text, ("difficulty in constructing a reliable version",))
    assert accepted.holds_words(text, ("about 26 percent",))
    assert not accepted.holds_words(text, ("reliable, 27%",))
    assert not accepted.holds_words(text, ("about the",))


def test_the_threshold_keeps_what_it_should():
    calibrate = load_calibration()
    certain = [0.1, *(0.5 + step / 100 for step in range(19))]
    assert calibrate.threshold_for(certain, 0.95) == 0.5
    assert calibrate.threshold_for(certain, 1.0) == 0.1
    assert calibrate.area([0.9, 0.8], [0.1, 0.8]) == 0.875


def load_calibration() -> ModuleType:
    import sys

    folder = str(Path(__file__).resolve().parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return load("calibrate_refusal")
    finally:
        sys.path.remove(folder)
