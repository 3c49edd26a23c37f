"""The seal: what a flipped bit, a log of elsewhere and a kill in between come to."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import mmrag.index.store as stores
from mmrag.errors import CorruptError, IndexStoreError
from mmrag.index.sealing import seal as seals
from mmrag.index.sealing.roots import ROOTS
from mmrag.index.sealing.seal import DATABASE, SEAL, read_seal
from mmrag.index.sealing.wal import read_log
from mmrag.index.store import Store, create
from mmrag.index.writer import Writer

LOG = f"{DATABASE}-wal"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An index of 400 kB, sealed."""
    place = tmp_path / "index"
    create(place)
    fill(place, "a")
    return place


def fill(place: Path, key: str, size: int = 300_000) -> None:
    writer = Writer(place)
    with writer.writing():
        writer.set(key, random.Random(key).randbytes(size // 2).hex())
    writer.close()


def value(place: Path, key: str) -> str | None:
    store = Store(place)
    try:
        found = store.get(key)
        return None if found is None else str(found)[:8]
    finally:
        store.close()


def flip(file: Path, place: int) -> None:
    data = bytearray(file.read_bytes())
    data[place] ^= 4
    file.write_bytes(data)


WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
import mmrag.index.sealing.seal as seals
from mmrag.index.writer import Writer
place, when = Path(sys.argv[1]), sys.argv[2]
writer = Writer(place)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

for number in range(20):
    with writer.writing():
        writer.set(f"killed {number}", f"{number}" * 40_000)
if when == "sealed":
    seals.Seal.write, write = (lambda seal, folder: (write(seal, folder), die())), seals.Seal.write
if when == "named":
    seals.Seal.write = die
if when != "committed":
    writer.seal()
die()
"""


def killed(place: Path, when: str) -> None:
    run = subprocess.run([sys.executable, "-c", WRITE_AND_DIE, str(place), when], check=False)
    assert run.returncode == -signal.SIGKILL


def test_each_closing_seals_the_next_generation(place: Path) -> None:
    assert [file.name for file in sorted(place.iterdir())] == [DATABASE, ROOTS, SEAL]
    first = read_seal(place)
    assert first is not None
    assert (first.generation, first.size) == (2, (place / DATABASE).stat().st_size)
    fill(place, "b")
    second = read_seal(place)
    assert second is not None
    assert (second.index, second.generation) == (first.index, 3)
    store = Store(place)
    assert (store.sealed.generation, store.get("generation")) == (3, 3)
    store.close()


def test_nothing_written_nothing_sealed(place: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in place.iterdir()}
    Writer(place).close()
    assert {file.name: file.stat().st_mtime_ns for file in place.iterdir()} == before


def test_the_seal_is_of_the_whole_file_block_by_block(place: Path) -> None:
    for key in "bcd":
        fill(place, key, 100_000)
    seal = read_seal(place)
    assert seal is not None
    assert seal.sha256 == seals.first_seal(place / DATABASE, "").sha256
    assert len(seal.sha256) > 5


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_a_flipped_bit_is_seen(place: Path, share: float) -> None:
    flip(place / DATABASE, int(share * (place / DATABASE).stat().st_size))
    for writable in (False, True):
        with pytest.raises(CorruptError, match="mmrag verify|damaged"):
            Store(place, writable=writable)


def test_a_file_cut_short_or_made_longer_is_seen(place: Path) -> None:
    size = (place / DATABASE).stat().st_size
    for length in (size - 4096, size - 1, size + 1, size + 8192):
        copy = place.with_name(f"copy {length}")
        shutil.copytree(place, copy)
        os.truncate(copy / DATABASE, length)
        with pytest.raises(CorruptError, match=r"blocks of mmrag.sqlite do not fit seal.json|malformed"):
            Store(copy)


def test_a_seal_that_is_gone_damaged_or_of_another_index_is_seen(place: Path, tmp_path: Path) -> None:
    whole = (place / SEAL).read_bytes()
    for at in range(0, len(whole), 7):
        (place / SEAL).write_bytes(whole)
        flip(place / SEAL, at)
        with pytest.raises(CorruptError, match="mmrag repair"):
            Store(place)
    (place / SEAL).unlink()
    with pytest.raises(CorruptError, match=r"seal\.json is missing: .*mmrag repair"):
        Store(place)
    create(tmp_path / "other")
    shutil.copy(tmp_path / "other" / SEAL, place / SEAL)
    with pytest.raises(CorruptError, match="do not fit"):
        Store(place)


@pytest.mark.parametrize("when", ["committed", "named", "sealed"])
def test_what_was_committed_outlives_a_kill(place: Path, when: str) -> None:
    killed(place, when)
    assert (place / LOG).stat().st_size > 600_000
    assert value(place, "killed 19") == "19191919"
    fill(place, "after")
    assert not (place / LOG).exists()
    for number in range(20):
        assert value(place, f"killed {number}") == (f"{number}" * 8)[:8]


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_log_cut_short_leads_to_an_older_state_or_is_seen(place: Path, share: float) -> None:
    for when, expected in (("committed", 0), ("sealed", 1)):
        copy = place.with_name(when)
        shutil.copytree(place, copy)
        killed(copy, when)
        os.truncate(copy / LOG, int(share * (copy / LOG).stat().st_size))
        if expected:
            with pytest.raises(CorruptError, match="mmrag repair"):
                Store(copy)
        else:
            assert value(copy, "a") is not None
            assert value(copy, "killed 19") is None


def test_a_checkpoint_that_was_cut_off_is_no_damage(place: Path) -> None:
    killed(place, "sealed")
    log = read_log(place / LOG)
    assert log is not None
    with (place / DATABASE).open("r+b") as file, (place / LOG).open("rb") as frames:
        for page in sorted(log.places)[::2]:
            frames.seek(log.places[page])
            file.seek((page - 1) * log.page_size)
            file.write(frames.read(log.page_size))
    assert value(place, "killed 7") == "77777777"
    # What the log does not hold has to be right all the same.
    untouched = next(page for page in range(1, 60) if page not in log.places)
    flip(place / DATABASE, untouched * log.page_size - 9)
    with pytest.raises(CorruptError, match="do not fit"):
        Store(place)


def test_a_sealed_log_that_is_lost_after_it_was_seen_is_missed(place: Path) -> None:
    killed(place, "sealed")
    assert value(place, "killed 7") == "77777777"
    data = (place / LOG).read_bytes()
    (place / LOG).write_bytes(b"")
    with pytest.raises(CorruptError, match="do not fit"):
        Store(place)
    (place / LOG).write_bytes(data)
    # Also where the file is as long as it will be.
    seal = read_seal(place)
    assert seal is not None
    os.truncate(place / DATABASE, seal.size)
    assert value(place, "killed 7") == "77777777"
    (place / LOG).write_bytes(b"")
    with pytest.raises(CorruptError, match="do not fit"):
        Store(place)


def test_a_log_of_another_index_or_generation_is_seen(place: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(place, older)
    killed(older, "committed")
    create(tmp_path / "other")
    killed(tmp_path / "other", "committed")
    fill(place, "b")
    for source in (older, tmp_path / "other"):
        copy = tmp_path / f"mixed {source.name}"
        shutil.copytree(place, copy)
        shutil.copy(source / LOG, copy / LOG)
        with pytest.raises(CorruptError, match="of another index or another generation"):
            Store(copy)


def test_damage_of_the_meantime_is_not_sealed(place: Path) -> None:
    writer = Writer(place)
    with writer.writing():
        writer.set("b", "b")
    flip(place / DATABASE, 1000)
    with pytest.raises(CorruptError, match=r"mmrag.sqlite has changed on disk since it was written"):
        writer.close()
    with pytest.raises(CorruptError):
        Store(place)


def test_a_long_run_seals_in_between(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "LOG_LIMIT", 200_000)
    writer = Writer(place)
    writer._seal_at = 200_000
    reader = Store(place)
    for number in range(30):
        with writer.writing():
            writer.set(f"{number}", "x" * 30_000)
        assert reader.get(f"{number}") is not None
        assert value(place, f"{number}") == "xxxxxxxx"
    assert writer.sealed.generation > 4
    assert (place / LOG).stat().st_size < 600_000
    reader.close()
    writer.close()


def test_an_open_snapshot_keeps_the_log_and_nothing_is_lost(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = Writer(place), Store(place)
    writer.connection.execute("PRAGMA busy_timeout = 1")
    with reader.snapshot():
        reader.get("a")
        for number in range(3):
            with writer.writing():
                writer.set("n", number)
            writer.seal()
            assert value(place, "n") == str(number)
        assert reader.get("n") is None
    writer.close()
    reader.close()
    assert value(place, "n") == "2"


@pytest.fixture
def busy(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    code = """
import sys
from pathlib import Path
import mmrag.index.sealing.seal as seals, mmrag.index.store as stores
from mmrag.index.writer import Writer
writer = Writer(Path(sys.argv[1]))
writer._seal_at = stores.LOG_LIMIT = 300_000
number = 0
while True:
    number += 1
    with writer.writing():
        writer.set(f"{number % 9}", f"{number}" * 10_000)
        writer.set("both", number)
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(place)])
    yield process
    process.kill()
    process.wait()


