from __future__ import annotations

from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmrag.config import AnswerOptions
from mmrag.errors import ModelError
from mmrag.synthesize.context import Prompt, make_prompt
from mmrag.synthesize.prompting import Turn
from mmrag.types import Element, Hit, Kind, LeftOut
from tests.synthesize.counting import Counting, Shelf, document, element, hit

QUESTION = "How high is the road deck?"
PROSE = "The deck is high above the sea, and dry in any weather. "


def made(
    *hits: Hit,
    shelf: Shelf | None = None,
    model: Counting | None = None,
    options: AnswerOptions | None = None,
    question: str = QUESTION,
) -> Prompt:
    return make_prompt(question, hits, shelf or Shelf(), model or Counting(), options or AnswerOptions())


def sources(prompt: Prompt) -> list[str]:
    """What stands between the lines of the frame, a picture as its size."""
    parts = [
        part if isinstance(part, str) else f"{part.mode} {part.width}x{part.height}"
        for part in prompt.messages[-1].parts
    ]
    lines = "".join(parts).splitlines()
    return lines[lines.index("===== SOURCES =====") + 1 : lines.index("===== END OF SOURCES =====")]


def reasons(prompt: Prompt) -> list[tuple[str, str]]:
    return [(left.what, left.reason) for left in prompt.left_out]


def test_a_piece_is_no_part_of_another_whose_words_it_cuts():
    size, bolt, gap = element("5 mm"), element("Each bolt is 15 mm long.", order=1), element("15 mm", order=2)
    assert [item.element for item in made(hit(size, bolt, gap)).items] == [size, bolt]


def test_sources_are_numbered_by_rank_and_then_as_one_reads():
    first, second, other = element("One.", order=4), element("Two.", order=1), element("Three.", page=2)
    prompt = made(hit(first, second), hit(other, rank=2))
    assert sources(prompt) == [
        "[1] «report.pdf», page 1, text",
        "> Two.",
        "[2] «report.pdf», page 1, text",
        "> One.",
        "[3] «report.pdf», page 2, text",
        "> Three.",
    ]
    assert [(item.number, item.element, item.text) for item in prompt.items] == [
        (1, second, "Two."),
        (2, first, "One."),
        (3, other, "Three."),
    ]
    assert prompt.items[2].hit.rank == 2
    assert prompt.left_out == ()
    assert prompt.language == "en"
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.tokens == Counting().count(prompt.messages)


def test_a_figure_brings_caption_words_picture_and_what_refers_to_it():
    figure = element("road deck\n+9.5 m", Kind.FIGURE, caption="Figure 3. Section.", order=2, page=4)
    here = element("Fig. 3 is drawn to scale.", order=7, page=4)
    before = element("As Figure 3 shows, the deck is dry.", page=3)
    far = element("See Figures 2 and 3.", page=5)
    shelf = Shelf({(figure.document, page): [one] for page, one in ((3, before), (5, far))})
    shelf.on[figure.document, 4] = [figure, here, element("Figure 4.", page=4)]
    prompt = made(hit(figure), shelf=shelf)
    assert sources(prompt) == [
        "[1] «report.pdf», page 3, text",
        "> As Figure 3 shows, the deck is dry.",
        "[2] «report.pdf», page 4, figure",
        "> Caption: Figure 3. Section.",
        "> Words in the picture:",
        "> road deck",
        "> +9.5 m",
        "Picture of [2]:",
        "RGB 64x48",
        "[3] «report.pdf», page 4, text",
        "> Fig. 3 is drawn to scale.",
    ]
    assert [item.hit.page.number for item in prompt.items] == [3, 4, 4]
    assert prompt.items[0].hit.page.width is None  # nobody has looked
    assert prompt.items[2].hit is prompt.items[1].hit


def test_what_refers_to_a_figure_keeps_the_rank_of_its_own_page():
    figure = element("deck", Kind.FIGURE, caption="Figure 3.", page=4)
    said = element("As Figure 3 shows, the deck is dry.", page=5)
    own = hit(element("Else.", page=5, order=3), rank=2)
    prompt = made(hit(figure), own, shelf=Shelf({(said.document, 5): [said]}))
    assert [item.element for item in prompt.items] == [figure, said, own.element]
    assert prompt.items[1].hit is own


