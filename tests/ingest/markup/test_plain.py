from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.plain import from_plain
from mmrag.types import Kind

WRAPPED = """The rain held off until the evening, and more than a thousand visi-
tors came to the barrage on Saturday, more than on any day before.
The gate house served soup.

A short line.
"""


def texts(text: str) -> list[str]:
    return [block.text for block in from_plain(text).blocks]


def test_lines_broken_at_a_margin_are_joined() -> None:
    assert texts(WRAPPED) == [
        "The rain held off until the evening, and more than a thousand visitors came to the barrage on "
        "Saturday, more than on any day before. The gate house served soup.",
        "A short line.",
    ]


def test_lists_verses_and_columns_keep_their_lines() -> None:
    poem = "Roses are red\nviolets are blue"
    items = "- the first item of a list that is quite long, so long\n- the second item of that list"
    columns = "Name            Value of it, measured twice\nfirst           12 and then 14, which is more"
    assert texts(f"{poem}\n\n{items}\n\n{columns}") == [
        poem,
        items,
        "\n".join(" ".join(line.split()) for line in columns.split("\n")),
    ]


def test_lines_longer_than_any_margin_are_paragraphs() -> None:
    first, second = "word " * 30 + "end.", "other " * 30 + "end."
    assert texts(f"{first}\n{second}") == [first, second]


def test_underlined_lines_are_headings() -> None:
    assert from_plain("Title\n=====\n\nPart\n----\ntext\n\nTwo\n===\n").blocks == (
        Block(Kind.HEADING, "Title", 1),
        Block(Kind.HEADING, "Part", 2),
        Block(Kind.TEXT, "text"),
        Block(Kind.HEADING, "Two", 1),
    )


def test_chinese_headings_and_lines() -> None:
    assert from_plain(
        "\u6982\u8ff0\n====\n\u7b2c\u4e00\u6bb5\u3002\n\n\u3000\n\u7b2c\u4e8c\u6bb5\u3002"
    ).blocks == (
        Block(Kind.HEADING, "\u6982\u8ff0", 1),
        Block(Kind.TEXT, "\u7b2c\u4e00\u6bb5\u3002"),
        Block(Kind.TEXT, "\u7b2c\u4e8c\u6bb5\u3002"),
    )


def test_nothing() -> None:
    assert texts("") == texts(" \n\n \n") == []
