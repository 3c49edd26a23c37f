"""Bits flip, blocks are lost, files are cut, go and are mixed up, in every file that an index consists of."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mmrag
from mmrag.config import AnswerOptions, CaptionOptions, IngestOptions, JointOptions, VisualOptions
from mmrag.errors import MmragError
from mmrag.index.captions import CAPTIONS, CaptionCache
from mmrag.index.sealing.wal import read_log
from tests.stress.damage import DAMAGES, files_of
from tests.stress.observing import seen, unordered
from tests.stress.table import Trials

RECIPE = mmrag.Recipe(
    name="fake",
    strategies=("joint", "caption", "visual"),
    ingest=IngestOptions(workers=1, ocr="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    joint=JointOptions(encoders=("tests.fakes:ColourEncoder",), labels=()),
    visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)),
    answer=AnswerOptions(refuse_below=0.0),
)
WORDS = "quick brown fox jumps over lazy dog vexing wizards quiz jazz zebra stripes lake noon".split()  # noqa: SIM905

UPDATE_AND_DIE = """
import os, signal, sys
import mmrag
from mmrag.index.sealing.seal import Seal
from tests.stress.test_corruption import RECIPE
write = Seal.write

def die(seal, folder):
    if sys.argv[3] == "sealed":
        write(seal, folder)
    os.kill(os.getpid(), signal.SIGKILL)

Seal.write = die
mmrag.build(sys.argv[1], sys.argv[2], pipeline=RECIPE)
"""


def make_documents(folder: Path, seed: int, count: int = 5) -> None:
    dice = random.Random(seed)
    folder.mkdir(exist_ok=True)
    for number in range(count):
        colour = tuple(dice.randrange(256) for _ in range(3))
        Image.new("RGB", (40 + number, 30), colour).save(folder / f"picture-{number}.png")
        parts = [f"# Part {part}\n\n{' '.join(dice.choices(WORDS, k=40))}.\n\n" for part in range(5)]
        text = "".join(parts) + f"![The lake, number {number}](picture-{number}.png)\n"
        (folder / f"note-{number}.md").write_text(text)


class Indexes:
    """An index in three states, what may be seen of each, and indexes that its files could be mixed up with.

    - whole: after a run that ended.
    - killed: a second run was killed before it sealed what it had committed.
    - sealed: it was killed between the seal and the moment when the log goes into the file.
    """

    def __init__(self, place: Path) -> None:
        folder = place / "docs"
        make_documents(folder, 1)
        mmrag.build(folder, place / "whole", pipeline=RECIPE).close()
        make_documents(place / "docs of other", 2)
        mmrag.build(place / "docs of other", place / "other", pipeline=RECIPE).close()
        shutil.copytree(place / "whole", place / "older")
        make_documents(folder, 3, count=2)
        mmrag.build(folder, place / "whole", pipeline=RECIPE).close()
        make_documents(folder, 4, count=3)
        for state in ("killed", "sealed"):
            shutil.copytree(place / "whole", place / state)
            command = [sys.executable, "-c", UPDATE_AND_DIE, str(folder), str(place / state), state]
            assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        self.place = place
        self.states = {name: place / name for name in ("whole", "killed", "sealed")}
        self.files = {name: files_of(path) for name, path in self.states.items()}
        self.allowed = {name: [seen(self.copy(path))] for name, path in self.states.items()}
        self.allowed["killed"] += [self.after_frame(frame) for frame in self.commits()]

    def copy(self, path: Path) -> Path:
        trial = self.place / "trial"
        shutil.rmtree(trial, ignore_errors=True)
        return Path(shutil.copytree(path, trial))

    def others(self, state: str) -> dict[str, Path]:
        return {name: self.place / name for name in {"other", "older", *self.states} - {state}}

    def commits(self) -> list[int]:
        """Frames of the killed run's log at which a transaction ends, and none at all."""
        path = self.states["killed"] / "mmrag.sqlite-wal"
        whole = read_log(path)
        assert whole is not None
        ends = {log.frames for frame in range(whole.frames) if (log := read_log(path, frame)) is not None}
        return sorted(ends)

    def after_frame(self, frame: int) -> dict[str, Any]:
        """What a reader sees of the killed run's index when the log ends after this frame."""
        trial = self.copy(self.states["killed"])
        with (trial / "mmrag.sqlite-wal").open("r+b") as log:
            log.truncate(32 + frame * (24 + 4096))
        return seen(trial)

    def mend(self, trial: Path, told: str, *, damaged: bool) -> None:
        """What was detected is found by verify; repaired and brought up to date all is as it was."""
        is_there = (trial / "mmrag.sqlite").exists() or (trial / "seal.json").exists()
        found = [one for one in mmrag.verify(trial) if not one.harmless] if is_there else []
        assert found or not (damaged and is_there), f"{told}: verify finds nothing"
        lost = mmrag.repair(trial).lost if is_there else ()
        left = [one for one in mmrag.verify(trial, deep=True) if not one.harmless]
        assert lost or not left, f"{told}: repair leaves {left}"
        mmrag.build(self.place / "docs", trial, pipeline=RECIPE).close()
        assert [one for one in mmrag.verify(trial, deep=True) if not one.harmless] == [], told
        assert unordered(seen(trial)) == unordered(self.allowed["sealed"][0]), f"{told}: repaired otherwise"

    def choose(self, dice: random.Random) -> tuple[str, str]:
        """A state and one of its files; each kind of file as likely as any other."""
        state = dice.choice(sorted(self.states))
        kinds: dict[str, list[str]] = {}
        for file in self.files[state]:
            kinds.setdefault(file.split("/")[0], []).append(file)
        return state, dice.choice(kinds[dice.choice(sorted(kinds))])


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Indexes:
    return Indexes(tmp_path_factory.mktemp("corruption"))


