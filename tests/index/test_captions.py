import multiprocessing
import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from mmrag.errors import DiskFullError, IndexStoreError
from mmrag.index.captions import CAPTIONS, CaptionCache, carry


def test_what_is_put_is_got(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as cache:
        cache.put("a", "Ä 图 \x00")
        cache.put("b", "2")
        cache.put("b", "3")
        assert cache.get(["b", "a", "c"]) == {"a": "Ä 图 \x00", "b": "3"}
        assert cache.get([]) == {}
        assert len(cache) == 2
    with CaptionCache(tmp_path) as cache:
        assert cache.get(["b"]) == {"b": "3"}


def test_many_keys_at_once(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as cache:
        for number in range(0, 3000, 2):
            cache.put(str(number), f"text {number}")
        found = cache.get([str(number) for number in range(3000)])
    assert found == {str(number): f"text {number}" for number in range(0, 3000, 2)}


def test_several_threads_share_it(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as cache:

        def work(name: int) -> None:
            for number in range(100):
                cache.put(f"{name}-{number}", str(number))
                assert cache.get([f"{name}-{number}"]) == {f"{name}-{number}": str(number)}

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(cache) == 400


def _put_and_die(path: Path) -> None:
    cache = CaptionCache(path)
    for number in range(50):
        cache.put(str(number), "paid for")
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_put_and_die, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with CaptionCache(tmp_path) as cache:
        assert len(cache) == 50


def test_two_processes_may_have_it_open(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as one, CaptionCache(tmp_path) as other:
        one.put("a", "1")
        other.put("b", "2")
        assert one.get(["a", "b"]) == other.get(["a", "b"]) == {"a": "1", "b": "2"}


def test_carried_to_another_folder(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    carry(old, new)
    assert not (new / CAPTIONS).exists()
    with CaptionCache(old) as cache:
        cache.put("a", "1")
        carry(old, new)
    with CaptionCache(new) as cache:
        assert cache.get(["a"]) == {"a": "1"}
        cache.put("b", "2")


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / CAPTIONS).write_bytes(b"no database at all" * 100)
    with CaptionCache(tmp_path) as cache:
        cache.put("a", "1")
    assert "is damaged (file is not a database); it is now captions.sqlite.damaged" in caplog.text
    assert (tmp_path / f"{CAPTIONS}.damaged").read_bytes().startswith(b"no database")
    with CaptionCache(tmp_path) as cache:
        assert cache.get(["a"]) == {"a": "1"}


def fill(folder: Path, count: int = 200) -> dict[str, str]:
    said = {f"key {number:03}": f"Description {number}. " * 20 for number in range(count)}
    with CaptionCache(folder) as cache:
        for key, text in said.items():
            cache.put(key, text)
    return said


@pytest.mark.parametrize("at_open", [True, False])
def test_what_is_whole_of_a_damaged_file_is_saved(tmp_path: Path, at_open: bool) -> None:
    said = fill(tmp_path)
    data = bytearray((tmp_path / CAPTIONS).read_bytes())
    page = 0x1000 * 12
    data[page : page + 0x1000] = bytes(0x1000)
    if at_open:
        data[1 << 12] = 0xFF
    (tmp_path / CAPTIONS).write_bytes(data)
    with CaptionCache(tmp_path) as cache:
        found = cache.get(list(said))
        assert found.items() <= said.items()
        assert len(found) >= (0 if at_open else 100)
        cache.put("new", "1")
        assert cache.get(["new"]) == {"new": "1"}


def test_a_description_with_a_flipped_bit_counts_as_never_made(tmp_path: Path) -> None:
    said = fill(tmp_path, 3)
    data = (tmp_path / CAPTIONS).read_bytes()
    (tmp_path / CAPTIONS).write_bytes(data.replace(b"Description 1. ", b"Description 0. ", 1))
    with CaptionCache(tmp_path) as cache:
        assert CaptionCache.count_damaged(tmp_path) == 1
        assert cache.get(list(said)) == {key: said[key] for key in ("key 000", "key 002")}
        cache.put("key 001", "again")
        assert cache.get(["key 001"]) == {"key 001": "again"}
    (tmp_path / CAPTIONS).write_bytes(data.replace(b"Description 1. ", b"Descriptio\xff 0. ", 1))
    with CaptionCache(tmp_path) as cache:
        assert len(cache.get(list(said))) == 2


def test_a_row_that_has_lost_its_text_counts_as_never_made(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / CAPTIONS)
    connection.execute("CREATE TABLE captions (key TEXT PRIMARY KEY, text TEXT, sum BLOB)")
    connection.executemany("INSERT INTO captions VALUES (?, ?, ?)", [("a", None, b"1"), (None, "b", None)])
    connection.commit()
    connection.close()
    assert CaptionCache.count_damaged(tmp_path) == 2
    with CaptionCache(tmp_path) as cache:
        assert cache.get(["a", "b"]) == {}


def test_a_file_of_an_earlier_mmrag_gets_checksums(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / CAPTIONS)
    connection.execute("CREATE TABLE captions (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID")
    connection.execute("INSERT INTO captions VALUES ('a', 'b')")
    connection.commit()
    connection.close()
    with CaptionCache(tmp_path) as cache:
        assert cache.get(["a"]) == {"a": "b"}
        assert (len(cache), CaptionCache.count_damaged(tmp_path)) == (1, 0)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(IndexStoreError, match="can't be used: unable to open"):
        CaptionCache(tmp_path / "missing")


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as cache:
        cache.put("a", "1")
        cache._connection.execute("PRAGMA max_page_count = 5")
        with pytest.raises(DiskFullError, match="no space left"):
            cache.put("b", "x" * 100_000)
        assert cache.get(["a", "b"]) == {"a": "1"}


def test_it_is_an_ordinary_sqlite_file(tmp_path: Path) -> None:
    with CaptionCache(tmp_path) as cache:
        cache.put("a", "1")
    connection = sqlite3.connect(tmp_path / CAPTIONS)
    assert connection.execute("SELECT key, text FROM captions").fetchall() == [("a", "1")]
    connection.close()


def test_carrying_adds_and_never_overwrites(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        with CaptionCache(tmp_path / name) as cache:
            cache.put(name, name)
            cache.put("both", name)
    carry(tmp_path / "old", tmp_path / "new")
    with CaptionCache(tmp_path / "new") as cache:
        assert cache.get(["old", "new", "both"]) == {"old": "old", "new": "new", "both": "new"}
