"""Every command and every piece of Python in the README and the guide runs as it stands."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import PAGES, ROOT, blocks, commands, without_comments

README = ROOT / "README.md"
TRANSLATED = ROOT / "README.zh-CN.md"

COMMANDS = sorted({tuple(words) for page in PAGES for words in commands(page) if words[0] == "mmrag"})
CODE = [(page, code) for page in PAGES if page != TRANSLATED for code in blocks(page, "python")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, index_path: Path) -> Path:
    """A folder with the examples in it and their index made, as after the README's first command."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    shutil.copytree(index_path, folder / "indexes/docs")
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-m", "mmrag.cli", *words)


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_runs(home: Path, words: tuple[str, ...]) -> None:
    said = run(home, *words[1:])
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout


@pytest.mark.parametrize(("page", "code"), CODE, ids=[page.name for page, _ in CODE])
def test_every_piece_of_python_runs(home: Path, page: Path, code: str) -> None:
    said = python(home, "-W", "error", "-c", code)
    assert said.returncode == 0, said.stderr


def test_the_answers_are_those_that_the_readme_prints(home: Path) -> None:
    pieces = [piece for block in blocks(README, "console") for piece in block.split("$ mmrag ")]
    asked = [piece.partition("\n") for piece in pieces if piece.startswith("ask ")]
    assert len(asked) > 2
    for command, _, printed in asked:
        words = shlex.split(command.partition(" | ")[0])
        answer = json.loads(run(home, *words, "--json").stdout)
        assert answer["text"].split() == printed.partition("\n\n")[0].split(), "run: make docs"


def test_both_languages_give_the_same_commands_code_and_output() -> None:
    assert commands(TRANSLATED) == commands(README)
    assert list(map(without_comments, blocks(TRANSLATED, "python"))) == list(
        map(without_comments, blocks(README, "python"))
    )
    assert blocks(TRANSLATED, "console") == blocks(README, "console")


def test_both_languages_have_the_same_parts() -> None:
    def parts(page: Path) -> list[int]:
        return [len(line.split()[0]) for line in page.read_text("utf-8").splitlines() if line.startswith("#")]

    assert parts(TRANSLATED) == parts(README)


def test_the_two_commands_of_the_readme_are_in_the_makefile() -> None:
    targets = (ROOT / "Makefile").read_text("utf-8")
    for _, target in (words for words in commands(README) if words[0] == "make"):
        assert f"\n{target}: " in targets
