from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from mmrag.cli import progress as shown
from mmrag.types import Progress


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress("scan", "", 0, 0, 0, 0), None),
        (Progress("read", "", 0, 5, 0, 0), None),
        # One of two files is open and has ten pages: the other one counts as ten.
        (Progress("read", "a.pdf", 0, 2, 3, 10), 20),
        # Two files of 10 and 20 pages are known: the third counts as their mean.
        (Progress("read", "b.pdf", 1, 3, 12, 30), 45),
        (Progress("read", "", 3, 3, 45, 45), 45),
        # A new view is laid over pages that are all known.
        (Progress("lay", "a.pdf", 0, 100, 5, 1000), 1000),
        (Progress("lay", "", 0, 100, 5, 1000), 1000),
        (Progress("lay", "", 0, 1, 0, 0), None),
    ],
)
def test_pages_to_come_are_guessed_from_those_known(progress: Progress, expected: int | None) -> None:
    assert shown.expected_pages(progress) == expected


@pytest.mark.parametrize(
    ("progress", "seconds", "expected"),
    [
        (Progress("scan", "", 0, 0, 0, 0), 1, ""),
        (Progress("write", "", 2, 2, 9, 9), 1, ""),
        (Progress("read", "a.pdf", 0, 2, 0, 10), 1, "0 of about 20 pages"),
        (Progress("read", "a.pdf", 0, 2, 4, 10), 2, "4 of about 20 pages, 2.0/s, 8 s left"),
        (Progress("read", "a.pdf", 0, 1, 5, 10), 50, "5 of 10 pages, 0.1/s, 50 s left"),
        (Progress("lay", "a.pdf", 0, 100, 5, 1000), 10, "5 of 1000 pages, 0.5/s, 33 min 10 s left"),
    ],
)
def test_pace(progress: Progress, seconds: float, expected: str) -> None:
    assert shown.pace(progress, seconds) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (11_400, "3 h 10 min")],
)
def test_durations(seconds: float, expected: str) -> None:
    assert shown.duration(seconds) == expected


def test_there_is_no_bar_without_a_terminal() -> None:
    with shown.bar() as report:
        assert report is None


def test_the_bar_shows_pages_and_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None, markup=False)
    monkeypatch.setattr("mmrag.cli.terminal.errors", lambda: console)
    with shown.bar() as report:
        assert report is not None
        report(Progress("read", "re\x1bport [red].pdf", 0, 2, 3, 10))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "3 of about 20 pages" in text
    assert "1/2 re port [red].pdf" in text
