from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mmrag.errors import DiskFullError, LockedError, RecipeError
from mmrag.types import FileReport, Report, Status
from tests.cli.fake import SKIPPED, FakeMmrag
from tests.cli.running import Run


def test_index_reports_what_it_did(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("index", "papers")
    assert result.code == 0
    assert result.out.splitlines() == [
        "Index docs  3 files · 9 pages · 2 figures · 1 table · 40 chunks",
        "This run  1 indexed · 40 embedded · 3.2 s",
        "",
        'Ask it: mmrag ask docs "…"',
    ]
    assert result.err == ""
    assert fake.calls == [("build", "papers", None, None, None, False)]


def test_index_passes_its_options_on(fake: FakeMmrag, mmrag: Run) -> None:
    mmrag("index", "papers", "-i", "mine", "--pipeline", "my.yaml", "--password", "xyzzy", "--rebuild")
    assert fake.calls == [("build", "papers", "mine", "my.yaml", "xyzzy", True)]


def test_the_password_may_come_from_the_environment(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMRAG_PASSWORD", "xyzzy")
    assert "xyzzy" not in mmrag("index", "papers").out
    assert fake.calls == [("build", "papers", None, None, "xyzzy", False)]


def test_skipped_files_are_named_with_their_reason_and_exit_three(fake: FakeMmrag, mmrag: Run) -> None:
    fake.report = SKIPPED
    result = mmrag("index", "papers")
    assert result.code == 3
    assert result.out.splitlines()[1:5] == [
        "This run  1 unchanged · 1 encrypted · 0 embedded · 1 min 15 s",
        "",
        "Skipped, wholly or in part: 1",
        "  locked.pdf  encrypted  needs a password",
    ]


def test_many_skipped_files_are_cut_short(fake: FakeMmrag, mmrag: Run) -> None:
    files = tuple(FileReport(f"{number}.doc", Status.UNSUPPORTED) for number in range(23))
    fake.report = Report(files, 0, 0, 0, 0, 0, 0, 7300)
    out = mmrag("index", "papers").out
    assert out.count(".doc  unsupported") == 20
    assert "and 3 more: mmrag info docs --files" in out
    assert "2 h 1 min" in out


def test_an_empty_folder_says_what_would_be_read(fake: FakeMmrag, mmrag: Run) -> None:
    fake.report = Report((), 0, 0, 0, 0, 0, 0, 0.1)
    result = mmrag("index", "papers")
    assert result.code == 0
    assert (
        result.out.splitlines()[-1] == "There is nothing to read: PDF, pictures, Markdown, HTML and text are."
    )


def test_index_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    fake.report = SKIPPED
    result = mmrag("index", "papers", "--json")
    assert result.code == 3
    assert result.json["index"] == "indexes/docs"
    assert result.json["report"]["figures"] == 2
    assert [file["status"] for file in result.json["skipped"]] == ["encrypted"]


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (LockedError("process 7 is writing to it"), 1, "process 7 is writing to it"),
        (DiskFullError("no space left"), 4, "no space left"),
        (RecipeError("unknown key 'ocrr'"), 2, "unknown key 'ocrr'"),
        (OSError(errno.ENOSPC, "No space left on device", "x.db"), 4, "x.db: no space left on the device"),
        (PermissionError(errno.EACCES, "Permission denied", "/root/x"), 1, "/root/x: Permission denied"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_failures_are_one_line_and_an_exit_code(
    fake: FakeMmrag, mmrag: Run, error: Exception, code: int, says: str
) -> None:
    fake.fails = error
    result = mmrag("index", "papers")
    assert (result.code, result.out) == (code, "")
    assert says in result.error
    assert result.error.startswith("mmrag: ")


def test_a_bug_keeps_its_traceback(fake: FakeMmrag, mmrag: Run) -> None:
    fake.fails = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        mmrag("index", "papers")


def test_remove_says_what_went(fake: FakeMmrag, mmrag: Run) -> None:
    result = mmrag("remove", "docs", "station/*.pdf")
    assert (result.code, result.out, result.err) == (0, "removed station/report.pdf, 4 pages\n", "")
    assert fake.calls == [("remove", "station/*.pdf")]


def test_remove_warns_where_the_file_is_still_in_the_folder(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path
) -> None:
    (tmp_path / "station").mkdir()
    (tmp_path / "station/report.pdf").touch()
    fake.indexes["docs"].root = tmp_path
    assert "next `mmrag index` would read it again" in mmrag("remove", "docs", "x").error


def test_remove_as_json(fake: FakeMmrag, mmrag: Run) -> None:
    removed = mmrag("remove", "docs", "x", "--json").json["removed"]
    assert [document["path"] for document in removed] == ["station/report.pdf"]
