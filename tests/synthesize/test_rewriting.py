from __future__ import annotations

import pytest

from mmrag.synthesize import Spending
from mmrag.synthesize.prompting import Turn
from mmrag.synthesize.rewriting import standing_alone
from tests.synthesize.models import Says


def rewritten(said: str) -> str:
    return standing_alone("Which of them?", [Turn("a", "b")], Says(said), Spending())


@pytest.mark.parametrize(
    "said",
    [
        "Which countries are not listed in Table 2?",
        "Why was no evidence of water found on the site?",
        "哪些产品没有包含充电器？",
        'Who said "I came"',
        "“A” or “B”",
    ],
)
def test_what_the_model_writes_is_the_question(said: str):
    assert rewritten(said) == said


@pytest.mark.parametrize(
    "said", ['"Who came?"', "“Who came?”\nIt is clear.", "« Who came? »", "「Who came?」"]
)
def test_the_marks_around_all_of_it_are_none_of_it(said: str):
    assert rewritten(said) == "Who came?"


@pytest.mark.parametrize("said", ["I do not know what is meant.", "I'm sorry, which station?", ""])
def test_a_model_that_does_not_know_writes_none(said: str):
    assert rewritten(said) == ""
