from __future__ import annotations

from pathlib import Path

import pytest

import mmrag as library
from mmrag.index.sealing.roots import ROOTS
from mmrag.index.sealing.seal import SEAL
from tests.cli.running import Run
from tests.index.sealing.test_seal import fill, flip


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index named ``docs``, of a folder of the same name that is not there."""
    monkeypatch.chdir(tmp_path)
    from mmrag.index.store import create

    (tmp_path / "indexes").mkdir()
    create(tmp_path / "indexes" / "docs")
    fill(tmp_path / "indexes" / "docs", "a")
    return tmp_path / "indexes" / "docs"


def test_a_whole_index(index: Path, mmrag: Run) -> None:
    result = mmrag("verify", "docs", "--deep")
    assert (result.code, result.out, result.err) == (0, "docs is whole\n", "")
    assert mmrag("verify", "docs", "--json").json == {"whole": True, "findings": []}
    assert mmrag("repair", "docs").out == "docs is whole\n"


def test_a_name_with_a_blank_can_be_pasted_into_a_shell(index: Path, mmrag: Run) -> None:
    (index / SEAL).unlink()
    index.rename(index.with_name("my docs"))
    assert mmrag("verify", "my docs").out.splitlines()[-1] == "damaged: mmrag repair 'my docs'"


def test_a_damaged_index_is_said_line_by_line_and_repaired(index: Path, mmrag: Run) -> None:
    (index / SEAL).unlink()
    (index / "vectors").mkdir()
    (index / "vectors" / "stray\x1b[31m.faiss").write_text("")
    result = mmrag("verify", "docs")
    assert result.code == 1
    assert result.out.splitlines() == ["damaged  seal.json  is missing", "damaged: mmrag repair docs"]
    result = mmrag("repair", "docs")
    assert result.code == 0
    assert result.out.splitlines() == [
        "mended  seal.json  was made anew; what mmrag.sqlite holds was taken as it is",
        "mended  vectors/stray [31m.faiss  belonged to nothing and was removed",
        "docs is whole again",
    ]
    assert mmrag("verify", "docs").code == 0


def test_what_is_lost_is_an_exit_code_of_its_own(index: Path, mmrag: Run) -> None:
    flip(index / "mmrag.sqlite", 5000)
    (index / ROOTS).unlink()
    assert mmrag("verify", "docs", "--json").json == {
        "whole": False,
        "findings": [
            {
                "place": "mmrag.sqlite",
                "problem": "bytes 0 to 65,536 are not what was written",
                "harmless": False,
            }
        ],
    }
    result = mmrag("repair", "docs")
    assert result.code == 3
    assert "lost  mmrag.sqlite  nothing in it could be saved" in result.out
    assert result.out.endswith("run mmrag index FOLDER to read again what is lost\n")


def test_the_folder_stands_for_its_index(index: Path, mmrag: Run, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert mmrag("verify", "docs").code == 0
    assert mmrag("verify", "other").error == (
        "mmrag: there is no index at other or indexes/other: make one with mmrag index FOLDER"
    )


def test_many_lines_are_cut_short(index: Path, mmrag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(library.Finding(f"{number}", "is missing") for number in range(30))
    monkeypatch.setattr(library, "verify", lambda place, deep: found)
    lines = mmrag("verify", "docs").out.splitlines()
    assert len(lines) == 22
    assert lines[20] == "damaged  and 10 more: see --json"
