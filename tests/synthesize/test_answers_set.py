from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmrag.synthesize.checking import check
from mmrag.synthesize.markers import Markers
from mmrag.types import FlagKind

SET: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("answers.yaml").read_text(encoding="utf-8"))
ANSWERS: list[dict[str, Any]] = SET["answers"]


def test_the_set_has_both_halves_of_every_kind():
    halves = Counter((answer["id"].rpartition("-")[0], answer["half"]) for answer in ANSWERS)
    kinds = ("right", "wrong", "number", "unsupported", "uncited")
    assert {key: halves[key] for kind in kinds for key in ((kind, "dev"), (kind, "held"))} == {
        (kind, half): 6 for kind in kinds for half in ("dev", "held")
    }
    assert len({answer["id"] for answer in ANSWERS}) == len(ANSWERS)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["id"])
def test_what_is_expected_stands_in_the_answer_and_places_hold(answer: dict[str, Any]):
    assert all(str(flag["text"]) in answer["text"] for flag in answer["flags"])
    markers = Markers(len(answer["sources"]))
    text = markers.feed(answer["text"]) + markers.close()
    sources = [SET["sources"][answer["sources"][number - 1]] for number in markers.order]
    for flag in check(text, sources, answer["question"]):
        assert text[flag.begin : flag.end] == flag.text


def test_what_is_wrong_on_purpose_is_found():
    """Each answer with a wrong number or quote, or without a citation, is flagged for it."""
    wanted = {"number": FlagKind.NUMBER, "quote": FlagKind.QUOTE, "uncited": FlagKind.UNCITED}
    for answer in ANSWERS:
        kind = answer["id"].rpartition("-")[0]
        if kind in wanted and answer["half"] == "dev":
            sources = [SET["sources"][name] for name in answer["sources"]]
            found = {flag.kind for flag in check(answer["text"], sources, answer["question"])}
            assert wanted[kind] in found, answer["id"]
