from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmrag.errors import UnreadableError
from tests.cli.fake import FakeMmrag
from tests.cli.running import Run

ROOT = Path(__file__).parents[2]


def cold(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as a user's shell runs it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mmrag.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_without_words_it_helps(mmrag: Run) -> None:
    result = mmrag()
    assert result.code == 0
    assert "search" in result.out


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_command(mmrag: Run, flag: str) -> None:
    out = mmrag(flag).out
    for name in ("index", "search", "ask", "bench", "show", "info", "list", "remove", "doctor", "version"):
        assert name in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("serach",), "mmrag: No such command 'serach'. Did you mean 'search'? See mmrag --help"),
        (("search", "docs"), "mmrag: search wants a question, or --picture FILE. See mmrag search --help"),
        (
            ("info", "docs", "--fils"),
            "mmrag: No such option: --fils (Possible options: --files) See mmrag info --help",
        ),
    ],
)
def test_wrong_usage_is_one_line(mmrag: Run, words: tuple[str, ...], says: str) -> None:
    result = mmrag(*words)
    assert (result.code, result.out, result.error) == (2, "", says)


@pytest.mark.parametrize(
    "words",
    [
        ("index", ""), ("index", ".", "--index", ""), ("ask", "", "q"), ("search", "", "q"), ("repair", ""),
        ("verify", ""), ("info", ""), ("show", "", "x"), ("remove", "", "x"), ("serve", ""), ("mcp", "a", ""),
        ("bench", "", "--self"),
    ],
)  # fmt: skip
def test_an_empty_name_is_not_the_current_folder(
    fake: FakeMmrag, mmrag: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    result = mmrag(*words)
    assert (result.code, result.out) == (2, "")
    assert result.error.startswith('mmrag: a name is wanted, found ""')
    assert (fake.calls, list(tmp_path.iterdir())) == ([], [])


def test_an_error_holds_nothing_that_steers_the_terminal(fake: FakeMmrag, mmrag: Run) -> None:
    fake.fails = UnreadableError("a\x1b]0;evil\x07\x1b[31m\u202eb.pdf: not\nthere")
    assert mmrag("info", "docs").err == "mmrag: a ]0;evil [31m b.pdf: not there\n"


def test_a_clone_runs_without_an_install(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "cli.py"), "version"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    assert said.stdout.startswith("mmrag ")


def test_a_reader_that_leaves_early_is_no_traceback() -> None:
    command = f"{sys.executable} -m mmrag.cli --help | true"
    said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stderr == ""


def test_letters_that_the_terminal_lacks_do_not_stop_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "mmrag.cli", "search", "指南", "潮"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("mmrag: there is no index at ??")


def test_no_index_in_an_empty_folder(tmp_path: Path) -> None:
    said = cold("search", "docs", "deck", cwd=tmp_path)
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
