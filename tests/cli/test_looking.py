from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mmrag import __version__
from mmrag.cli.sizes import size
from tests.cli.fake import FIGURE, SECTION, FakeMmrag
from tests.cli.running import Run


def test_info(fake: FakeMmrag, mmrag: Run) -> None:
    lines = mmrag("info", "docs").out.splitlines()
    assert "documents  3" in lines
    assert "size       3.2 MB" in lines
    assert "made of    /papers" in lines
    assert "mini:text  minilm-1" in lines


def test_info_of_a_run_that_was_stopped(fake: FakeMmrag, mmrag: Run) -> None:
    assert "state" not in mmrag("info", "docs").out
    fake.indexes["docs"].state = "12 of 40 files read so far; stopped, mmrag index /papers goes on"
    line = "state      12 of 40 files read so far; stopped, mmrag index /papers goes on"
    assert line in mmrag("info", "docs", "--status", "damaged").out.splitlines()
    assert mmrag("info", "docs", "--json").json["state"] == line.removeprefix("state      ")


def test_info_with_files(fake: FakeMmrag, mmrag: Run) -> None:
    out = mmrag("info", "docs", "--files").out
    assert "locked.pdf" in out
    assert "needs a password" in out


def test_info_with_files_of_one_status(fake: FakeMmrag, mmrag: Run) -> None:
    assert "locked.pdf" in mmrag("info", "docs", "--status", "encrypted").out
    assert "locked.pdf" not in mmrag("info", "docs", "--status", "damaged").out
    found = mmrag("info", "docs", "--json", "--status", "encrypted", "--status", "too large").json
    assert [file["status"] for file in found["files"]] == ["encrypted"]
    assert "'broken' is not one of 'indexed'" in mmrag("info", "docs", "--status", "broken").error


def test_info_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    assert mmrag("info", "docs", "--json").json["fingerprints"] == {"mini:text": "minilm-1"}
    found = mmrag("info", "docs", "--json", "--files").json
    assert found["index"]["name"] == "docs"
    assert found["files"][0]["path"] == "locked.pdf"


def test_list(fake: FakeMmrag, mmrag: Run) -> None:
    out = mmrag("list").out.splitlines()
    assert out[0].split() == ["index", "files", "pages", "chunks", "size", "updated", "made", "of"]
    assert out[1].split() == ["docs", "3", "9", "40", "3.2", "MB", "2026-11-22T03:00:00Z", "/papers"]
    assert [found["name"] for found in mmrag("list", "--json").json] == ["docs"]


def test_list_of_nothing(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("list", "--folder", "elsewhere")
    assert (result.code, result.out) == (0, "")
    assert result.error == "No index under elsewhere. Make one: mmrag index FOLDER"
    assert mmrag("list", "-f", "elsewhere", "--json").json == []


def test_show_an_element(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    result = mmrag("show", "docs", "3f2a9c1e")
    assert (result.code, result.out) == (0, "report-p2-3f2a9c1e.png\n")
    with Image.open(tmp_path / "report-p2-3f2a9c1e.png") as picture:
        assert picture.size == (4, 3)
    assert fake.calls == [("picture", "station/report.pdf", 2, 144, [FIGURE], None)]


def test_show_an_element_without_a_box(fake: FakeMmrag, mmrag: Run) -> None:
    assert mmrag("show", "docs", "77aa", "-o", "here.jpg", "--dpi", "72").out == "here.jpg\n"
    assert fake.calls == [("picture", "notes.md", 1, 72, [SECTION], None)]


def test_show_a_page(fake: FakeMmrag, mmrag: Run) -> None:
    assert mmrag("show", "docs", "station/report.pdf#4").out == "report-p4.png\n"
    assert fake.calls == [("picture", "station/report.pdf", 4, 144, [], None)]


def test_show_writes_over_nothing_unless_told_to(fake: FakeMmrag, mmrag: Run, tmp_path: Path) -> None:
    (tmp_path / "report-p4.png").write_text("mine")
    assert mmrag("show", "docs", "station/report.pdf#4").out == "report-p4-2.png\n"
    assert mmrag("show", "docs", "station/report.pdf#4").out == "report-p4-3.png\n"
    assert (tmp_path / "report-p4.png").read_text() == "mine"


def test_show_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    found = mmrag("show", "docs", "c0ffee00", "--json").json
    assert found["picture"] == "指南-p3-c0ffee00.png"
    assert found["page"] == 3
    assert found["element"]["kind"] == "table"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("The deck",), "neither an element's id (3f2a9c1e) nor a page (report.pdf#3)"),
        (("none.pdf#3",), "no document 'none.pdf'"),
        (("ffff",), "no element whose id begins with 'ffff'"),
        (("3f2a9c1e", "-o", "x.docx"), "ends in no picture format"),
        (("3f2a9c1e", "-o", "x.psd"), "ends in no picture format"),
    ],
)
def test_what_can_not_be_shown(fake: FakeMmrag, mmrag: Run, words: tuple[str, ...], says: str) -> None:
    result = mmrag("show", "docs", *words)
    assert (result.code, result.out) == (2, "")
    assert says in result.error


def test_show_into_a_folder_that_is_not_there(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("show", "docs", "3f2a9c1e", "-o", "missing/x.png")
    assert (result.code, result.error) == (1, "mmrag: missing/x.png: No such file or directory")


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_version(mmrag: Run, words: tuple[str, ...]) -> None:
    assert mmrag(*words).out == f"mmrag {__version__}\n"


def test_version_as_json(mmrag: Run) -> None:
    assert mmrag("version", "--json").json["mmrag"] == __version__


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (3_200_000, "3.2 MB"),
        (7.5e9, "7.5 GB"),
        (2e12, "2.0 TB"),
    ],
)
def test_sizes(count: int, expected: str) -> None:
    assert size(count) == expected