def test_a_table_brings_markdown_and_picture():
    table = element(
        "| a | b |\n|---|---|\n| 1 | 2 |", Kind.TABLE, caption="Table 2. Costs.", section=("A", "B", "C")
    )
    assert sources(made(hit(table))) == [
        "[1] «report.pdf», page 1, table",
        "> Under: B / C",
        "> Caption: Table 2. Costs.",
        "> | a | b |",
        "> |---|---|",
        "> | 1 | 2 |",
        "Picture of [1]:",
        "RGB 64x48",
    ]


def test_a_scanned_page_brings_its_picture_once_and_its_words_once():
    whole = element("One.\nTwo.\nThree.", Kind.PAGE, ocr=True)
    one, two = element("One.", order=1, ocr=True), element("Two.", order=2, ocr=True)
    shelf = Shelf({(whole.document, 1): [whole, one, two, element("Three.", order=3, ocr=True)]})
    expected = [
        "[1] «report.pdf», page 1, whole page",
        "Picture of [1]:",
        "RGB 64x48",
        "[2] «report.pdf», page 1, text",
        "> One.",
        "[3] «report.pdf», page 1, text",
        "> Two.",
    ]
    assert sources(made(hit(one, two), shelf=shelf)) == expected
    assert sources(made(hit(one, whole, two), shelf=shelf)) == expected
    assert shelf.opened == [whole.id, whole.id]
    alone = made(hit(whole), shelf=shelf)
    assert alone.items[0].text == "One.\nTwo.\nThree."
    assert alone.items[0].picture is not None


def test_a_page_without_elements_is_its_picture():
    whole = element("", Kind.PAGE, picture="")
    assert sources(made(hit(whole)))[1:3] == ["Picture of [1]:", "RGB 64x48"]
    prompt = made(hit(whole), shelf=Shelf(gone=frozenset({whole.id})))
    assert prompt.items == ()
    assert prompt.left_out == (LeftOut("report.pdf", 1, whole.id, "picture", "its picture can't be read"),)


def test_the_same_text_comes_once_with_its_other_places():
    other = document("copy.pdf", title="The report, again", paged=False)
    first, again = element("The deck is 9.5 m high."), element("The  deck is 9.5 m high", of=other, page=3)
    prompt = made(hit(first), hit(again, of=other, rank=2))
    assert sources(prompt) == [
        "[1] «report.pdf», page 1, text; the same in «The report, again», section 3",
        "> The deck is 9.5 m high.",
    ]
    assert prompt.left_out == ()


def test_the_same_text_twice_on_a_page_is_no_news():
    prompt = made(hit(element("The deck is high."), element("The deck is high.", order=9)))
    assert sources(prompt) == ["[1] «report.pdf», page 1, text", "> The deck is high."]


@pytest.mark.parametrize(
    "other",
    [
        element("The deck is 9.5 m high.", page=2, section=("2024",)),
        element("The deck is 9.6 m high.", page=2),
        element("The deck is 9.5 m high.", Kind.FIGURE, page=2),
    ],
    ids=["another section", "another number", "with a picture"],
)
def test_what_only_looks_the_same_stays(other: Element):
    assert len(made(hit(element("The deck is 9.5 m high.")), hit(other, rank=2)).items) == 2


def test_what_is_part_of_another_piece_of_the_page_goes():
    whole, part = element("The deck is high. It is dry."), element("It is dry.", order=5)
    assert [item.element for item in made(hit(part, whole)).items] == [whole]
    figure = element("It is dry.", Kind.FIGURE, order=5)  # its picture shows more
    assert len(made(hit(figure, whole)).items) == 2


def test_a_heading_that_stands_above_another_piece_is_no_piece_of_its_own():
    heading = element("Methods", Kind.HEADING)
    below = element("It was measured.", order=1, section=("Methods",))
    assert [item.element for item in made(hit(heading, below)).items] == [below]
    assert len(made(hit(heading, element("It was measured.", order=1))).items) == 2


def test_documents_of_one_title_are_told_apart():
    one, two = (
        document("2023/annual.pdf", title="Annual report"),
        document("2024/annual.pdf", title="Annual report"),
    )
    prompt = made(hit(element("a", of=one), of=one), hit(element("b", of=two), of=two, rank=2))
    assert sources(prompt)[::2] == [
        "[1] «Annual report» («2023/annual.pdf»), page 1, text",
        "[2] «Annual report» («2024/annual.pdf»), page 1, text",
    ]


