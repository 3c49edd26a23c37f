import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.encoders import load_encoder
from mmrag.encoders.base import Matrix
from mmrag.strategies.chunks import chunk
from mmrag.text.script import is_cjk
from mmrag.types import Chunk, Element, Kind


class Words:
    """An encoder whose tokens are words and ideographs, with one special token on either side."""

    spec = "fake:words"
    modalities = frozenset({"text"})
    dim = 1
    fingerprint = "fake"

    def __init__(self, max_tokens: int = 30, scripts: frozenset[str] | None = None) -> None:
        self.max_tokens = max_tokens
        self.scripts = scripts

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [
            2 + len("".join(f" {char} " if is_cjk(char) else char for char in text).split()) for text in texts
        ]

    def encode_texts(self, texts: list[str]) -> Matrix:
        return np.ones((len(texts), 1), dtype=np.float32)

    encode_queries = encode_texts

    def encode_pictures(self, pictures: list[object]) -> Matrix:
        raise NotImplementedError


numbers = itertools.count()


def element(
    text: str, kind: Kind = Kind.TEXT, section: tuple[str, ...] = (), page: int = 1, **more: object
) -> Element:
    return Element(f"e{next(numbers)}", "doc", page, kind, None, text, section=section, **more)  # type: ignore[arg-type]


def texts(chunks: list[Chunk]) -> list[str]:
    return [piece.text for piece in chunks]


def words(count: int, name: str = "w") -> str:
    return " ".join(f"{name}{number}" for number in range(count))


def test_nothing_makes_nothing() -> None:
    assert chunk([], Words()) == []
    assert chunk([element(""), element(" ", Kind.FIGURE)], Words()) == []


def test_a_short_text_is_one_chunk_of_its_element() -> None:
    paragraph = element("One sentence. Another sentence.")
    assert chunk([paragraph], Words()) == [Chunk(paragraph.id, paragraph.text, paragraph.text)]


def test_whole_sentences_in_even_pieces() -> None:
    paragraph = element("A a a a. B b b b. C c c c. D d d d. E e e e. F f f f.")
    assert texts(chunk([paragraph], Words(), target_tokens=20)) == [
        "A a a a. B b b b. C c c c.",
        "D d d d. E e e e. F f f f.",
    ]


def test_the_limit_of_the_encoder_beats_the_target() -> None:
    paragraph = element("A a a a. B b b b. C c c c. D d d d.")
    assert texts(chunk([paragraph], Words(max_tokens=14), target_tokens=1000)) == [
        "A a a a. B b b b.",
        "C c c c. D d d d.",
    ]


def test_a_sentence_over_the_limit_is_cut_between_words() -> None:
    pieces = chunk([element(words(50))], Words(max_tokens=16))
    assert " ".join(texts(pieces)) == words(50)
    assert [len(piece.text.split()) for piece in pieces] == [10, 10, 10, 10, 10]


def test_chinese_is_cut_between_ideographs() -> None:
    sentence = "一二三四五六七八九十" * 4
    pieces = chunk([element(sentence + "。")], Words(max_tokens=26))
    assert "".join(texts(pieces)) == sentence + "。"
    assert max(len(piece.text) for piece in pieces) <= 20


def test_the_last_two_headings_are_context_but_no_snippet() -> None:
    paragraph = element("Some words here.", section=("Book", "Chapter 1", "Results."))
    (piece,) = chunk([paragraph], Words())
    assert piece.text == "Chapter 1. Results.\nSome words here."
    assert piece.snippet == "Some words here."


def test_context_never_takes_more_than_a_quarter_of_the_room() -> None:
    paragraph = element("Some words here.", section=(words(10, "long"), "Short"))
    assert texts(chunk([paragraph], Words())) == ["Short.\nSome words here."]
    paragraph = element("Some words here.", section=(words(10, "long"),))
    assert texts(chunk([paragraph], Words())) == ["Some words here."]