def outcome(path: Path, allowed: Sequence[dict[str, Any]], said: dict[str, str]) -> str:
    """``detected``, ``harmless``, or what was silently wrong."""
    try:
        found = seen(path)
        with CaptionCache(path) as cache:
            known = cache.get(list(said))
    except MmragError:
        return "detected"
    if not known.items() <= said.items():
        return "wrong descriptions"
    return "harmless" if found in allowed else "wrong results"


@pytest.mark.row(
    "bit flips, truncations, swapped files in every file of an index",
    "all detected or harmless, 0 silently wrong",
)
def test_no_damage_is_silently_wrong(indexes: Indexes, trials: Trials) -> None:
    outcomes: Counter[str] = Counter()
    said = descriptions(indexes.states["whole"])
    for number in trials(smoke=16, ci=100, stress=1270):
        dice = random.Random(number)
        state, name = indexes.choose(dice)
        trial = indexes.copy(indexes.states[state])
        kind = dice.choice(sorted(DAMAGES))
        what = DAMAGES[kind](dice, trial, trial / name, indexes.others(state))
        came_to = outcome(trial, indexes.allowed[state], said)
        told = f"trial {number}: {state}, {name}: {what}"
        assert came_to in ("detected", "harmless"), f"{told}: {came_to}"
        outcomes[came_to] += 1
        if number % 4 == 0:
            indexes.mend(trial, told, damaged=came_to == "detected")
            outcomes["mended"] += 1
        trials.held()
    trials.note(", ".join(f"{count} {came_to}" for came_to, count in sorted(outcomes.items())))


def descriptions(path: Path) -> dict[str, str]:
    """All that captioners have said in this index."""
    with CaptionCache(path) as cache:
        keys = [key for (key,) in cache._connection.execute("SELECT key FROM captions")]
        return cache.get(keys)


def test_each_state_is_what_it_should_be(indexes: Indexes) -> None:
    logs = {name: (path / "mmrag.sqlite-wal").stat().st_size for name, path in indexes.states.items()}
    assert logs["whole"] == 0
    assert logs["killed"] == logs["sealed"] > 100_000
    assert len(indexes.commits()) >= 5
    assert indexes.allowed["sealed"][0] == indexes.allowed["killed"][0] != indexes.allowed["whole"][0]
    kinds = {file.split("/")[0] for files in indexes.files.values() for file in files}
    assert kinds == {
        "assets", CAPTIONS, f"{CAPTIONS}-shm", f"{CAPTIONS}-wal", "mmrag.sqlite", "mmrag.sqlite-roots",
        "mmrag.sqlite-shm", "mmrag.sqlite-wal", "seal.json", "vectors", "writer.lock",
    }  # fmt: skip
