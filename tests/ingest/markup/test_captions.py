from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.captions import joined, with_captions
from mmrag.types import Kind


def text(words: str) -> Block:
    return Block(Kind.TEXT, words)


def figure(caption: str = "") -> Block:
    return Block(Kind.FIGURE, "", caption=caption, source="a.png")


def table(caption: str = "") -> Block:
    return Block(Kind.TABLE, "| a |", caption=caption)


def test_the_paragraph_below_a_picture_and_above_a_table() -> None:
    blocks = [
        text("before"),
        figure("Plan of it"),
        text("Figure 3: The plan"),
        text("Table 1. Sizes"),
        table(),
        text("\u56fe2 \u5e73\u9762\u56fe"),
        figure(),
    ]
    assert with_captions(blocks) == [
        text("before"),
        figure("Figure 3: The plan. Plan of it"),
        table("Table 1. Sizes"),
        figure("\u56fe2 \u5e73\u9762\u56fe"),
    ]


def test_a_caption_belongs_to_one_picture() -> None:
    blocks = [figure(), text("Fig. 4: Both"), figure()]
    assert with_captions(blocks) == [figure("Fig. 4: Both"), figure()]


def test_what_is_no_caption_stays() -> None:
    blocks = [
        text("Figure it out"),
        figure(),
        text("Figure 3 " + "shows a lot of things " * 30),
        Block(Kind.TEXT, "Figure 5", metadata={"code": True}),
        figure(),
        text("Table 7 is of another kind"),
    ]
    assert with_captions(blocks) == blocks


def test_parts_of_a_caption_are_said_once() -> None:
    assert joined(["Bars", "", "Bars", "Bars of rain!", "More"]) == "Bars of rain! More"
