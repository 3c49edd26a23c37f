"""The stages by themselves, on lines and boxes made by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.pdf import boxes, captions
from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.furniture import Furniture
from mmrag.ingest.pdf.opening import iso_date
from mmrag.ingest.pdf.order import columns, in_one_column, side_by_side
from mmrag.ingest.pdf.outline import Outline
from mmrag.ingest.pdf.paragraphs import build, clean, merge_runs, normal
from mmrag.ingest.pdf.rows import preformatted, to_rows
from mmrag.ingest.pdf.values import Block, Line, RawPage, Role

PLACES = st.tuples(*[st.floats(0, 500)] * 4).map(
    lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)


def line(text: str, x: float = 72, y: float = 100, size: float = 10, advance: float = 0.5, **more) -> Line:
    font = more.pop("font", "Times")
    return Line(x, y - 8, x + len(text) * advance * size, y + 2, y, text, size, font, **more)


@given(st.lists(PLACES, max_size=12), st.floats(0, 40))
def test_merged_boxes_hold_all_boxes_and_keep_their_distance(places, distance):
    merged = boxes.merge_near(places, distance)
    assert all(any(boxes.union([box, whole]) == whole for whole in merged) for box in places)
    for index, first in enumerate(merged):
        for second in merged[index + 1 :]:
            assert max(boxes.gaps(first, second)) > distance


@given(PLACES, PLACES)
def test_overlap_is_symmetric_and_at_most_the_smaller_area(first, second):
    both = boxes.overlap(first, second)
    assert both == boxes.overlap(second, first)
    assert both <= min(boxes.area(first), boxes.area(second)) + 1e-6


def test_a_font_of_equal_widths_is_fixed_even_without_a_telling_name():
    fonts = Fonts()
    code = [
        line(text, font="F45", advance=0.525)
        for text in ("x <- rnorm(10)", "plot(x, y, col)", "summary(fit)")
    ]
    prose = [
        line(text, font="F25", advance=a)
        for text, a in (("Some words here", 0.44), ("And other words", 0.47))
    ]
    fonts.add(code * 3 + prose * 3)
    assert all(fonts.is_mono(item) for item in code)
    assert not any(fonts.is_mono(item) for item in prose)
    assert fonts.body == 10


def test_lines_of_one_length_do_not_make_a_font_fixed():
    fonts = Fonts()
    headings = [line(f"4.{n} Les versions {n}.x", font="Sans", advance=0.51) for n in range(1, 9)]
    fonts.add(headings * 2)
    assert not any(fonts.is_mono(item) for item in headings)


def test_a_named_fixed_font_that_only_begins_a_line_makes_no_listing():
    fonts = Fonts()
    fonts.add([line("hmmbuild reads a file of sequences", font="Courier", advance=0.45)])
    assert not fonts.is_mono(line("hmmbuild reads a file of sequences", font="Courier", advance=0.45))
    assert fonts.is_mono(line("hmmbuild globins.sto", font="Courier", advance=0.6))


def test_columns_of_a_listing_stay_under_each_other():
    rows = to_rows(
        [
            line("name", advance=0.6, font="Courier"),
            line("size", x=132, advance=0.6, font="Courier"),
            line("fox", y=112, advance=0.6, font="Courier"),
            line("7", x=150, y=112, advance=0.6, font="Courier"),
        ],
        Fonts(),
    )
    assert preformatted(rows) == "name      size\nfox          7"


def test_superscripts_stay_on_their_row():
    rows = to_rows(
        [line("area in m", x=72), line("2", x=117, y=96, size=7), line("is given", x=125)], Fonts()
    )
    assert [row.text for row in rows] == ["area in m2 is given"]


def test_a_listing_is_cleaned_without_losing_its_columns():
    block = Block(Role.LISTING, (0, 0, 1, 1), text="if a:\n    b   = \ufb01nd()")
    assert clean(block) == "if a:\n    b   = find()"


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "na\u00efve caf\u00e9 \u2014 \u201cyes\u201d",
        "o\ufb03ce  two",
        "\u7b2c\u4e00\u7ae0\u3000\u4ecb\u7ecd",
        "a\u00a0b\u200b",
        "e\u0301",
    ],
)
def test_the_short_cut_gives_what_normalise_gives(text):
    from mmrag.text.normalise import normalise

    assert clean(Block(Role.PARAGRAPH, (0, 0, 1, 1), text=text)) == normalise(text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a \x1bect", "a ffect"),
        ("de\x0cne", "define"),
        ("\x10so\x11", "\u201cso\u201d"),
        ("\x0f item", "\u2022 item"),
        ("o\x0fine", "offline"),
    ],
)
def test_control_characters_of_tex_fonts_become_letters(raw, shown):
    assert readable(raw) == shown


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Figure 3: Mosaic plot", "figure"),
        ("Fig. 12. A panel", "figure"),
        ("FIGURE A.1 The house", "figure"),
        ("Abbildung 2.4: Der Fuchs", "figure"),
        ("\u56fe 4.2 \u6811\u5f62\u7ed3\u6784", "figure"),
        ("Table IV: Orders", "table"),
        ("\u88684.5: uput \u547d\u4ee4", "table"),
        ("Tableau 7 : les ventes", "table"),
        ("Figure 3 shows that foxes run", ""),
        ("Tables are read aloud", ""),
        ("The figure 3: no", ""),
    ],
)
def test_captions_are_told_from_sentences(text, label):
    block = Block(Role.PARAGRAPH, (0, 0, 1, 1), text=text)
    assert captions.is_caption(block) is bool(label)
    if label:
        assert captions.label_of(text) == label


def test_each_figure_gets_its_own_caption_even_if_another_is_nearer():
    upper = Block(Role.FIGURE, (100, 100, 300, 200))
    lower = Block(Role.FIGURE, (100, 250, 300, 400))
    first = Block(Role.CAPTION, (100, 228, 300, 240), text="Figure 1: upper")
    second = Block(Role.CAPTION, (100, 410, 300, 422), text="Figure 2: lower")
    left = captions.link([upper, first, lower, second], captions.CaptionHabits())
    assert (upper.caption, lower.caption) == ("Figure 1: upper", "Figure 2: lower")
    assert left == [upper, lower]


def caption(text: str, y: float, x: float = 100) -> Block:
    return Block(Role.CAPTION, (x, y, x + 200, y + 12), text=text)


def test_a_caption_in_two_languages_is_one():
    figure = Block(Role.FIGURE, (100, 100, 300, 200))
    given = [figure, caption("\u56fe 3-2 \u7ed3\u679c", 210), caption("Fig. 3-2 The results", 224)]
    left = captions.link(given, captions.CaptionHabits())
    assert left == [figure]
    assert figure.caption == "\u56fe 3-2 \u7ed3\u679c Fig. 3-2 The results"


@pytest.mark.parametrize(
    "other",
    [
        caption("Fig. 3-3 The next results", 224),  # of another number
        caption("\u56fe 3-2 \u7ed3\u679c", 224),  # in the same language
        caption("Table 3-2 The results", 224),  # of a table
        caption("Fig. 3-2 The results", 260),  # not on the next line
        caption("Fig. 3-2 The results", 224, x=320),  # in the next column
    ],
    ids=["number", "language", "kind", "line", "column"],
)
def test_other_captions_are_not_joined(other):
    given = [Block(Role.FIGURE, (100, 100, 300, 200)), caption("\u56fe 3-2 \u7ed3\u679c", 210), other]
    first, *_ = captions.link(given, captions.CaptionHabits())
    assert first.caption == "\u56fe 3-2 \u7ed3\u679c"


def test_a_caption_of_nothing_stays_a_paragraph():
    lone = Block(Role.CAPTION, (100, 600, 300, 612), text="Figure 9: lost")
    assert (
        captions.link([Block(Role.FIGURE, (100, 100, 300, 200)), lone], captions.CaptionHabits())[1].role
        is Role.PARAGRAPH
    )


def page_of(number: int, *lines: Line) -> RawPage:
    return RawPage(number, 595, 842, lines=list(lines))


def test_running_heads_go_and_first_lines_stay():
    furniture = Furniture()
    pages = [
        page_of(
            n, line("Annual Report", y=40), line(str(n), x=500, y=40), line(f"Body {'abcdef'[n]} of it", y=80)
        )
        for n in range(1, 5)
    ]
    for page in pages:
        furniture.add(page)
    for page in pages:
        assert [item.text for item in furniture.split(page)] == [page.lines[2].text]


def test_a_numbered_heading_is_no_page_number():
    furniture = Furniture()
    page = page_of(
        1, line("2", y=60), line("Using the program", x=95, y=60), line("Words follow here.", y=100)
    )
    furniture.add(page)
    assert furniture.split(page) == page.lines


def heading(text: str, size: float = 12, bold: bool = True) -> Block:
    rows = to_rows([line(text, size=size, bold=bold)], Fonts())
    return Block(Role.HEADING, (0, 0, 1, 1), rows, text)


def test_the_section_path_follows_numbers_and_sizes():
    outline = Outline()
    path = []
    for text, size in (
        ("The Title", 20),
        ("1 One", 14),
        ("1.1 Sub", 12),
        ("Run-in", 10),
        ("Another", 10),
        ("2 Two", 14),
    ):
        outline.enter(heading(text, size), 1)
        path.append(outline.path)
    assert path == [
        ("The Title",),
        ("1 One",),
        ("1 One", "1.1 Sub"),
        ("1 One", "1.1 Sub", "Run-in"),
        ("1 One", "1.1 Sub", "Another"),
        ("2 Two",),
    ]


def test_a_lesser_heading_of_unknown_level_ends_at_a_larger_one():
    outline = Outline()
    outline.enter(heading("Loops", 10), 1)
    outline.enter(heading("4.5 Pictures", 14), 1)
    assert outline.path == ("4.5 Pictures",)


def test_columns_are_found_and_a_wide_title_comes_first():
    lines = [line("A title across both of the columns here", x=100, y=60, size=18)]
    for i in range(5):
        lines.append(line("left side words that fill it up", x=60, y=100 + 12 * i, advance=0.6))
        lines.append(line("right side words that fill it", x=320, y=100 + 12 * i, advance=0.6))
    groups = columns(lines)
    assert [group[0].text.split()[0] for group in groups] == ["A", "left", "right"]
    assert [len(group) for group in groups] == [1, 5, 5]


def test_a_side_note_is_parted_from_the_text():
    main = [line("the words of the main text run on", y=100 + 12 * i) for i in range(4)]
    note = [line("a note beside it, small", x=330, y=105 + 12 * i) for i in range(3)]
    assert side_by_side([*main, *note]) == [main, note]
    assert side_by_side(main) == [main]


def test_one_column_is_one_column():
    stacked = [Block(Role.PARAGRAPH, (60, y, 500, y + 40)) for y in (100, 160)]
    beside = [Block(Role.PARAGRAPH, (x, 100, x + 200, 140)) for x in (60, 300)]
    assert in_one_column(stacked, 595)
    assert not in_one_column(beside, 595)


def test_bullets_that_stand_alone_begin_items():
    lines = []
    for i, text in enumerate(("first item", "second item")):
        lines += [line("\u2022", x=72, y=100 + 14 * i), line(text, x=84, y=100 + 14 * i)]
    (found,) = merge_runs(build(to_rows(lines, Fonts())))
    assert (found.role, found.text) == (Role.LIST, "\u2022 first item\n\u2022 second item")


@pytest.mark.parametrize(
    ("said", "date"),
    [("D:20240131120000+01'00'", "2024-01-31"), ("D:2024", "2024"), ("yesterday", "")],
)
def test_dates_are_given_as_far_as_they_are_known(said, date):
    assert iso_date(said) == date


def test_dots_that_lead_to_a_page_number_become_three():
    assert normal("Gauges . . . . . . . . . 12") == "Gauges … 12"
    assert normal("Gauges.............12") == "Gauges … 12"
    assert normal("x1, . . . , xn and so on...") == "x1, . . . , xn and so on..."
