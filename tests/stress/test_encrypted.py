"""Encrypted PDFs: every revision of the standard, every kind of password, and no trace of any of them."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pikepdf
import pymupdf
import pytest

import mmrag
from tests.stress.reading import ROOT
from tests.stress.run import FAKES
from tests.stress.table import Trials

ROW = pytest.mark.row(
    "encrypted: no, wrong, right password (R2-R6)", "right status; the password appears nowhere"
)
USER, OWNER, WRONG = "right-Kea7user", "owner-Kea7word", "wrong-Kea7word"
GIVEN = {"none": None, "wrong": WRONG, "user's": USER, "owner's": OWNER}
CASES = [
    *itertools.product(("pikepdf",), (2, 3, 4, 5, 6), (True, False), GIVEN),
    *itertools.product(("pymupdf",), (3, 6), (True,), GIVEN),
]
"""What writes the file, the revision, whether reading it needs a password, and which is given."""


def make(path: Path, writer: str, revision: int, locked: bool) -> None:
    """A PDF that opens with the user's password, or one that anybody may read and only the owner change."""
    user = USER if locked else ""
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "The zebra speaks.")
        if writer == "pymupdf":
            method = {3: pymupdf.PDF_ENCRYPT_RC4_128, 6: pymupdf.PDF_ENCRYPT_AES_256}[revision]
            document.save(path, encryption=method, owner_pw=OWNER, user_pw=user)
            return
        document.save(path)
    with pikepdf.open(path, allow_overwriting_input=True) as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # revision 5 is deprecated, and found in the wild
        aes = revision >= 4
        opened.save(path, encryption=pikepdf.Encryption(OWNER, user, revision, aes=aes, metadata=aes))


def traces(folder: Path) -> list[Path]:
    """Files in which one of the passwords stands."""
    words = [word.encode() for word in (USER, OWNER, WRONG)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(word in path.read_bytes() for word in words)]


@ROW
def test_passwords(trials: Trials, tmp_path: Path) -> None:
    for number in trials(smoke=2, ci=12, stress=len(CASES)):
        # Spread over all of them, whatever the count.
        writer, revision, locked, given = CASES[number * 7 % len(CASES)]
        docs, index = tmp_path / str(number), tmp_path / f"index-{number}"
        docs.mkdir()
        make(docs / "a.pdf", writer, revision, locked)
        with mmrag.build(docs, index, pipeline=FAKES, password=GIVEN[given]) as built:
            assert built.report is not None
            (report,) = built.report.files
            opens = not locked or given in ("user's", "owner's")
            assert report.status == ("indexed" if opens else "encrypted"), (writer, revision, locked, given)
            assert bool(built.search("zebra")) is opens
            assert not any(word in report.reason for word in (USER, OWNER, WRONG))
        assert traces(index) == []
        trials.held()


@ROW
def test_no_process_shows_the_password(trials: Trials, tmp_path: Path) -> None:
    """Not on a command line, not in the environment of a parser, not in anything printed or written."""
    for number in trials(smoke=1, ci=1, stress=3):
        docs, index = tmp_path / str(number), tmp_path / f"index-{number}"
        docs.mkdir()
        make(docs / "a.pdf", "pikepdf", 6, True)
        command = [sys.executable, "-m", "tests.stress.reading", str(docs), str(index)]
        run = subprocess.Popen(
            [*command, "--page-seconds", "20", "--ocr", "never"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "MMRAG_PASSWORD": USER},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        parsers = 0
        while run.poll() is None:
            parsers += sum(map(_looked_at, Path("/proc").glob("[0-9]*")))
        assert run.stdout is not None
        with run.stdout as printed:
            assert USER.encode() not in printed.read()
        assert run.returncode == 0
        assert parsers, "no parser was seen at work"
        assert traces(index) == []
        trials.held()


def _looked_at(place: Path) -> bool:
    """Whether this process is a parser; none may show the password."""
    try:
        command = (place / "cmdline").read_bytes()
        assert USER.encode() not in command
        if b"mmrag.ingest.processes.worker" not in command:
            return False
        assert USER.encode() not in (place / "environ").read_bytes()
    except OSError:  # it has ended
        return False
    return True