def test_opening_while_a_writer_seals(place: Path, busy: subprocess.Popen[bytes]) -> None:
    seen: set[int] = set()
    while len(seen) < 12:
        store = Store(place)
        seen.add(store.sealed.generation)
        with store.snapshot():
            number = store.get("both")
            if number is not None:
                assert store.get(f"{number % 9}")[:4] == (f"{number}" * 4)[:4]
        store.close()
    assert busy.poll() is None


def test_reading_the_file_beside_sqlite_takes_no_lock_from_it(place: Path) -> None:
    reader = Store(place)
    Store(place).close()
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA user_version').fetchone()"
    )
    # The last connection would remove log and index of the log from under the reader.
    subprocess.run([sys.executable, "-c", code + "; c.close()", str(place / DATABASE)], check=True)
    assert (place / f"{DATABASE}-shm").exists()
    reader.close()


def test_sqlite_reads_the_same_log(tmp_path: Path) -> None:
    for size in (512, 4096, 65536):
        file = tmp_path / f"{size}.db"
        connection = sqlite3.connect(file, isolation_level=None)
        connection.execute(f"PRAGMA page_size = {size}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE t (x)")
        for number in range(5):
            connection.execute("INSERT INTO t VALUES (randomblob(70000))")
            log = read_log(tmp_path / f"{size}.db-wal")
            assert log is not None
            _, frames, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            assert (log.frames, log.bad) == (frames, 0)
            assert log.pages == connection.execute("PRAGMA page_count").fetchone()[0]
            data, wal = file.read_bytes(), Path(f"{file}-wal").read_bytes()
            for page, place in log.places.items():
                assert wal[place : place + size] == data[(page - 1) * size : page * size], number
        connection.close()


