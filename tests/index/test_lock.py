"""The one writer's lock."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmrag.errors import IndexStoreError, LockedError
from mmrag.index.lock import WriterLock, holder

HOLD = """
import sys
from pathlib import Path
from mmrag.index.lock import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_message_names_the_holder(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock")
    with WriterLock(tmp_path / "lock"):
        for attempt in (lock.check, lock.__enter__):
            with pytest.raises(LockedError, match=f"is being written by process {os.getpid()} on "):
                attempt()
    lock.check()
    with lock:
        assert not lock.left


def test_a_holder_that_says_nothing_is_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with WriterLock(tmp_path / "lock"):
        (tmp_path / "lock").write_text("")
        with pytest.raises(LockedError, match="written by another process: wait"):
            WriterLock(tmp_path / "lock").check()


def test_it_goes_with_the_process_that_held_it(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockedError, match=f"process {holder.pid} "):
            lock.check()
        holder.kill()
    with lock:
        assert lock.left
    with lock:
        assert not lock.left


def test_who_holds_it_can_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "lock"
    assert holder(lock) == ""
    with WriterLock(lock):
        assert holder(lock).startswith(f"process {os.getpid()} on ")
    assert holder(lock) == ""
    lock.write_text("process 1 on here, which was killed\n")
    assert holder(lock) == ""

    def ask(lock: int, what: int) -> None:
        """In the instant in which somebody asks."""
        monkeypatch.undo()
        raise BlockingIOError

    monkeypatch.setattr("mmrag.index.lock.fcntl.flock", ask)
    with WriterLock(lock) as held:
        assert held.left


def test_a_run_that_failed_is_noticed_by_the_next(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock")
    with pytest.raises(ValueError, match="no"), lock:
        raise ValueError("no")
    with lock:
        assert lock.left


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.EROFS, IndexStoreError), (errno.EACCES, IndexStoreError), (errno.EIO, OSError)],
)
def test_an_index_that_can_not_be_written_to_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[Exception]
) -> None:
    def refuse(path: Path, *_: object) -> int:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(expected, match=os.strerror(number)):
        WriterLock(tmp_path / "lock").check()
