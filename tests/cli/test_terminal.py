from __future__ import annotations

import json

import pytest

from mmrag.cli.places import parse_place, place, spot
from mmrag.cli.terminal import clean, print_json
from mmrag.types import Document, Page
from tests.cli.fake import FIGURE, NOTES, REPORT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\n lines\t", "two lines"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("\x9b2Jwiped", "2Jwiped"),
        ("abc\u202edcba", "abc dcba"),
        ("\ud800lone", "lone"),
        ("क्‍ष", "क्‍ष"),
    ],
)
def test_nothing_in_a_document_steers_the_terminal(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_json_leaves_out_picture_bytes_and_keeps_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"path": "指南.pdf", "element": FIGURE})
    out = capsys.readouterr().out
    assert "指南.pdf" in out
    assert json.loads(out)["element"]["bbox"] == {"x0": 0.1, "y0": 0.2, "x1": 0.5, "y1": 0.4}


@pytest.mark.parametrize(
    ("document", "page", "expected"),
    [
        (REPORT, Page(REPORT.id, 3), "station/report.pdf, p. 3"),
        (REPORT, Page(REPORT.id, 3, label="3"), "station/report.pdf, p. 3"),
        (REPORT, Page(REPORT.id, 14, label="xii"), "station/report.pdf, p. 14 (xii)"),
        (NOTES, Page(NOTES.id, 1, label="Methods"), "notes.md, § Methods"),
        (NOTES, Page(NOTES.id, 1, label="§ Methods"), "notes.md, § Methods"),
        (NOTES, Page(NOTES.id, 2), "notes.md, § 2"),
        (Document("d", "a\x1bb.pdf", "application/pdf"), Page("d", 1), "a b.pdf, p. 1"),
    ],
)
def test_names_of_places(document: Document, page: Page, expected: str) -> None:
    assert place(document, page) == expected
    assert expected.endswith(spot(document, page))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("report.pdf#3", ("report.pdf", 3)),
        ("a#b/report.pdf#p12", ("a#b/report.pdf", 12)),
        ("3f2a9c1e", None),
        ("#3", None),
        ("report.pdf#x", None),
        (f"report.pdf#{'9' * 5000}", None),
    ],
)
def test_reading_a_place(word: str, expected: tuple[str, int] | None) -> None:
    assert parse_place(word) == expected
