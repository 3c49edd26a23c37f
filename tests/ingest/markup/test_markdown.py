import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.markdown import from_markdown
from mmrag.types import Kind


def test_the_usual_blocks() -> None:
    parsed = from_markdown(
        """Title
=====

Some *soft* words
on two lines with `code`, a [link](x.html) and a [reference][r].

- one
- two

| a | b |
|---|--:|
| 1 | 2 |

```python
if x:
    y()
```

![Plan](plan.png "The plan")

[r]: http://example.org
"""
    )
    assert parsed.title == "Title"
    assert parsed.blocks == (
        Block(Kind.HEADING, "Title", 1),
        Block(Kind.TEXT, "Some soft words on two lines with code, a link and a reference."),
        Block(Kind.TEXT, "- one\n- two"),
        Block(Kind.TABLE, "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        Block(Kind.TEXT, "if x:\n    y()", metadata={"code": True}),
        Block(Kind.FIGURE, "", caption="The plan. Plan", source="plan.png"),
    )


def test_html_inside_is_read() -> None:
    parsed = from_markdown('text\n\n<figure><img src="a b.png"><figcaption>Cap</figcaption></figure>\n')
    assert parsed.blocks[1] == Block(Kind.FIGURE, "", caption="Cap", source="a b.png")


def test_a_picture_inside_the_text() -> None:
    (block,) = from_markdown("![x](data:image/png;base64,AAAA)").blocks
    assert block.source == "data:image/png;base64,AAAA"


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: Notes\ntags: [tide, power]\nyear: 2025\ndraft: true\ndate: 2025-12-03\n"
        "author: {a: b}\n---\n# H\n",
        '+++\ntitle = "Notes"\ntags = ["tide", "power"]\nyear = 2025\ndraft = true\n'
        "date = 2025-12-03\n+++\n# H\n",
    ],
)
def test_front_matter_is_metadata(text: str) -> None:
    parsed = from_markdown(text)
    assert parsed.title == "Notes"
    assert parsed.metadata == {"tags": "tide, power", "year": 2025, "draft": True, "date": "2025-12-03"}
    assert [block.text for block in parsed.blocks] == ["H"]


@pytest.mark.parametrize(
    "text",
    [
        "---\na: .nan\nb: -.inf\nc: 0x" + "f" * 5000 + "\nd: [1, .nan, 2]\n.inf: no\ne: 1.5\n---\n",
        "+++\na = nan\nb = -inf\nc = 0x" + "f" * 5000 + "\nd = [1, nan, 2]\ne = 1.5\n+++\n",
    ],
)
def test_front_matter_that_is_no_finite_number_is_dropped(text: str) -> None:
    assert from_markdown(text).metadata == {"d": "1, 2", "e": 1.5}


@pytest.mark.parametrize(
    "text", ["---\n- a list\n---\nx", "---\n{ broken: [\n---\nx", "+++\nbroken =\n+++\nx"]
)
def test_what_is_not_front_matter_is_text(text: str) -> None:
    parsed = from_markdown(text)
    assert parsed.metadata == {}
    assert parsed.blocks[-1].text.endswith("x")


@given(st.text("#*_`[]()!|-\n ab<>~", max_size=80))
def test_any_text_is_markdown(text: str) -> None:
    from_markdown(text)
