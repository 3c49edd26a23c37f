"""Names, links and special files in a folder of documents: nothing is lost, nothing outside is read."""

from __future__ import annotations

import os
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest

import mmrag
from mmrag.ingest.names import as_text
from tests.cli.running import run_command
from tests.deep import deep_folders
from tests.stress.run import FAKES
from tests.stress.table import Trials

NAMES = [
    b"\xff\xfe",
    b"new\nline",
    "\u202egnp.\u202c".encode(),
    b"-rf",
    b"n" * 252,
    b"*",
    "caf\u00e9".encode(),
    "cafe\u0301".encode(),
    b"\x1b[31mred",
    b"caf\xe9",
    b"--json",
    b"[a-z]",
    b"?",
    b"tab\t",
    b"back\\slash",
    b"quo'te\"",
    b"%s%n",
    b"a.md#3",
    b"a#3",
    b"~",
    b"$HOME",
    b"`id`",
    b"$(id)",
    b"a;b|c&d",
    b"con",
    b"nul",
    b" leading",
    b"trailing ",
    b"two  spaces",
    b"\x01\x02",
    b"\x7f",
    "\u2028\u2029".encode(),
    "\u200b".encode(),
    "\ufeffmark".encode(),
    "\U0001f600".encode(),
    "\U0010ffff".encode(),
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"%2e%2e%2fa",
    b"a..%00",
    b"a...",
    b"a..b",
    b"<script>alert(1)<script>",
    b"a&amp;b",
    b"' OR 1=1 --",
    b"{}",
    b"a,b",
    b"a:b",
    b"C:\\a",
    b"\\\\server\\a",
    b"\r\n",
    b"\xe2\x80",
    "\u0645\u0644\u0641".encode(),
    "\u6587\u4ef6".encode(),
    b"\\xff",
    b"\\udcff",
    b"a" * 100 + b"." * 100,
    b"1",
    b"README.pdf",
    b"mmrag.sqlite",
]
"""Of files, without their ending."""


@pytest.mark.row(
    "hostile names, symlink loops, FIFOs, devices, sparse files", "round trip; nothing outside the root"
)
def test_names(trials: Trials, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    wanted = [NAMES[number] for number in trials(smoke=10, ci=30, stress=len(NAMES))]
    for number, name in enumerate(wanted):
        place = os.path.join(os.fsencode(docs), name + b".md")  # noqa: PTH118 - a name of bytes
        with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"The zebra of day {number} is called Zeno{number}.\n")
    with mmrag.build(docs, tmp_path / "index", pipeline=FAKES) as index:
        assert index.report is not None
        assert [file.reason for file in index.report.skipped] == []
        known = {document.path for document in index.documents()}
        assert {file.path for file in index.files()} == known
        assert {hit.document.path for hit in index.search("zebra of the day", len(wanted))} == known
        for number, name in enumerate(wanted):
            path = as_text(os.fsdecode(name)) + ".md"
            (element,) = index.elements(path, 1)
            assert f"Zeno{number}." in element.text
        assert {file.status.value for file in index.update().files} == {"unchanged"}
        for name in wanted:
            path = as_text(os.fsdecode(name)) + ".md"
            assert path in {document.path for document in index.remove(_exactly(index, path))}
            trials.held()
        assert index.documents() == []


def _exactly(index: mmrag.Index, path: str) -> str:
    """What names this document alone: its path, or its id where the path is a pattern for others too."""
    return next(document.id for document in index.documents() if document.path == path)


SECRET = "The password of the harbour is Kea7 and nobody else's."


def _links(root: Path, outside: Path) -> None:
    for name in ("passwd.txt", "secret.md"):
        (root / name).symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "up.md").symlink_to(Path("..") / "outside" / "secret.txt")
    (root / "by-proc.txt").symlink_to("/proc/self/environ")


def _loops(root: Path, _: Path) -> None:
    (root / "self").symlink_to(root)
    (root / "a.md").symlink_to("b.md")
    (root / "b.md").symlink_to("a.md")
    for level in range(30):
        (root / "ladder" / str(level)).mkdir(parents=True)
        for side in "xy":
            (root / "ladder" / str(level) / side).symlink_to(root / "ladder" / str(level + 1))


def _pipes(root: Path, _: Path) -> None:
    for ending in ("md", "pdf", "png", "txt"):
        os.mkfifo(root / f"pipe.{ending}")


def _sockets(root: Path, _: Path) -> None:
    before = Path.cwd()
    try:
        os.chdir(root)  # the path of a socket must be short
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind("socket.pdf")
    finally:
        os.chdir(before)


def _devices(root: Path, _: Path) -> None:
    for name, device in (("zero.txt", "/dev/zero"), ("random.pdf", "/dev/urandom"), ("tty.md", "/dev/tty")):
        (root / name).symlink_to(device)


def _sparse(root: Path, _: Path) -> None:
    for ending in ("pdf", "txt", "png"):
        with (root / f"sparse.{ending}").open("wb") as file:
            file.truncate(10_000_000_000)


def _folders(root: Path, _: Path) -> None:
    """Folders that are called like documents."""
    for name in ("a.pdf", "b.md", "c.png"):
        (root / name).mkdir()


def _unreadable(root: Path, _: Path) -> None:
    (root / "closed").mkdir()
    (root / "closed.md").write_text("closed")
    (root / "closed.md").chmod(0)
    (root / "closed").chmod(0)


SCENES = (_links, _loops, _pipes, _sockets, _devices, _sparse, _folders, _unreadable, deep_folders)


@pytest.mark.row(
    "hostile names, symlink loops, FIFOs, devices, sparse files", "round trip; nothing outside the root"
)
def test_what_is_no_document(trials: Trials, tmp_path: Path) -> None:
    """The one good file beside it is read, and not a word from outside."""
    for number in trials(smoke=len(SCENES), ci=len(SCENES), stress=len(SCENES)):
        make = SCENES[number]
        home = tmp_path / make.__name__
        root, outside = home / "docs", home / "outside"
        root.mkdir(parents=True)
        outside.mkdir()
        (outside / "secret.txt").write_text(SECRET)
        (root / "good.md").write_text("The zebra is good.")
        deep = (
            deep_folders(root, 1200, "lost.md") if make is deep_folders else nullcontext(make(root, outside))
        )
        with deep, mmrag.build(root, home / "index", pipeline=FAKES) as index:
            assert index.report is not None
            read = {document.path for document in index.documents()}
            assert read <= {"good.md", "closed.md"}, make.__name__
            assert "good.md" in read
            assert all(file.reason for file in index.report.skipped)
        for path in (home / "index").rglob("*"):
            assert not path.is_file() or b"Kea7" not in path.read_bytes()
        trials.held()


@pytest.mark.row(
    "hostile names, symlink loops, FIFOs, devices, sparse files", "round trip; nothing outside the root"
)
def test_a_terminal_is_not_taken_over(
    trials: Trials, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters of a name reach no terminal as they are."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for _ in trials(smoke=1, ci=1, stress=1):
        (docs / "a\x1b[31mb\nc\u202e.md").write_text("The zebra.")
        mmrag.build(docs, tmp_path / "index", pipeline=FAKES).close()
        printed = run_command(capsys, "info", str(tmp_path / "index"), "--files").out
        assert not any(char in printed for char in "\x1b\u202e")
        trials.held()
