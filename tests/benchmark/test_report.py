"""What stands in the report, by its markup."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from mmrag.benchmark.metrics import mean
from mmrag.benchmark.report import write_report
from mmrag.benchmark.report.pages import Picture, Size
from mmrag.benchmark.tables import decimals, measured
from mmrag.benchmark.values import Comparison, Gold, Outcome
from mmrag.errors import UsageError
from tests.benchmark.reporting import comparison, draw, questions, read_data

GOOD, POOR = [1] * 12, [None] * 9 + [1, 2, 3]


@pytest.fixture
def report(tmp_path: Path) -> Any:
    def write(made: Comparison, **options: Any) -> BeautifulSoup:
        path = write_report(made, tmp_path / "out", **options)
        assert path == tmp_path / "out/report.html"
        assert [one.name for one in path.parent.iterdir()] == ["report.html"]
        return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")

    return write


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text().split())


def rows(table: Tag | None) -> list[list[str]]:
    """Every row: its head and its cells."""
    assert table is not None
    return [[words(cell) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]


def test_the_file_asks_for_nothing_else(report: Any) -> None:
    page = report(comparison(("joint", GOOD), ("visual", POOR)), picture_of=draw)
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
    )
    links = [tag[name] for tag in page.find_all() for name in ("href", "src") if tag.has_attr(name)]
    assert links
    assert all(link.startswith("#") or link == "data:," for link in links)
    style = "".join(tag.get_text() for tag in page.find_all("style"))
    assert {url[:5] for url in re.findall(r"url\((.{5})", style)} == {"data:"}
    assert "@import" not in style


def test_links_and_signs_point_at_what_is_there(report: Any) -> None:
    page = report(comparison(("joint", GOOD), ("visual", POOR)))
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    pointed = {tag["href"][1:] for tag in page.find_all(href=re.compile("^#"))}
    assert pointed <= set(ids)
    assert {"m0", "m1", "quality", "questions"} <= pointed


def test_the_table_has_every_measure_and_boxes_the_best(report: Any) -> None:
    made = comparison(("joint", GOOD), ("visual", POOR))
    page = report(made)
    table = page.select_one("#p0 table")
    head, first, second = rows(table)
    assert [name for name in head if "@" in name] == [
        "nDCG@5", "nDCG@10", "Recall@1", "Recall@5", "Recall@10", "MRR@10", "Hit@1", "Hit@5", "IoU@5"
    ]  # fmt: skip
    assert first[0] == "joint"
    assert first[1].startswith("1.000 1.000–1.000")
    value = decimals(mean(measured(made)["mini · visual"]["nDCG@5"]))
    assert second[1].startswith(f"{value} ")
    best = table.select("tbody tr b.best")
    assert {words(one.find_parent("tr").th) for one in best} == {"joint"}
    assert len(best) == 9
    assert first[3] == "visual"
    assert second[3] == "none shown"


def test_equal_values_are_all_best(report: Any) -> None:
    page = report(comparison(("joint", GOOD), ("visual", GOOD)))
    assert len(page.select("#p0 table b.best")) == 18


def test_no_answers_no_column_of_answers(report: Any) -> None:
    made = comparison(("joint", GOOD), ("visual", POOR))
    assert "Answer" not in rows(report(made).select_one("#p0 table"))[0]
    asked = tuple(replace(one, answers=("42",)) for one in made.dataset.questions)
    runs = tuple(
        replace(run, outcomes=tuple(replace(one, answer="It is 42 [1].") for one in run.outcomes))
        for run in made.runs
    )
    page = report(replace(made, dataset=replace(made.dataset, questions=asked), runs=runs))
    head, first, _ = rows(page.select_one("#p0 table"))
    assert first[head.index("Answer")].startswith("1.000")
    assert "Answer" in words(page.select_one(".explained"))
    assert words(page.select_one("#q1 .answer")) == "Answer: 42"
    assert [words(one) for one in page.select("#q1 .answer")[1:]] == ["Answered: It is 42 [1]."] * 2


def test_kinds_and_languages_have_tables_of_their_own(report: Any) -> None:
    made = comparison(("joint", [1, 2] * 6), ("visual", [2, 1] * 6))
    page = report(made)
    labels = [words(label) for label in page.select(".tabs > label")]
    assert labels == ["all 12", "figure 6", "text 6", "en 8", "zh 4"]
    figure = page.select_one("#p1 table")
    assert words(figure.caption) == "6 questions: figure"
    assert [row[1].split()[0] for row in rows(figure)[1:]] == ["1.000", ".631"]
    overview = rows(page.select_one(".overview"))
    assert overview[0] == ["Setup", "all 12", "figure 6", "text 6", "en 8", "zh 4"]
    assert [cell.split()[0] for cell in overview[1]] == ["joint", ".815", "1.000", ".631", ".815", ".815"]


def test_without_kinds_and_languages_there_is_one_table(report: Any) -> None:
    page = report(comparison(("joint", GOOD), asked=questions(12, kind="", language="en")))
    assert page.select(".tabs") == page.select(".overview") == []
    assert len(page.select("#quality table")) == 1


def test_what_is_better_is_said(report: Any) -> None:
    page = report(comparison(("joint", POOR), ("visual", GOOD), ("caption", GOOD)))
    assert words(page.select_one(".lead")) == (
        "visual and caption have the same mean: nDCG@5 1.000 (95 % interval 1.000–1.000). "
        "visual is better than joint."
    )
    table = rows(page.select_one("#pairs table"))
    assert table[0][:3] == ["Setups", "Verdict", "Difference in nDCG@5"]
    assert [row[:2] for row in table[1:]] == [
        ["visual against caption", "no difference shown"],
        ["visual against joint", "visual is better"],
        ["caption against joint", "caption is better"],
    ]
    assert [row[-1] for row in table[1:]] == ["0 · 12 · 0", "11 · 1 · 0", "11 · 1 · 0"]
    assert [row[-2] for row in table[1:]] == ["1.000", ".003", ".003"]


def test_what_is_not_shown_is_said(report: Any) -> None:
    page = report(comparison(("joint", [1, 2] * 6), ("visual", [2, 1] * 5 + [1, 1])))
    assert words(page.select_one(".lead")).startswith("visual has the highest mean: nDCG@5 ")
    assert words(page.select_one(".lead")).endswith("No difference is shown between it and joint.")
    assert [row[1] for row in rows(page.select_one("#pairs table"))[1:]] == ["no difference shown"]


def test_where_nothing_is_shown_of_any_pair_that_is_said_once(report: Any) -> None:
    page = report(comparison(("joint", [1, 2] * 6), ("visual", [2, 1] * 5 + [1, 1]), ("caption", [2, 1] * 6)))
    assert words(page.select_one(".lead")).endswith("No difference is shown between any two of the 3 setups.")


def test_a_leader_that_beats_all_is_called_so(report: Any) -> None:
    page = report(comparison(("joint", POOR), ("visual", GOOD)))
    assert words(page.select_one(".lead")) == (
        "visual ranks the right pages highest: nDCG@5 1.000 (95 % interval 1.000–1.000). "
        "It is better than joint."
    )


def test_a_single_setup_is_compared_with_nothing(report: Any) -> None:
    page = report(comparison(("joint", GOOD)))
    assert words(page.select_one(".lead")) == "joint reaches nDCG@5 1.000 (95 % interval 1.000–1.000)."
    assert page.select("#pairs") == page.select("#f-a") == page.select("#versus") == []
    assert "Better than" not in rows(page.select_one("#p0 table"))[0]


def test_of_many_pairs_the_leaders_stand_first(report: Any) -> None:
    views = ["joint", "caption", "visual", "joint+caption", "joint+visual", "caption+visual"]
    page = report(comparison(*((view, [1 + place] * 12) for place, view in enumerate(views))))
    shown, folded = page.select("#pairs table")
    assert [row[0] for row in rows(shown)[1:]] == [f"joint against {view}" for view in views[1:]]
    assert len(rows(folded)) - 1 == 10
    assert words(folded.find_parent("details").summary) == "The other 10 pairs"


def test_costs_stand_in_plots_and_in_a_table(report: Any) -> None:
    page = report(comparison(("joint", GOOD), ("visual", POOR)))
    titles = [words(title) for title in page.select("figure svg > title")]
    assert [title.partition(":")[0] for title in titles] == [
        "nDCG@5 against seconds a page",
        "nDCG@5 against milliseconds a query, median",
        "nDCG@5 against kilobytes a page",
    ]
    for plot in page.select("figure svg"):
        assert [words(label) for label in plot.select(".label")] == ["joint", "visual"]
        assert {use["href"] for use in plot.select("use")} == {"#m0", "#m1"}
    assert rows(page.select_one("#costs table"))[1:] == [
        ["joint", "0.5 s", "50 s", "20 ms", "20 ms", "20 kB"],
        ["visual", "1 s", "1.67 min", "20 ms", "20 ms", "40 kB"],
    ]


def test_tokens_and_cost_are_of_captioners_and_answers(report: Any) -> None:
    made = comparison(("joint", GOOD))
    run = made.runs[0]
    outcomes = (replace(run.outcomes[0], tokens={"in": 900, "out": 30}, cost=0.25), *run.outcomes[1:])
    laying = replace(run.laying, tokens={"in": 100, "out": 20}, cost=1)
    page = report(replace(made, runs=(replace(run, laying=laying, outcomes=outcomes),)))
    head, row = rows(page.select_one("#costs table"))
    assert head[-3:] == ["Tokens in", "Tokens out", "Cost"]
    assert row[-3:] == ["1,000", "50", "1.25"]


def test_a_question_shows_its_gold_and_every_ranking(report: Any) -> None:
    page = report(comparison(("joint", [3] * 12), ("visual", [7] * 12)), picture_of=draw)
    card = page.select_one("#q2")
    assert card["data-kind"], card["data-language"] == ("text", "en")
    assert card["data-scores"] == "0.5000 0.0000"
    assert words(card.select_one(".text")) == "What does page 1 say?"
    assert [words(one) for one in card.select(".right-pages .where")] == ["1.pdf p. 1"]
    heads = [words(head) for head in card.select("h3")]
    assert heads == [
        "Right page",
        "joint nDCG@5 .500 · first right page at rank 3 · 20 ms",
        "visual nDCG@5 .000 · first right page at rank 7 · 20 ms",
    ]
    joint, visual = card.select(".inside > section")[1:]
    assert [words(one) for one in joint.select(".sheets .where")] == [
        "1 1.pdf p. 2", "2 1.pdf p. 3", "3 1.pdf p. 1✓ right", "4 1.pdf p. 5", "5 1.pdf p. 6"
    ]  # fmt: skip
    assert [words(one) for one in visual.select(".rest li")][:2] == ["1.pdf p. 7", "1.pdf p. 1 ✓"]


def test_boxes_stand_where_they_are_on_the_page(report: Any) -> None:
    page = report(comparison(("joint", [2] * 12)), picture_of=draw)
    gold = {"x": "10.0%", "y": "20.0%", "width": "40.0%", "height": "20.0%", "class": ["gold"]}
    found = {"x": "5.0%", "y": "25.0%", "width": "50.0%", "height": "20.0%", "class": ["found"]}
    first, second = page.select("#q1 ol.sheets li")[:2]
    assert [one.attrs for one in first.select("rect")] == [found]
    assert [one.attrs for one in second.select("rect")] == [gold, found]
    assert [one.attrs for one in page.select("#q1 .gold.sheets rect")] == [gold]


def test_each_page_is_embedded_once_and_shown_wherever_it_is_found(report: Any) -> None:
    page = report(comparison(("joint", [2] * 12), ("visual", [2] * 12)), picture_of=draw)
    style = page.find_all("style")[1].get_text()
    rules = dict(re.findall(r"^\.(i\d+)\{--r:0\.7500;background-image:url\((.*)\)\}$", style, re.MULTILINE))
    sheets = page.select("#q1 .page")
    assert len(sheets) == 1 + 2 * 5
    names = [sheet["class"][1] for sheet in sheets]
    assert names[1:6] == names[6:]
    assert names[0] == names[2]  # the gold page, at rank 2
    assert len(set(names)) == 5
    assert len(rules) == 12 * 5
    # Page 1 is the gold one.
    assert read_data(rules[names[0]]).getpixel((50, 50)) == pytest.approx((255, 230, 200), abs=6)
    assert sheets[0]["aria-label"] == "Enlarge 0.pdf p.\xa01"


def test_pictures_are_left_out_for_want_of_room_and_that_is_said(report: Any, tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def large(file: str, page: int, size: Size) -> Picture:
        asked.append((file, page))
        return Picture(bytes(30_000), 0.75)

    page = report(comparison(("joint", [2] * 12)), picture_of=large, largest=1_000_000)
    size = (tmp_path / "out/report.html").stat().st_size
    assert 850_000 < size < 1_000_000
    style = page.find_all("style")[1].get_text()
    embedded = style.count("url(")
    assert f"Without a picture: {60 - embedded} pages for want of room." in words(
        page.select_one("#questions")
    )
    assert len(page.select(".page.empty")) > 0
    assert page.select_one(".page.empty rect") is not None
    # Gold pages first, then what stands first.
    assert asked[:12] == [(f"{place}.pdf", 1) for place in range(12)]
    assert asked[12:20] == [(f"{place}.pdf", 2) for place in range(8)]


def test_pages_that_can_not_be_drawn_are_said(report: Any) -> None:
    page = report(
        comparison(("joint", GOOD)),
        picture_of=lambda file, page, size: None if file == "3.pdf" else draw(file, page, size),
    )
    assert "Without a picture: 5 pages that could not be drawn." in words(page.select_one("#questions"))
    assert len(page.select("#q4 .page.empty")) == 6


def test_of_very_many_questions_those_that_tell_setups_apart_are_shown(report: Any, tmp_path: Path) -> None:
    ranks = [None if place % 10 == 0 else 1 for place in range(300)]
    page = report(comparison(("joint", [1] * 300), ("visual", ranks)), largest=1_500_000)
    cards = page.select(".q")
    assert 30 <= len(cards) < 300
    assert {f"q{place + 1}" for place in range(0, 300, 10)} <= {card["id"] for card in cards}
    assert f"The {len(cards)} of 300 questions on which the setups differ most" in words(
        page.select_one("#questions")
    )
    assert words(page.select_one("#p0 caption")) == "300 questions"
    assert (tmp_path / "out/report.html").stat().st_size < 1_500_000


HOSTILE = "<script>window.pwned = 1</script></style><img src=x onerror=alert(1)> & \"'"


def test_nothing_that_documents_say_is_markup(report: Any) -> None:
    asked = tuple(
        replace(
            one,
            id=f"{HOSTILE}{place}",
            text=HOSTILE,
            kind=f"{HOSTILE}{place % 2}",
            language=HOSTILE,
            answers=(HOSTILE,),
            gold=(Gold(f"{HOSTILE}/{HOSTILE}.pdf", 1),),
        )
        for place, one in enumerate(questions(12))
    )
    made = comparison(("joint", GOOD), ("visual", POOR), asked=asked, name=HOSTILE, note=HOSTILE)
    runs = tuple(
        replace(
            run,
            setup=replace(run.setup, pipeline=f"{HOSTILE}{place}"),
            outcomes=tuple(replace(one, answer=HOSTILE) for one in run.outcomes),
        )
        for place, run in enumerate(made.runs)
    )
    made = replace(made, runs=runs, made_with={HOSTILE: HOSTILE, "command": HOSTILE})
    page = report(made, picture_of=draw, failed={HOSTILE: HOSTILE})
    assert len(page.find_all("script")) == 1
    assert "pwned" not in page.script.get_text()
    assert len(page.find_all("style")) == 3
    assert "pwned" not in "".join(tag.get_text() for tag in page.find_all("style"))
    assert page.find_all("img") == []
    assert [tag for tag in page.find_all() if any(name.startswith("on") for name in tag.attrs)] == []
    assert words(page.select_one("#q1 .text")) == HOSTILE
    assert words(page.select_one("#made code")) == HOSTILE
    assert page.title.get_text() == f"{HOSTILE}: which strategy serves it best"


def test_letters_that_no_page_can_hold_are_replaced(report: Any) -> None:
    asked = questions(6, text="null\0 escape\x1b surrogate\udcff tab\t")
    page = report(comparison(("joint", [1] * 6), asked=asked))
    assert page.select_one("#q1 .text").get_text() == "null\ufffd escape\ufffd surrogate\ufffd tab\t"


def test_dollars_are_no_fields_of_the_template(report: Any) -> None:
    page = report(comparison(("joint", [1] * 6), name="$title ${body} $$"))
    assert words(page.select_one("h1 bdi")) == "$title ${body} $$"


def test_files_are_named_by_as_much_as_it_takes(report: Any) -> None:
    asked = tuple(
        replace(one, gold=(Gold(file, page),))
        for one, (file, page) in zip(
            questions(3), [("a/x.pdf", 2), ("b/x.pdf", 1), ("b/notes.md", 1)], strict=True
        )
    )
    page = report(comparison(("joint", [1] * 3), asked=asked), unpaged={"b/notes.md"})
    names = [words(page.select_one(f"#q{place} .right-pages .where")) for place in (1, 2, 3)]
    assert names == ["a/x.pdf p. 2", "b/x.pdf p. 1", "notes.md section 1"]


def test_where_a_whole_file_is_gold_any_of_its_pages_is_right(report: Any) -> None:
    asked = tuple(replace(one, gold=(Gold(one.gold[0].file, 0),)) for one in questions(6))
    page = report(comparison(("joint", [4] * 6), asked=asked), picture_of=draw)
    card = page.select_one("#q1")
    assert words(card.select_one(".right-pages")) == "Right page0.pdf (the whole file)"
    assert card.select(".right-pages .page") == []
    assert len(card.select("ol.sheets li.right")) == 5
    assert "first right page at rank 1" in words(card)


def test_a_question_that_was_not_asked_has_found_nothing(report: Any) -> None:
    made = comparison(("joint", GOOD))
    outcomes = (Outcome("q-0", (), 0.0, answer="I can't tell.", refused=True), *made.runs[0].outcomes[2:])
    page = report(replace(made, runs=(replace(made.runs[0], outcomes=outcomes),)))
    assert "nDCG@5 .000 · nothing found" in words(page.select_one("#q1"))
    assert words(page.select_one("#q1 .answer")) == "Declined: I can't tell."
    assert "nothing found" in words(page.select_one("#q2"))


def test_what_all_is_is_said(report: Any) -> None:
    assert "stands for" not in words(report(comparison(("joint", GOOD))).select_one("#quality"))
    page = report(comparison(("joint+caption+visual", GOOD), ("joint", POOR)))
    assert rows(page.select_one("#p0 table"))[1][0] == "all"
    assert "“all” stands for joint, caption, visual, fused by page." in words(page.select_one("#quality"))
    page = report(comparison(("", GOOD), ("joint", POOR)))
    assert rows(page.select_one("#p0 table"))[1][0] == "bm25"
    assert "“bm25” stands for words alone, without a view." in words(page.select_one("#quality"))


def test_what_it_was_made_with_and_what_was_left_out_is_said(report: Any) -> None:
    page = report(comparison(("joint", GOOD)), failed={"base · visual": "no model"})
    assert [words(one) for one in page.select(".failed li")] == ["base · visual was left out: no model"]
    terms = [words(one) for one in page.select("dl.made dt")]
    assert terms == ["command", "machine", "seed"]
    assert words(page.select_one("dl.made code")) == "mmrag bench reports"
    assert words(page.select_one(".dataset-note")) == "Asked by people."
    assert words(page.select_one(".facts")) == "1 setup · 12 questions · on 12 documents · 100 pages searched"


def test_an_old_report_is_replaced(report: Any) -> None:
    report(comparison(("joint", GOOD), name="old"))
    assert words(report(comparison(("joint", GOOD), name="new")).select_one("h1 bdi")) == "new"


def test_nothing_to_report_is_an_error(report: Any) -> None:
    made = comparison(("joint", GOOD))
    with pytest.raises(UsageError, match="at least one setup and one question"):
        report(replace(made, runs=()))
    with pytest.raises(UsageError, match="at least one setup and one question"):
        report(replace(made, dataset=replace(made.dataset, questions=())))
