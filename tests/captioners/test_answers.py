import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.captioners.answers import described
from mmrag.captioners.base import Description
from mmrag.types import Usage

PAID = Usage(5, 6, 1)
WHOLE = {"description": "A chart.", "visible_text": "Yield", "data": "a: 1\nb: 2"}
EXPECTED = Description("A chart.", "Yield", "a: 1\nb: 2", PAID)


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(WHOLE),
        json.dumps(WHOLE, indent=2),
        f"```json\n{json.dumps(WHOLE)}\n```",
        f"```\n{json.dumps(WHOLE)}",
        f"Here is the JSON {{as asked}}:\n{json.dumps(WHOLE)}\nI hope it helps {{:}}.",
        json.dumps(WHOLE).replace("\\n", "\n"),
        json.dumps({**WHOLE, "data": {"a": 1, "b": 2}}),
        json.dumps({**WHOLE, "data": ["a: 1", "b: 2"]}),
        f'<think>{{"description": "a draft"}}</think>{json.dumps(WHOLE)}',
        json.dumps({**WHOLE, "more": {"description": "another"}}),
        '{"description": "A chart.", "visible_text": "Yield", "data": "a: 1\\nb: 2",}',
        '{"description": "A chart.", "visible_text": "Yield", "data": "a: 1\\nb: 2',
        '{description: x, "description": "A chart.", "visible_text": "Yield" "data": "a: 1\\nb: 2"}',
    ],
)
def test_the_three_fields_are_found(answer: str) -> None:
    assert described(answer, PAID) == EXPECTED


@pytest.mark.parametrize(
    ("answer", "description"),
    [
        ("A plain sentence.", "A plain sentence."),
        ("  spaces \n", "spaces"),
        ("```\nfenced\n```", "fenced"),
        ('{"caption": "something else"}', '{"caption": "something else"}'),
        ("{not json", "{not json"),
        ("", ""),
        ("<think>and never an answer", ""),
        ('{"description": "...", "visible_text": "...", "data": "..."}', ""),
        ('{"description": ""}', ""),
        ('{"description": "N/A", "visible_text": null, "data": "无"}', ""),
        ('{"description": "Half a sen', "Half a sen"),
        ('{"description": "He said \\"yes\\".', 'He said "yes".'),
        ('{"description": "ends in an escape \\', "ends in an escape"),
    ],
)
def test_what_is_no_object_is_taken_as_it_is(answer: str, description: str) -> None:
    assert described(answer, PAID) == Description(description, usage=PAID)


def test_tables_become_rows() -> None:
    rows = {"description": "T.", "data": [["year", "t"], [2020, 5.5], [None, {"a": 1}]]}
    assert described(json.dumps(rows), PAID).data == '| year | t |\n| 2020 | 5.5 |\n|  | {"a": 1} |'
    objects = {"description": "T.", "data": [{"year": 2020, "t": 5}, {"year": 2021, "t": 6}]}
    assert described(json.dumps(objects), PAID).data == "year: 2020, t: 5\nyear: 2021, t: 6"


def test_deep_nesting_does_no_harm() -> None:
    deep = "[" * 5_000
    assert described(deep, PAID).description == deep
    assert described('{"a":' * 5_000, PAID).description.startswith('{"a"')


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_written_as_json_is_read_back(description: str, data: str) -> None:
    found = described(json.dumps({"description": f"x{description}", "data": f"y{data}"}), PAID)
    assert found.description == f"x{description}".strip()
    assert found.data == f"y{data}".strip()


def test_half_a_character_in_an_answer_can_be_written() -> None:
    told = described('{"description": "a \\ud83d\\ude00 b \\ud83d"}', Usage())
    assert told.description == "a \U0001f600 b \ufffd"


def test_an_answer_without_end_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def decode(self: json.JSONDecoder, text: str, start: int) -> tuple[object, int]:
        read.append(len(text))
        raise ValueError

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", decode)
    described("{" * 100 + "x" * 1_000_000, Usage())
    assert set(read) == {40_000}
