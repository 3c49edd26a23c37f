"""SIGKILL at random moments of an index run: what follows is as if nothing had happened."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import mmrag
from mmrag.index.derived import load_spaces
from mmrag.index.reader import Reader

KILLS = 20

RUN = """
import sys
import mmrag
from tests.api.test_update import RECIPE
mmrag.build(sys.argv[1], sys.argv[2], pipeline=RECIPE).close()
"""


def start(folder: Path, index: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(index)])


def make_documents(folder: Path) -> None:
    folder.mkdir()
    words = ["quick", "brown", "fox", "jumps", "over", "lazy", "dog", "vexing", "wizards", "quiz", "jazz"]
    draw = random.Random(7)
    for number in range(16):
        sections = "\n\n".join(
            f"# Part {part}\n\n" + " ".join(draw.choices(words, k=40)) + "." for part in range(25)
        )
        (folder / f"{number:02}.md").write_text(sections)


def contents(path: Path) -> list[tuple[object, ...]]:
    """Everything that must not depend on how often the run was killed: elements, words, vectors."""
    reader = Reader(path)
    with reader.snapshot():
        (space,) = load_spaces(reader).values()
        rows = reader.connection.execute(
            "SELECT documents.path, elements.id, elements.text, element_terms.terms, vectors.vector"
            " FROM chunks JOIN elements ON elements.row = chunks.element"
            " JOIN documents ON documents.row = chunks.document"
            " JOIN vectors ON vectors.row = chunks.vector"
            " JOIN element_terms ON element_terms.rowid = elements.row"
            " ORDER BY documents.path, elements.page, elements.position, chunks.row"
        ).fetchall()
        assert len(space.places.chunks) == len(rows) == reader.counts()["chunks"]
    reader.close()
    return rows


def test_killed_runs_resume_to_the_same_index(tmp_path: Path) -> None:
    folder, clean, index = tmp_path / "docs", tmp_path / "clean", tmp_path / "index"
    make_documents(folder)
    begin = time.monotonic()
    assert start(folder, clean).wait() == 0
    undisturbed = time.monotonic() - begin
    expected = contents(clean)
    assert len(expected) >= 16 * 25

    killed = finished = 0
    while killed < KILLS or not finished:
        run = start(folder, index)
        try:
            run.wait(random.uniform(0, undisturbed))
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
        if run.wait() == -signal.SIGKILL:
            killed += 1
            continue
        assert run.returncode == 0
        assert contents(index) == expected
        finished += 1
        shutil.rmtree(index)
    assert not list(tmp_path.glob(".index*"))


def test_a_killed_run_leaves_an_index_that_answers(tmp_path: Path) -> None:
    folder, index = tmp_path / "docs", tmp_path / "index"
    make_documents(folder)
    run = start(folder, index)
    while True:
        time.sleep(0.01)
        if (index / "mmrag.sqlite").exists():
            with mmrag.open(index) as half:
                if len(half.documents()) >= 3:
                    break
    run.kill()
    run.wait()
    with mmrag.open(index) as half:
        known = {document.path for document in half.documents()}
        assert {hit.document.path for hit in half.search("vexing wizards quiz", 50)} <= known
        assert half.search("vexing wizards quiz", 1)
