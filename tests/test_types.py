from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.types import BBox, Document, FileReport, Kind, Status, element_id, to_dict

FRACTION = st.floats(0, 1)
BOXES = st.builds(
    lambda a, b, c, d: BBox(min(a, b), min(c, d), max(a, b), max(c, d)),
    FRACTION,
    FRACTION,
    FRACTION,
    FRACTION,
)


@given(BOXES, st.floats(1, 20_000), st.floats(1, 20_000))
def test_a_box_survives_the_way_to_points_and_back(box: BBox, width: float, height: float) -> None:
    back = BBox.from_points(*box.to_points(width, height), width, height)
    assert back.as_tuple() == pytest.approx(box.as_tuple(), abs=1e-9)


@given(BOXES, BOXES)
def test_iou_is_symmetric_and_bounded(a: BBox, b: BBox) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1 + 1e-9


def test_iou_by_hand() -> None:
    assert BBox(0, 0, 0.5, 0.5).iou(BBox(0.25, 0, 0.75, 0.5)) == pytest.approx(1 / 3)
    assert BBox(0, 0, 0.1, 0.1).iou(BBox(0.5, 0.5, 0.6, 0.6)) == 0
    assert BBox(0.5, 0.5, 0.5, 0.5).iou(BBox(0.5, 0.5, 0.5, 0.5)) == 0


def test_union_by_hand() -> None:
    assert BBox(0.1, 0.2, 0.3, 0.4).union(BBox(0.2, 0.1, 0.25, 0.9)) == BBox(0.1, 0.1, 0.3, 0.9)


def test_corners_are_ordered_and_clipped() -> None:
    assert BBox.from_points(120, -10, 30, 40, 100, 80) == BBox(0.3, 0, 1, 0.5)


@pytest.mark.parametrize("corners", [(0.5, 0, 0.4, 1), (0, 0, 1.1, 1), (-0.1, 0, 1, 1), (0, math.nan, 1, 1)])
def test_a_box_off_the_page_is_refused(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="not a box"):
        BBox(*corners)


def test_an_element_id_depends_on_place_and_content_alone() -> None:
    box = BBox(0.1, 0.1, 0.2, 0.2)
    same = element_id("d", 1, Kind.TEXT, box, "words")
    assert same == element_id("d", 1, Kind.TEXT, BBox(0.10001, 0.1, 0.2, 0.2), "words")
    others = {
        element_id("e", 1, Kind.TEXT, box, "words"),
        element_id("d", 2, Kind.TEXT, box, "words"),
        element_id("d", 1, Kind.TABLE, box, "words"),
        element_id("d", 1, Kind.TEXT, None, "words"),
        element_id("d", 1, Kind.TEXT, box, "word"),
        element_id("d", 1, Kind.TEXT, box, "words", occurrence=1),
    }
    assert len(others) == 6
    assert same not in others


def test_values_become_plain_json() -> None:
    report = FileReport("a.pdf", Status.TOO_LARGE, "why")
    document = Document("0" * 64, "a.pdf", "application/pdf", metadata={"year": 2021})
    assert json.loads(json.dumps(to_dict([report, document, Kind.TABLE]))) == [
        {"path": "a.pdf", "status": "too large", "reason": "why", "pages": 0, "seconds": 0.0},
        {
            "id": "0" * 64,
            "path": "a.pdf",
            "media_type": "application/pdf",
            "title": "",
            "page_count": 0,
            "paged": True,
            "metadata": {"year": 2021},
        },
        "table",
    ]
