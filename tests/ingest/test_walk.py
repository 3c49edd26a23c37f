import hashlib
import os
from pathlib import Path

import pytest

from mmrag.errors import UsageError
from mmrag.ingest.names import file_at
from mmrag.ingest.walk import INDEX_FILE, hash_file, scan
from mmrag.types import FileReport, Status
from tests.deep import deep_folders


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def names(root: Path) -> list[str]:
    return [file.name for file in scan(root)[0]]


def test_files_by_name_with_size_and_time(tmp_path: Path) -> None:
    fill(tmp_path, "b.txt", "a/z.PDF", "a.md", "a/b/c.jpeg")
    found, skipped = scan(tmp_path)
    assert [file.name for file in found] == ["a.md", "a/b/c.jpeg", "a/z.PDF", "b.txt"]
    assert found[0].path == tmp_path / "a.md"
    assert found[0].size == len("a.md")
    assert found[0].mtime_ns == (tmp_path / "a.md").stat().st_mtime_ns
    assert skipped == []


def test_hidden_files_and_index_folders_are_left_out(tmp_path: Path) -> None:
    fill(
        tmp_path,
        "a.txt",
        ".b.txt",
        ".git/c.txt",
        f"index/{INDEX_FILE}",
        "index/d.txt",
        "index/pictures/e.png",
    )
    assert names(tmp_path) == ["a.txt"]
    assert scan(tmp_path)[1] == []


def test_what_is_not_read_is_one_line_an_ending(tmp_path: Path) -> None:
    fill(tmp_path, "a.docx", "sub/b.DOCX", "c.xlsx", "Makefile", "d.txt")
    assert scan(tmp_path)[1] == [
        FileReport("*.docx", Status.UNSUPPORTED, "2 files; .docx files are not read"),
        FileReport("Makefile", Status.UNSUPPORTED, "1 file; files without an ending are not read"),
        FileReport("c.xlsx", Status.UNSUPPORTED, "1 file; .xlsx files are not read"),
    ]


def test_links_inside_are_followed_and_links_outside_are_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    fill(tmp_path, "outside/secret.txt", "root/sub/a.txt")
    (root / "file.txt").symlink_to(root / "sub" / "a.txt")
    (root / "leak.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (root / "leaks").symlink_to(tmp_path / "outside")
    (root / "gone.txt").symlink_to(root / "nowhere.txt")
    assert names(root) == ["file.txt", "sub/a.txt"]
    reason = "a link out of the folder, which is not followed"
    assert scan(root)[1] == [FileReport(name, Status.UNSUPPORTED, reason) for name in ("leak.txt", "leaks")]


def test_circles_of_links_end(tmp_path: Path) -> None:
    fill(tmp_path, "a/b/c.txt")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "top").symlink_to(tmp_path)
    assert names(tmp_path) == ["a/b/c.txt"]


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    fill(tmp_path, "real/a.txt")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(tmp_path / "link") == ["a.txt"]


def test_special_files_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe.unread")
    assert scan(tmp_path) == (
        [],
        [FileReport("pipe.txt", Status.UNSUPPORTED, "not a file, but a pipe, a socket or a device")],
    )


def test_links_to_folders_do_not_multiply_files(tmp_path: Path) -> None:
    for level in range(40):
        fill(tmp_path, f"{level}/a.txt")
        for link in ("x", "y"):
            (tmp_path / str(level) / link).symlink_to(tmp_path / str(level + 1))
    assert len(names(tmp_path)) == 40


def test_folders_may_be_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    with deep_folders(tmp_path, 1500, "a.txt"):
        (found,) = scan(tmp_path)[1]
    assert found.path.startswith("deeper/deeper/")
    assert found.reason == "the folder can't be read: File name too long"


def test_names_that_are_not_text(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\xff.txt"))
    odd.write_text("odd")
    (found,) = scan(tmp_path)[0]
    assert found.name == r"caf\xe9\xff.txt"
    assert found.name.encode()
    assert file_at(tmp_path, found.name) == odd
    fill(tmp_path, r"caf\xe9\xff.txt")
    assert names(tmp_path) == [r"caf\xe9\xff.txt"]
    assert [report.status for report in scan(tmp_path)[1]] == [Status.UNSUPPORTED]


def test_a_single_file(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", "b.txt")
    assert names(tmp_path / "a.txt") == ["a.txt"]


def test_an_empty_folder(tmp_path: Path) -> None:
    assert scan(tmp_path) == ([], [])


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder or file .*gone"):
        scan(tmp_path / "gone")


def test_what_may_not_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a.txt", "sub/c.txt")
    listed = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "a.txt")
    assert scan(tmp_path) == (
        [],
        [
            FileReport("a.txt", Status.UNREADABLE, "can't be read: permission denied"),
            FileReport("sub", Status.UNREADABLE, "the folder can't be read: Permission denied"),
        ],
    )


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "a.bin").write_bytes(data)
    assert hash_file(tmp_path / "a.bin") == hashlib.sha256(data).hexdigest()


def test_a_file_that_is_gone_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hash_file(tmp_path / "gone")
