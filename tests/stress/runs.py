"""Documents to be indexed, runs that can be killed, and what must be left of them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

import mmrag
from tests.ingest.test_resuming import make_book
from tests.truth import truth

ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "lazy",
    "dog",
    "vexing",
    "wizards",
    "quiz",
    "jazz",
    "zebra",
)
QUESTION = "vexing wizards quiz the lazy zebra of the harbour"


def make_documents(folder: Path) -> None:
    """Notes, pictures, and a book of several ranges."""
    folder.mkdir()
    for number in range(6):
        _note(folder, number, number)
    _picture(folder / "red.png", (40, 30))
    make_book(folder / "k-book.pdf")


def change_documents(folder: Path) -> None:
    """One note changes, one goes, one comes, one moves; so does a picture; the book changes."""
    _note(folder, 1, 101)
    (folder / "note-2.md").unlink()
    _note(folder, 7, 107)
    (folder / "note-4.md").rename(folder / "z-moved.md")
    _picture(folder / "red.png", (41, 31))
    with (folder / "k-book.pdf").open("ab") as file:
        file.write(b"\n% changed\n")


def _note(folder: Path, number: int, seed: int) -> None:
    draw = random.Random(seed)
    parts = (f"# Part {seed} {part}\n\n{' '.join(draw.choices(WORDS, k=30))}.\n\n" for part in range(6))
    (folder / f"note-{number}.md").write_text("".join(parts))


def _picture(path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, "red").save(path)


def start(folder: Path, index: Path, *options: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A run (see `tests.stress.run`) in a process group of its own, under another command if there is one."""
    return subprocess.Popen(
        [*under, sys.executable, "-m", "tests.stress.run", str(folder), str(index), *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(run: subprocess.Popen[str], wait: float | None = None) -> tuple[int, str]:
    """The run's exit code and what it said, after it was killed if it took longer than ``wait`` seconds."""
    try:
        _, said = run.communicate(timeout=wait)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        _, said = run.communicate()
    return run.returncode, said


def answers(index: Path) -> list[tuple[str, int, float]]:
    """The ten best pages."""
    with mmrag.open(index) as opened:
        return [(hit.document.path, hit.page.number, hit.score) for hit in opened.search(QUESTION, 10)]


class Scenes:
    """Documents and their index at one place, put back before each trial as they were.

    ``first`` is the documents alone, ``update`` the index of these after which they have changed. What is
    missing is made.

    Attributes:
        place, folder, index: where they are.
        seconds: that such a run took.
        truths, answers: what runs that nothing disturbs make of each scene.
    """

    def __init__(self, place: Path) -> None:
        self.place, self._kept, self._done = place / "place", place / "kept", place / "done"
        self.folder, self.index = self.place / "docs", self.place / "index"
        self.seconds = 0.0
        if not self._done.exists():
            self._make()
        done = {index.name: index for index in sorted(self._done.iterdir())}
        self.truths = {scene: truth(index) for scene, index in done.items()}
        self.answers = {scene: answers(index) for scene, index in done.items()}

    def _make(self) -> None:
        self.place.mkdir()
        make_documents(self.folder)
        for scene, change in (("first", None), ("update", change_documents)):
            if change is not None:
                change(self.folder)
            shutil.copytree(self.place, self._kept / scene)
            begin = time.monotonic()
            code, said = finish(start(self.folder, self.index))
            assert code == 0, said
            self.seconds = time.monotonic() - begin
            shutil.copytree(self.index, self._done / scene)

    def set(self, scene: str) -> None:
        """Put a scene in its place."""
        for left in self.place.iterdir():
            shutil.rmtree(left)
        shutil.copytree(self._kept / scene, self.place, dirs_exist_ok=True)


def check_between(scenes: Scenes) -> None:
    """The index opens and answers, and every document in it is whole: as it was, or as it is to be."""
    with mmrag.open(scenes.index) as opened:
        if opened.documents():
            assert opened.search(QUESTION, 10)
            assert opened.search(QUESTION, 10, strategies="visual")
    now = truth(scenes.index)
    for table in ("documents", "pages", "elements", "chunks", "page_vectors", "views"):
        path = 1 if table in ("chunks", "page_vectors") else 0
        known = [_by_path(version[table], path) for version in scenes.truths.values()]
        for document, rows in _by_path(now[table], path).items():
            assert rows in [version.get(document) for version in known], (table, document)


def _by_path(rows: Sequence[tuple[Any, ...]], column: int) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def check_finished(scenes: Scenes, scene: str) -> None:
    """The index is what a run that nothing disturbs makes of the scene, and nothing else lies about."""
    index, now = scenes.index, truth(scenes.index)
    for table, rows in scenes.truths[scene].items():
        assert now[table] == rows, table
    left = sorted(file.relative_to(index).as_posix() for file in index.rglob("*") if file.is_file())
    assert not [name for name in left if name.startswith("staged/") or name.endswith((".tmp", ".new"))], left
    assert len([name for name in left if name.startswith("vectors/")]) == 2, left
    assert sorted(other.name for other in index.parent.iterdir()) == ["docs", "index"]