def test_descriptions_come_along_where_they_say_something_new():
    said = element("deck", Kind.FIGURE, caption="Deck.", description="A chart of deck and deck.")
    assert (
        "Description" not in made(hit(element("deck", Kind.FIGURE, description="Deck, deck."))).items[0].text
    )
    assert made(hit(said)).items[0].text == (
        "Caption: Deck.\nWords in the picture:\ndeck\n"
        "Description of the picture by a program:\nA chart of deck and deck."
    )


def test_pictures_are_resized_once_to_what_the_model_sees():
    figure = element("deck", Kind.FIGURE)
    prompt = made(hit(figure), shelf=Shelf(size=(3000, 1500)), model=Counting(side=300))
    picture = prompt.items[0].picture
    assert picture is not None
    assert picture.size == (300, 150)
    assert picture in prompt.messages[-1].parts


def test_the_same_picture_is_shown_once():
    one = element("deck", Kind.FIGURE, caption="Figure 1.", picture="a")
    two = element("deck", Kind.FIGURE, caption="Figure 2.", picture="a", page=2)
    prompt = made(hit(one), hit(two, rank=2))
    assert [item.picture is not None for item in prompt.items] == [True, False]
    assert prompt.left_out == ()


@pytest.mark.parametrize(
    ("model", "options", "reason"),
    [
        (Counting(pictures=2), AnswerOptions(), "2 pictures are shown, and no more"),
        (Counting(), AnswerOptions(max_pictures=2), "2 pictures are shown, and no more"),
        (Counting(picture=2000), AnswerOptions(context_tokens=5000), "no room for it in 5,000 tokens"),
    ],
)
def test_pictures_beyond_the_limit_are_reported(model: Counting, options: AnswerOptions, reason: str):
    figures = [element(f"deck {number}", Kind.FIGURE, page=number) for number in (1, 2, 3)]
    prompt = made(*(hit(one, rank=one.page) for one in figures), model=model, options=options)
    assert [item.picture is not None for item in prompt.items] == [True, True, False]
    assert prompt.left_out == (LeftOut("report.pdf", 3, figures[2].id, "picture", reason),)


def test_a_model_that_sees_nothing_gets_words_and_opens_nothing():
    shelf = Shelf()
    prompt = made(hit(element("deck", Kind.FIGURE)), shelf=shelf, model=Counting(pictures=0))
    assert prompt.items[0].picture is None
    assert reasons(prompt) == [("picture", "the model reads no pictures")]
    assert shelf.opened == []


def test_a_recipe_that_wants_no_pictures_is_named_as_the_reason():
    prompt = made(hit(element("deck", Kind.FIGURE)), options=AnswerOptions(max_pictures=0))
    assert reasons(prompt) == [("picture", "answer.max_pictures is 0")]


def test_text_leaves_half_the_room_to_pictures():
    hits = [hit(element(PROSE * 30 + str(page), page=page), rank=page) for page in range(1, 9)]
    figure = element("deck", Kind.FIGURE, page=9)
    options = AnswerOptions(context_tokens=1000, max_tokens=10)
    prompt = made(*hits, hit(figure, rank=9), model=Counting(picture=300), options=options)
    assert [item.element for item in prompt.items if item.picture is not None] == [figure]
    assert prompt.tokens <= 1000


def test_a_long_element_keeps_what_matched():
    rows = [f"| item {number} | {number * 7} |" for number in range(400)]
    table = element("\n".join(["| name | value |", "|---|---|", *rows]), Kind.TABLE, caption="Table 1. All.")
    prompt = made(
        hit(table, snippet="| name | value |\n|---|---|\n| item 250 | 1750 |"),
        model=Counting(tokens=1_500, picture=10),
        options=AnswerOptions(max_tokens=500),
    )
    lines = prompt.items[0].text.splitlines()
    assert lines[:4] == ["Caption: Table 1. All.", "| name | value |", "|---|---|", "…"]
    assert "| item 250 | 1750 |" in lines
    assert lines[-1] == "…"
    assert set(lines[4:-1]) <= set(rows)
    ((what, reason),) = reasons(prompt)
    assert what == "text"
    assert reason.endswith(" characters are shown")
    assert 800 < prompt.tokens <= 1_000


