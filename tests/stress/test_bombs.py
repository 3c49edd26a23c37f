"""Documents that take for ever, or all memory, among fifty good ones: each is stopped, and none is lost."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from mmrag.types import Status
from tests.stress import bombs
from tests.stress.get_documents import HANGING, documents
from tests.stress.reading import read
from tests.stress.table import Trials

GOOD = 50
LIMIT = {"smoke": 2.0, "ci": 5.0, "stress": 10.0}
MOST_MEMORY = 2_000_000_000
LOST_PAGES = 3
"""Hangs on the pages of one file before an engine is not asked any more; one file here has several pages."""
SECONDS_A_GOOD_FILE = 1.0


def make_good(folder: Path, count: int) -> None:
    """Files that anybody can read: PDF, Markdown and text by turns."""
    for number in range(count):
        words = f"Notes of day {number}: the zebra was seen {number} times."
        path = folder / f"good-{number}{('.pdf', '.md', '.txt')[number % 3]}"
        if path.suffix == ".pdf":
            with pymupdf.open() as document:
                document.new_page().insert_text((72, 72), words)
                document.save(path)
        else:
            path.write_text(words, encoding="utf-8")


@pytest.mark.row(
    "the hanging file and generated bombs among 50 good files",
    "limit + 2 s for each try of each engine, in processor time; 50 of 50 good files indexed",
)
def test_bombs(trials: Trials, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    counts = request.config.getoption("--trials")
    docs = tmp_path / "docs"
    docs.mkdir()
    good = 3 if counts == "smoke" else GOOD
    make_good(docs, good)
    names = bombs.write(docs, len(trials(smoke=3, ci=12, stress=len(bombs.BOMBS))))
    for number in trials(smoke=0, ci=1, stress=20):
        # Bytes of its own, or the verdict on the first would be remembered for all.
        whole = documents(request.config)[HANGING].read_bytes()
        names.append(f"hanging-{number}.pdf")
        (docs / names[-1]).write_bytes(whole + b"%%%d\n" % number)
    outcome = read(docs, tmp_path / "index", LIMIT[counts])
    found = {name: outcome.status(name) for name in outcome.files}
    assert [name for name in found if name.startswith("good-") and found[name] != "indexed"] == []
    assert sum(name.startswith("good-") for name in found) == good
    assert outcome.peak < MOST_MEMORY, f"a parser had {outcome.peak / 1e6:,.0f} MB"
    tries = 2 * (len(names) + LOST_PAGES)
    allowed = tries * (LIMIT[counts] + 2) + SECONDS_A_GOOD_FILE * good
    assert outcome.work < allowed, f"parsers worked for {outcome.work:.0f} s, not {allowed:.0f}"
    for name in names:
        assert found[name] in set(Status), name
        if found[name] != Status.INDEXED:
            assert outcome.files[name]["reason"], name
        trials.held()
    stopped = sum(status == Status.TIMED_OUT for status in found.values())
    trials.note(f"limit {LIMIT[counts]:g} s, {stopped} stopped, peak {outcome.peak / 1e6:,.0f} MB")
