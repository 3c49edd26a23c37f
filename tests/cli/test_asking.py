from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmrag.cli.asking import read_filters
from mmrag.errors import ModelError, UnreadableError
from mmrag.types import Document, Filters, Flag, FlagKind, Kind, LeftOut
from tests.cli.fake import BOX, FIGURE, HITS, REPORT, SECTION, SKIPPED, FakeIndex, FakeMmrag, answer_of
from tests.cli.running import Run


def test_search_prints_a_list_that_reads_well(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("search", "docs", "road deck")
    assert result.code == 0
    assert result.out.splitlines() == [
        " 1. station/report.pdf, p. 2 · figure · score 1.82 · 3f2a9c1e",
        "    The barrage carries a road deck",
        " 2. notes.md, § Shaft seal · text · score 0.90 · 77aa0000",
        "    Carbon rings last 18 months.",
        " 3. 指南.pdf, p. 3 (iii) · table · score 0.40 · c0ffee00",
        "    | 三声长鸣 | 水位将要上升 |",
    ]
    assert result.err == ""


def test_search_marks_the_matched_words_in_colour(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;33mroad deck\x1b[0m" in mmrag("search", "docs", "road-deck").out.replace(
        "\x1b[1;33mroad\x1b[0m \x1b[1;33mdeck\x1b[0m", "\x1b[1;33mroad deck\x1b[0m"
    )


def test_a_narrow_terminal_wraps_and_loses_nothing(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = mmrag("search", "docs", "road deck").out.splitlines()
    assert max(map(len, lines)) <= 30
    assert "3f2a9c1e" in " ".join(lines)


def test_into_a_pipe_a_hit_and_its_text_are_a_line_each(fake: FakeMmrag, mmrag: Run) -> None:
    fake.hits = [replace(HITS[0], snippet="road deck " * 30)]
    first, second = mmrag("search", "docs", "road deck").out.splitlines()
    assert first.endswith("3f2a9c1e")
    assert second == "    " + ("road deck " * 30)[: len(second) - 5].strip() + "…"


def test_search_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    found = mmrag("search", "docs", "road deck", "-k", "1", "--json").json
    assert found["question"] == "road deck"
    assert [hit["element"]["id"] for hit in found["hits"]] == [FIGURE.id]
    assert found["hits"][0]["document"]["path"] == "station/report.pdf"


def test_search_passes_filters_on(fake: FakeMmrag, mmrag: Run) -> None:
    mmrag(
        "search", "docs", "deck", "-k", "2", "--document", "a/*.pdf", "-d", "b.pdf", "--kind", "figure",
        "--kind", "table", "--pages", "3-9", "--where", "author=Lee", "--where", "year=2024",
        "--where", "draft=false", "--where", 'code="007"',
    )  # fmt: skip
    where = {"author": "Lee", "year": 2024, "draft": False, "code": "007"}
    filters = Filters(("a/*.pdf", "b.pdf"), (Kind.FIGURE, Kind.TABLE), (3, 9), where)
    assert fake.calls == [("search", "deck", 2, filters)]


def test_search_without_filters_passes_none(fake: FakeMmrag, mmrag: Run) -> None:
    mmrag("search", "docs", "deck")
    assert fake.calls == [("search", "deck", 10, None)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--pages", "x"), "--pages wants 7 or 3-9, found 'x'"),
        (("--pages", "9-3"), "--pages wants a first page from 1 and a last one not before it, found '9-3'"),
        (("--pages", "0"), "--pages wants a first page from 1 and a last one not before it, found '0'"),
        (("--where", "author"), "--where wants key=value, found 'author'"),
        (("--kind", "picture"), "Invalid value for '--kind'"),
        (("-k", "0"), "Invalid value for '--top-k' / '-k'"),
    ],
)
def test_filters_that_can_not_be_read(fake: FakeMmrag, mmrag: Run, words: tuple[str, ...], says: str) -> None:
    result = mmrag("search", "docs", "deck", *words)
    assert result.code == 2
    assert says in result.error
    assert fake.calls == []


def test_nothing_found_is_said_on_standard_error(fake: FakeMmrag, mmrag: Run) -> None:
    fake.hits = []
    result = mmrag("search", "docs", "deck", "--pages", "7")
    assert (result.code, result.out, result.error) == (0, "", "Nothing found with these filters.")
    assert mmrag("search", "docs", "deck", "--json").json["hits"] == []


def test_ask_prints_the_answer_and_its_places(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("ask", "docs", "How high is the road deck?")
    assert result.code == 0
    assert result.out.splitlines() == [
        "“9.5 m road deck” [1]",
        "“Carbon rings last 18 months.” [2]",
        "",
        "[1] station/report.pdf, p. 2, figure, 3f2a9c1e",
        "[2] notes.md, § Shaft seal, text, 77aa0000",
        "",
        "mini:extractive · confidence 0.71 · 0.2 s",
        "See it on its page: mmrag show docs 3f2a9c1e",
    ]


def test_a_quote_that_the_answer_does_not_hold_is_printed_with_its_citation(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli import fake as fakes

    answer = replace(fakes.answer_of("?"), text="It is nine and a half metres [1].")
    monkeypatch.setattr(fakes, "answer_of", lambda *_, **__: answer)
    assert "    9.5 m road deck" in mmrag("ask", "docs", "deck").out.splitlines()


def test_a_refusal_is_no_error_and_shows_the_nearest_pages(fake: FakeMmrag, mmrag: Run) -> None:
    fake.refuses = True
    result = mmrag("ask", "docs", "Who won the cup?")
    assert result.code == 0
    assert result.out.startswith(
        "Nothing found.\n\nThe nearest pages:\n 1. station/report.pdf, p. 2 · figure"
    )
    assert "mmrag show" not in result.out


def test_ask_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    found = mmrag("ask", "docs", "deck", "--json").json
    assert found["citations"][0]["bbox"] == {"x0": 0.1, "y0": 0.2, "x1": 0.5, "y1": 0.4}
    assert found["refused"] is False


def test_ask_writes_the_cited_pages(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    result = mmrag("ask", "docs", "deck", "--pictures", "out/pages", "--password", "xyzzy")
    assert result.out.splitlines()[-2:] == ["out/pages/1.png", "out/pages/2.png"]
    assert (tmp_path / "out/pages/2.png").is_file()
    assert fake.calls[1:] == [
        ("picture", "station/report.pdf", 2, 144, [BOX], "xyzzy"),
        ("picture", "notes.md", 1, 144, [SECTION], "xyzzy"),
    ]


@pytest.mark.parametrize(
    "error", [UnreadableError("report.pdf: gone\x1b[2J"), PermissionError(13, "no", "1.png")]
)
def test_a_page_that_can_not_be_drawn_does_not_cost_the_answer(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = FakeIndex.page_picture

    def page_picture(index: FakeIndex, document: Document, page: int, **more: Any) -> Image.Image:
        if document is REPORT:
            raise error
        return real(index, document, page, **more)

    monkeypatch.setattr(FakeIndex, "page_picture", page_picture)
    result = mmrag("ask", "docs", "deck", "--pictures", "out")
    assert result.code == 3
    assert result.out.startswith("“9.5 m road deck” [1]\n")
    assert result.out.splitlines()[-1] == "out/2.png"
    assert result.error.startswith("not drawn: [1] station/report.pdf, p. 2: ")
    assert "\x1b" not in result.err
    found = mmrag("ask", "docs", "deck", "--pictures", "out", "--json")
    assert (found.code, found.json["pictures"]) == (3, ["out/2.png"])
    assert found.json["answer"]["text"].startswith("“9.5 m road deck”")


def test_a_folder_for_pictures_that_can_not_be_made_is_told_before_anything_is_asked(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path
) -> None:
    (tmp_path / "out").touch()
    assert (mmrag("ask", "docs", "deck", "--pictures", "out").code, fake.calls) == (1, [])


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("2024", 2024), ("-3", -3), ("+7", 7), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("true", True),
        ("Nan", "Nan"), ("Inf", "Inf"), ("infinity", "infinity"), ("1_000", "1_000"), ("٣", "٣"),
        ('"7"', "7"), ("1.2.3", "1.2.3"), ("", ""), ("e5", "e5"),
    ],
)  # fmt: skip
def test_only_what_is_written_as_a_number_is_one(word: str, value: object) -> None:
    filters = read_filters(None, None, None, [f"key={word}"])
    assert filters is not None
    assert filters.metadata == {"key": value}
    assert type(filters.metadata["key"]) is type(value)


def test_asking_a_folder_indexes_it_first(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    fake.report = SKIPPED
    result = mmrag("ask", "papers", "deck", "--pipeline", "mini", "--password", "xyzzy")
    assert fake.calls[0] == ("build", "papers", None, "mini", "xyzzy", False)
    assert fake.calls[1][:2] == ("ask", "deck")
    assert result.code == 0
    assert "locked.pdf" in result.err
    assert "locked.pdf" not in result.out


def test_the_name_of_an_index_comes_before_a_folder_of_that_name(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "indexes/docs").mkdir(parents=True)
    (tmp_path / "indexes/docs/mmrag.sqlite").touch()
    mmrag("ask", "docs", "deck")
    assert [call[0] for call in fake.calls] == ["ask"]
    mmrag("ask", "./docs", "deck")
    assert [call[0] for call in fake.calls] == ["ask", "build", "ask"]


def test_an_index_of_the_folder_of_its_name_follows_the_folder(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "indexes/docs").mkdir(parents=True)
    (tmp_path / "indexes/docs/mmrag.sqlite").touch()
    fake.indexes["docs"].root = (tmp_path / "docs").resolve()
    mmrag("ask", "docs", "deck")
    assert [call[0] for call in fake.calls] == ["build", "ask"]


def test_searching_a_folder_finds_its_index(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    (tmp_path / "papers/docs").mkdir(parents=True)
    fake.indexes["docs"].root = (tmp_path / "papers/docs").resolve()
    assert mmrag("search", "papers/docs", "deck").code == 0


def test_an_index_of_another_folder_is_not_taken_for_this_one(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path
) -> None:
    (tmp_path / "papers/docs").mkdir(parents=True)
    result = mmrag("search", "papers/docs", "deck")
    assert result.code == 1
    assert result.error == (
        "mmrag: papers/docs has no index: the one named docs is of /papers; "
        "make one: mmrag index papers/docs --index NAME"
    )
    assert fake.indexes["docs"].closed


def test_a_folder_without_an_index_says_how_to_make_it(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    result = mmrag("search", "papers", "deck")
    assert (result.code, result.error) == (1, "mmrag: papers has no index yet; make one: mmrag index papers")


def test_no_index_of_that_name(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("ask", "nothing", "deck")
    assert (result.code, result.out) == (1, "")
    assert result.error == "mmrag: there is no index at nothing: make one with mmrag index FOLDER"


def test_errors_are_one_line(fake: FakeMmrag, mmrag: Run) -> None:
    fake.fails = ModelError("the encoder x could not be loaded:\n  no such file")
    result = mmrag("search", "docs", "deck")
    assert result.error == "mmrag: the encoder x could not be loaded: no such file"


def test_a_hostile_snippet_is_shown_as_text(fake: FakeMmrag, mmrag: Run) -> None:
    fake.hits = [replace(HITS[0], snippet="[red]deck[/red] \x1b]0;owned\x07 :smile:")]
    out = mmrag("search", "docs", "deck").out
    assert "[red]deck[/red] ]0;owned :smile:" in out
    assert "\x1b" not in out


def test_an_answer_that_is_written_in_pieces_is_printed_as_it_comes(fake: FakeMmrag, mmrag: Run) -> None:
    fake.pieces = 5
    lines = mmrag("ask", "docs", "How high is the road deck?").out.splitlines()
    assert lines[:3] == ["“9.5 m road deck” [1]", "“Carbon rings last 18 months.” [2]", ""]
    assert lines[3] == "[1] station/report.pdf, p. 2, figure, 3f2a9c1e"


def test_flagged_sentences_are_not_repeated_at_length(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = Flag(FlagKind.UNSUPPORTED, "the deck " * 20, 0, 180)
    said = replace(answer_of("deck"), flags=(long,))
    monkeypatch.setattr("tests.cli.fake.answer_of", lambda question, refused: said)
    lines = mmrag("ask", "docs", "deck").out.splitlines()
    assert f"! unsupported: {('the deck ' * 20)[:60].rstrip()} …" in lines
    flags = tuple(Flag(FlagKind.UNCITED, "So it is.", at, at + 9) for at in range(3))
    said = replace(said, citations=(), flags=flags)
    lines = mmrag("ask", "docs", "deck").out.splitlines()
    assert [line for line in lines if line.startswith("!")] == [
        "! the answer cites nothing, so nothing of it could be verified"
    ]


def test_what_could_not_be_verified_is_said(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = replace(
        answer_of("deck"),
        flags=(Flag(FlagKind.NUMBER, "9.7 m", 1, 5), Flag(FlagKind.UNCITED, "So it\x1b[2J is.", 9, 20)),
        stopped="the answer ran into its limit of 512 tokens",
        tokens={"in": 2100, "out": 87},
        pictures=2,
        cost=0.00125,
        left_out=tuple(LeftOut("a.pdf", page, "f" * 32, "picture", "no room") for page in range(1, 6)),
    )
    monkeypatch.setattr("tests.cli.fake.answer_of", lambda question, refused: said)
    lines = mmrag("ask", "docs", "deck").out.splitlines()
    assert "! number not found: 9.7 m" in lines
    assert "! no citation: So it [2J is." in lines
    assert "! the answer ran into its limit of 512 tokens" in lines
    closing = next(line for line in lines if line.startswith("mini:extractive"))
    assert closing == (
        "mini:extractive · confidence 0.71 · 0.2 s · 2,100 + 87 tokens · 2 pictures shown · cost 0.00125"
    )
    assert (
        "Not shown to the model: picture of a.pdf, p. 1 (no room); picture of a.pdf, p. 2 (no room); "
        "picture of a.pdf, p. 3 (no room); and 2 more, see --json"
    ) in lines


def test_ask_passes_generator_and_limits_on(fake: FakeMmrag, mmrag: Run) -> None:
    mmrag("ask", "docs", "deck", "--generator", "openai:m", "--max-tokens", "900", "--max-cost", "0.5")
    limits = {"generator": "openai:m", "max_tokens": 900, "max_cost": 0.5}
    assert fake.calls == [("ask", "deck", None, None, limits)]


def test_an_index_is_asked_by_the_recipe_that_is_given(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    for command in (("ask", "docs", "deck"), ("search", "docs", "deck"), ("chat", "docs")):
        fake.calls.clear()
        assert mmrag(*command, "--pipeline", "api").code == 0
        assert fake.calls[0] == ("open", "docs", "api")