def test_one_long_element_does_not_starve_the_others():
    long = element(PROSE * 2_000)
    short = element("The deck is 9.5 m high.", page=2)
    prompt = made(hit(long), hit(short, rank=2), options=AnswerOptions(context_tokens=2_000))
    assert [item.element for item in prompt.items] == [long, short]
    assert [left.element for left in prompt.left_out] == [long.id]
    assert 1_700 < prompt.tokens <= 2_000


def test_what_finds_no_room_is_reported_by_rank():
    hits = [hit(element(f"{page}. {PROSE * 11}", page=page), rank=page) for page in range(1, 30)]
    prompt = made(*hits, options=AnswerOptions(context_tokens=1_000))
    count = len(prompt.items)
    assert 3 < count < 10
    assert [item.hit.rank for item in prompt.items] == list(range(1, count + 1))
    assert [(left.page, left.what) for left in prompt.left_out] == [(n, "all") for n in range(count + 1, 30)]
    assert prompt.left_out[0].reason == "no room for it in 1,000 tokens"


def test_room_is_left_for_the_answer():
    with pytest.raises(
        ModelError, match=r"room for 100 tokens beside an answer of 900.*lower answer.max_tokens"
    ):
        made(hit(element("a")), model=Counting(tokens=1_000), options=AnswerOptions(max_tokens=900))


def test_no_hits_is_a_prompt_without_sources():
    prompt = made()
    assert prompt.items == ()
    assert sources(prompt) == []


def test_earlier_turns_go_where_they_would_take_half_the_room():
    history = [Turn("q " * 150, "a " * 150), Turn("last", "said")]
    prompt = make_prompt(QUESTION, [], Shelf(), Counting(), AnswerOptions(), history)
    assert len(prompt.messages) == 6
    prompt = make_prompt(QUESTION, [], Shelf(), Counting(), AnswerOptions(context_tokens=700), history)
    assert [str(message.parts[0]) for message in prompt.messages[1:3]] == ["last", "said"]


def test_chinese_frame():
    prompt = made(hit(element("桥面高9.5米。", section=("概况",))), question="桥面有多高？")
    (asked,) = prompt.messages[-1].parts
    assert str(asked).startswith(
        "===== 资料 =====\n[1] «report.pdf»，第 1 页，正文\n> 所在章节：概况\n> 桥面高9.5米。\n"
        "===== 资料结束 =====\n"
    )


class Odd(Counting):
    """Counts by bytes, with a price for rare letters and for large pictures: nothing like our estimate."""

    def cost(self, part: str | Image.Image) -> int:
        if isinstance(part, str):
            return len(part.encode()) // 5 + 3 * sum(char in "xyz桥" for char in part)
        return part.width * part.height // 300


texts = st.builds(
    lambda words, times: " ".join(words) * times,
    st.lists(
        st.sampled_from(["deck", "xyzzy", "桥面。", "sea.", "\n", "| a | b |\n", "x" * 300]), min_size=1
    ),
    st.sampled_from([1, 3, 40, 900]),
)
kinds = st.sampled_from([Kind.TEXT, Kind.TABLE, Kind.FIGURE, Kind.PAGE])


@settings(max_examples=40)
@given(
    pieces=st.lists(st.tuples(texts, kinds), max_size=25),
    room=st.integers(1_200, 6_000),
    pictures=st.integers(0, 5),
    side=st.sampled_from([64, 400]),
)
def test_the_prompt_never_exceeds_its_budget(
    pieces: list[tuple[str, Kind]], room: int, pictures: int, side: int
):
    hits = [
        hit(
            *(element(text, kind, page=page, order=n) for n, (text, kind) in enumerate(pieces[page::5])),
            rank=page + 1,
        )
        for page in range(5)
        if pieces[page::5]
    ]
    model = Odd(room, pictures, side)
    prompt = made(*hits, model=model, shelf=Shelf(size=(900, 500)), options=AnswerOptions(max_tokens=200))
    calls, elements = model.calls, {one.id for found in hits for one in found.elements}
    assert model.count(prompt.messages) == prompt.tokens <= room - 200
    assert calls <= 12 + log2(len(pieces) + 1) + pictures
    assert [item.number for item in prompt.items] == list(range(1, len(prompt.items) + 1))
    assert sum(item.picture is not None for item in prompt.items) <= pictures
    assert {item.element.id for item in prompt.items} <= elements
    lost = {left.element for left in prompt.left_out if left.what == "all"}
    assert not lost & {item.element.id for item in prompt.items}