def test_a_damaged_log_ends_before_the_damage(place: Path) -> None:
    killed(place, "committed")
    whole = read_log(place / LOG)
    assert whole is not None
    frame = 24 + whole.page_size
    flip(place / LOG, 32 + 15 * frame + 30)
    found = read_log(place / LOG)
    assert found is not None
    assert found.bad == 16
    assert 0 < found.frames < 16


@pytest.fixture
def read_only(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As if nothing could be written beside the database: SQLite finds no room for its own files."""
    (place / f"{DATABASE}-shm").symlink_to("/nowhere/at all")
    monkeypatch.setattr(os, "access", lambda *_: False)
    return place


def test_where_nothing_can_be_written_the_file_is_read_alone(read_only: Path) -> None:
    store = Store(read_only)
    with store.snapshot():
        assert store.get("a") is not None
    os.utime(read_only / DATABASE)
    with (
        pytest.raises(IndexStoreError, match="has changed since it was opened: open it again"),
        store.snapshot(),
    ):
        pass
    store.close()
    flip(read_only / DATABASE, 70_000)
    with pytest.raises(CorruptError, match="do not fit"):
        Store(read_only)


def test_a_log_that_can_not_be_read_is_said(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = place.with_name("sealed")
    shutil.copytree(place, sealed)
    for index, when in ((place, "committed"), (sealed, "sealed")):
        killed(index, when)
        (index / f"{DATABASE}-shm").unlink()
        (index / f"{DATABASE}-shm").symlink_to("/nowhere/at all")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert value(place, "a") is not None
    assert value(place, "killed 3") is None
    assert "mmrag.sqlite-wal can't be read here: what a run has left in it is not seen" in caplog.text
    with pytest.raises(CorruptError, match="do not fit"):
        Store(sealed)


@pytest.mark.parametrize("missing", [1, 100, 4096, 4097])
def test_a_frame_that_was_cut_off_in_the_middle_means_nothing(
    place: Path, missing: int, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite writes a frame's header, which may end a transaction, before its page."""
    killed(place, "committed")
    os.truncate(place / LOG, (place / LOG).stat().st_size - missing)
    fill(place, "b", 100)
    assert (value(place, "killed 18"), value(place, "killed 19")) == ("18181818", None)
    assert value(place, "b") is not None
    assert not caplog.text


def test_a_log_that_is_damaged_under_its_writer_is_not_sealed(place: Path) -> None:
    writer = Writer(place)
    for number in range(5):
        with writer.writing():
            writer.set(f"{number}", f"{number}" * 50_000)
    flip(place / LOG, 60_000)
    with pytest.raises(CorruptError, match=r"mmrag.sqlite-wal has changed on disk since it was written"):
        writer.close()
    assert value(place, "a") is not None
    assert value(place, "4") is None


def test_a_writer_goes_on_before_the_damage_of_a_log(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    killed(place, "committed")
    whole = read_log(place / LOG)
    assert whole is not None
    flip(place / LOG, 32 + (whole.frames // 2) * (24 + whole.page_size) + 99)
    fill(place, "b")
    assert "mmrag.sqlite-wal is damaged: what was committed after frame " in caplog.text
    assert (value(place, "killed 19"), value(place, "b") is None) == (None, False)
    assert value(place, "killed 2") == "22222222"
    assert not (place / LOG).exists() or not (place / LOG).stat().st_size
