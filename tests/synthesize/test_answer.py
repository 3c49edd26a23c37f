from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from mmrag.generators import Evidence, Generation
from mmrag.synthesize import answer
from mmrag.synthesize.answer import UNVERIFIED
from mmrag.types import BBox, Hit
from tests.generators.making import element, hit

HITS = [
    hit([element("The gate has two chains.\nEach is 12 m long.")]),
    hit([element("| Gate | 3 |", caption="Table 1. Gates.", document="b" * 64)], rank=2),
]
CHAINS = Evidence(HITS[0], HITS[0].element, "two chains.  Each is")
CAPTION = Evidence(HITS[1], HITS[1].element, "Table 1.")
INVENTED = Evidence(HITS[0], HITS[0].element, "nine chains")


@dataclass
class Says:
    """Says what it is told to."""

    generation: Generation
    spec: str = "tests:Says"

    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        return self.generation


def said(text: str, *evidence: Evidence, refused: bool = False, confidence: float = 0.5) -> Says:
    return Says(Generation(text, evidence, refused, confidence, {"in": 7}))


def test_citations_are_numbered_in_order_of_appearance():
    found = answer("?", HITS, said("Two [2]. Chains [1], again [2].", CHAINS, CAPTION))
    assert found.text == "Two [1]. Chains [2], again [1]."
    assert [citation.number for citation in found.citations] == [1, 2]
    assert [citation.quote for citation in found.citations] == ["Table 1.", "two chains.  Each is"]
    assert found.citations[0].document is HITS[1].document
    assert found.citations[0].bbox == HITS[1].element.bbox
    assert found.generator == "tests:Says"
    assert found.tokens == {"in": 7}
    assert set(found.seconds) == {"generate"}
    assert found.hits == tuple(HITS)


def test_the_quotes_own_box_is_kept():
    box = BBox(0.2, 0.2, 0.3, 0.3)
    found = answer("?", HITS, said("Two [1].", replace(CHAINS, bbox=box)))
    assert found.citations[0].bbox == box


def test_a_marker_for_nothing_is_taken_out(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        found = answer("?", HITS, said(f"Two [1] and [9] more [0] [{'9' * 5000}].", CHAINS))
    assert found.text == "Two [1] and more."
    assert "stands for nothing" in caplog.text


def test_an_invented_quote_is_flagged_and_no_citation(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        found = answer("?", HITS, said("Nine [1], two [2].", INVENTED, CHAINS))
    assert found.text == f"Nine {UNVERIFIED}, two [1]."
    assert [citation.quote for citation in found.citations] == [CHAINS.quote]
    assert "not in its document" in caplog.text


@pytest.mark.parametrize(
    "evidence",
    [
        replace(CHAINS, quote=" \n"),
        replace(CHAINS, element=element("two chains. Each is")),
        replace(CHAINS, hit=replace(HITS[0], page=replace(HITS[0].page, number=8))),
    ],
    ids=["empty quote", "element of no hit", "page that was not given"],
)
def test_evidence_without_provenance_is_no_citation(evidence: Evidence):
    found = answer("?", HITS, said("Two [1].", evidence))
    assert found.text == f"Two {UNVERIFIED}."
    assert found.citations == ()


def test_evidence_that_the_text_does_not_cite_is_left_out():
    assert answer("?", HITS, said("Two.", CHAINS)).citations == ()


def test_a_refusal_has_no_citations():
    found = answer("?", HITS, said("Nothing [1].", CHAINS, refused=True, confidence=1.5))
    assert found.refused
    assert found.text == "Nothing."
    assert found.citations == ()
    assert found.confidence == 1.0


def test_no_hits():
    assert answer("?", [], said("Two [1].", CHAINS)).text == f"Two {UNVERIFIED}."
