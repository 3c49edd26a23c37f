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
