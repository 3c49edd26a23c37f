from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.sections import to_sections
from mmrag.types import Kind


def heading(level: int, text: str) -> Block:
    return Block(Kind.HEADING, text, level)


def passage(length: int) -> Block:
    return Block(Kind.TEXT, "x" * length)


def test_sections_begin_at_the_first_two_levels() -> None:
    blocks = [
        passage(5),
        heading(1, "A"),
        heading(2, "A1"),
        passage(5),
        heading(3, "deep"),
        passage(5),
        heading(2, "A2"),
        passage(5),
        heading(1, "B"),
        passage(5),
    ]
    sections = to_sections(blocks)
    assert [section.label for section in sections] == ["", "A1", "A2", "B"]
    assert [[above for _, above in section.blocks] for section in sections] == [
        [()],
        [(), ("A",), ("A", "A1"), ("A", "A1"), ("A", "A1", "deep")],
        [("A",), ("A", "A2")],
        [(), ("B",)],
    ]


def test_long_sections_are_cut_between_blocks() -> None:
    sections = to_sections([heading(1, "Long"), *[passage(700) for _ in range(10)]])
    assert [section.label for section in sections] == ["Long"] * len(sections)
    assert all(2000 <= section.length <= 3600 for section in sections[:-1])
    assert [block for section in sections for block, _ in section.blocks][1:] == [passage(700)] * 10


def test_a_heading_stays_with_what_follows() -> None:
    sections = to_sections([passage(2900), heading(3, "H"), passage(10)])
    assert [[block.kind for block, _ in section.blocks] for section in sections] == [
        [Kind.TEXT],
        [Kind.HEADING, Kind.TEXT],
    ]


def test_an_endless_passage_is_cut_between_sentences() -> None:
    sentence = "This is one sentence of an endless passage. "
    sections = to_sections([Block(Kind.TEXT, (sentence * 500).strip())])
    passages = [block.text for section in sections for block, _ in section.blocks]
    assert len(sections) > 5
    assert all(text.startswith("This") and text.endswith("passage.") for text in passages)
    assert " ".join(passages) == (sentence * 500).strip()


def test_nothing() -> None:
    assert to_sections([]) == []


blocks = st.one_of(
    st.builds(heading, st.integers(1, 6), st.text("ab", min_size=1, max_size=3)),
    st.builds(passage, st.integers(1, 5000)),
)


@given(st.lists(blocks, max_size=40))
def test_every_block_stands_once_and_in_order(given_blocks: list[Block]) -> None:
    sections = to_sections(given_blocks)
    assert [block for section in sections for block, _ in section.blocks] == given_blocks
    assert all(section.blocks for section in sections)