def test_a_heading_is_a_chunk_only_where_nothing_stands_under_it() -> None:
    page = [
        element("Title", Kind.HEADING),
        element("Part", Kind.HEADING),
        element("Words under the part.", section=("Part",)),
        element("Last", Kind.HEADING, section=("Part",)),
    ]
    pieces = chunk(page, Words())
    assert [piece.element for piece in pieces] == [page[0].id, page[2].id, page[3].id]
    assert texts(pieces) == ["Title", "Part.\nWords under the part.", "Part.\nLast"]


def test_a_heading_too_long_for_context_is_a_chunk() -> None:
    long = words(10, "long")
    page = [
        element(long, Kind.HEADING),
        element("Short", Kind.HEADING),
        element("Some words here.", section=(long, "Short")),
    ]
    assert texts(chunk(page, Words())) == [long, "Short.\nSome words here."]
    assert texts(chunk(page, Words(max_tokens=90))) == [f"{long}. Short.\nSome words here."]


def test_a_fragment_leads_into_the_paragraph_below_it() -> None:
    page = [element("Example:"), element("This is the paragraph that belongs to the fragment above it.")]
    (piece,) = chunk(page, Words())
    assert piece == Chunk(page[1].id, f"Example:\n{page[1].text}", page[1].text)


@pytest.mark.parametrize(
    "below",
    [
        element("Another fragment"),
        element("A paragraph of another section, long enough to be one.", section=("Other",)),
        element("A paragraph of another page, long enough to be one.", page=2),
        element("A caption of a figure, long enough to be one by itself.", Kind.FIGURE),
    ],
)
def test_other_fragments_stand_alone(below: Element) -> None:
    fragment = element("A fragment")
    assert [piece.element for piece in chunk([fragment, below], Words())] == [fragment.id, below.id]


TABLE = "| Name | Size |\n| --- | --- |\n| ant | 1 |\n| bee | 2 |\n| cat | 30 |\n| dog | 50 |"


def test_rows_of_a_table_stand_below_its_header() -> None:
    table = element(TABLE, Kind.TABLE, caption="Table 1: Sizes.", section=("Animals",))
    pieces = chunk([table], Words(), target_tokens=10)
    assert texts(pieces) == [
        "Animals.\nTable 1: Sizes.\nName, Size\nant, 1\nbee, 2",
        "Animals.\nTable 1: Sizes.\nName, Size\ncat, 30\ndog, 50",
        "Name, Size\nant, 1\nbee, 2\ncat, 30",
        "cat, 30\ndog, 50",
    ]
    assert pieces[1].snippet == "| Name | Size |\n| --- | --- |\n| cat | 30 |\n| dog | 50 |"


def test_a_bar_within_a_cell_parts_nothing() -> None:
    table = element("| op | meaning |\n|---|---|\n| a\\|b | or |", Kind.TABLE)
    (piece,) = chunk([table], Words())
    assert piece.text == "op, meaning\na|b, or"
    assert piece.snippet == table.text


def test_a_listing_is_read_a_few_lines_at_a_time_besides() -> None:
    listing = element("> f(x)\na 1\nb 2\nc 3\nd 4\ne 5")
    assert texts(chunk([listing], Words(max_tokens=60))) == [
        "> f(x)\na 1\nb 2\nc 3\nd 4\ne 5",
        "> f(x)\na 1\nb 2\nc 3",
        "c 3\nd 4\ne 5",
    ]


def test_a_row_over_the_limit_is_cut_and_shown_whole() -> None:
    table = element(f"| A |\n|---|\n| {words(40)} |", Kind.TABLE)
    pieces = chunk([table], Words())
    assert all(piece.text.startswith("A\n") for piece in pieces)
    assert " ".join(piece.text.removeprefix("A\n") for piece in pieces) == words(40)
    assert {piece.snippet for piece in pieces} == {table.text}


def test_a_table_without_markdown_is_read_line_by_line() -> None:
    assert texts(chunk([element("a b c\nd e f", Kind.TABLE, caption="T.")], Words())) == ["T.\na b c\nd e f"]


def test_a_figure_is_its_caption_description_and_words() -> None:
    figure = element("x y 0 1", Kind.FIGURE, caption="Figure 1: A.", metadata={"description": "Line chart."})
    (piece,) = chunk([figure], Words())
    assert piece.text == "Figure 1: A.\nLine chart.\nx y 0 1"
    assert piece.snippet == "Figure 1: A.\nx y 0 1"


def test_a_caption_that_the_description_repeats_is_read_once() -> None:
    figure = element(
        "", Kind.FIGURE, caption="Figure 1: A.", metadata={"description": "Line chart. Figure 1: A."}
    )
    assert texts(chunk([figure], Words())) == ["Line chart. Figure 1: A."]


def test_a_figure_with_nothing_but_a_description_is_read() -> None:
    figure = element("", Kind.FIGURE, metadata={"description": "Photo of a cat."})
    assert chunk([figure], Words()) == [Chunk(figure.id, "Photo of a cat.", "Photo of a cat.")]


def test_a_caption_over_half_of_the_room_is_split_like_text() -> None:
    caption = "A a a a a a. B b b b b b. C c c c c c. D d d d d d. E e e e e e."
    pieces = chunk([element("x y", Kind.FIGURE, caption=caption)], Words())
    assert " ".join(texts(pieces)).split() == f"{caption} x y".split()


def test_a_page_picture_is_read_only_without_finer_elements() -> None:
    whole, part = element("the words of the page", Kind.PAGE), element("the words of a paragraph")
    assert [piece.element for piece in chunk([whole, part], Words())] == [part.id]
    assert [piece.element for piece in chunk([whole], Words())] == [whole.id]
    assert [piece.element for piece in chunk([whole, element("", Kind.FIGURE)], Words())] == [whole.id]


def test_what_the_encoder_can_not_read_is_left_out() -> None:
    page = [
        element("English words."),
        element("中文句子。"),
        element("0.5 0.6"),
        element("Figure 一二三四五六七八"),
    ]
    latin = chunk(page, Words(scripts=frozenset({"Latn"})))
    assert [piece.element for piece in latin] == [page[0].id, page[2].id]
    assert len(chunk(page, Words())) == 4


def test_pages_and_documents_are_kept_apart() -> None:
    page_two = element("Words of page two.", page=2)
    assert [piece.element for piece in chunk([element("Fragment"), page_two], Words())][-1] == page_two.id


prose = st.lists(
    st.sampled_from(["alpha", "beta.", "中文。", "G28", "0.5", "\n", "x" * 90, "一二三四五六七八九十"])
)


@given(prose, st.sampled_from(Kind), prose, prose, st.integers(12, 60))
def test_every_chunk_fits_and_nothing_is_lost(
    body: list[str], kind: Kind, caption: list[str], heading: list[str], max_tokens: int
) -> None:
    encoder = Words(max_tokens)
    one = element(" ".join(body), kind, section=(" ".join(heading),), caption=" ".join(caption))
    pieces = chunk([one], encoder)
    assert all(count <= max_tokens for count in encoder.count_tokens([piece.text for piece in pieces]))
    together = "".join("".join(piece.text.split()) for piece in pieces)
    assert all(word in together for word in one.text.split() if len(word) < 20 and not is_cjk(word[0]))
    assert all(piece.snippet.strip() for piece in pieces)


@pytest.mark.parametrize("spec", ["mini:text", "mini:multilingual"])
def test_real_encoders_read_every_chunk_whole(spec: str) -> None:
    encoder = load_encoder(spec)
    long = "The reactor (see Fig. 3) runs at 350.5 °C; the yield, measured twice, was 0.672. " * 40
    table = "| a | b |\n|---|---|\n" + "\n".join(f"| row {i} | {i / 7:.5f} |" for i in range(120))
    page = [
        element(long, section=("Methods", "Reactor")),
        element("中文的句子没有空格，" * 300 if spec == "mini:multilingual" else long.replace(".", ",")),
        element(table, Kind.TABLE, caption="Table 1. Values."),
    ]
    pieces = chunk(page, encoder)
    counts = encoder.count_tokens([piece.text for piece in pieces])
    assert max(counts) <= encoder.max_tokens
    whole = [count for count, piece in zip(counts, pieces, strict=True) if piece.element != page[2].id]
    assert sum(whole) / len(whole) > 90
    assert {piece.element for piece in pieces} == {each.id for each in page}
