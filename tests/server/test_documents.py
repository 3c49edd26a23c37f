"""Documents come and go over HTTP; nothing is written elsewhere, and no file of the user is touched."""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest
from starlette.testclient import TestClient

import mmrag
from mmrag.errors import DiskFullError, IndexStoreError, UnsupportedError, UsageError
from mmrag.index.lock import WriterLock
from mmrag.index.store import LOCK
from mmrag.server.app import create_app
from mmrag.server.options import ServerOptions
from mmrag.server.updating import Event, Job, Updates
from mmrag.server.uploads import discard, keep, safe_name
from tests.api.test_bad_input import make_pdf
from tests.api.test_update import RECIPE
from tests.server.conftest import BASE, write_documents
from tests.server.test_api import events

API = "/api/indexes/animals"
FOX = b"# Foxes\n\nThe fox digs a den.\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_documents(tmp_path / "docs")
    mmrag.build(tmp_path / "docs", tmp_path / "animals", pipeline=RECIPE).close()
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app([home / "animals"]), base_url=BASE) as client:
        yield client


def follow(client: TestClient, job: str) -> list[tuple[str, object]]:
    return events(client.get(f"{API}/jobs/{job}/events").text)


def upload(client: TestClient, *files: tuple[str, bytes]):
    return client.post(f"{API}/documents", files=[("files", (name, data)) for name, data in files])


def found(client: TestClient, query: str) -> str:
    hits = client.post(f"{API}/search", json={"query": query, "top_k": 1}).json()["hits"]
    return hits[0]["document"]["path"]


def test_what_is_uploaded_can_be_found_after_its_job(client: TestClient, home: Path) -> None:
    reply = upload(client, ("fox.md", FOX), ("hare.md", b"# Hares\n\nThe hare runs over the heath.\n"))
    assert reply.status_code == 202
    assert reply.json()["saved"] == ["uploads/fox.md", "uploads/hare.md"]
    *_, (last, report) = follow(client, reply.json()["job"])
    assert last == "report"
    assert isinstance(report, dict)
    assert report["documents"] == 4
    assert (home / "docs/uploads/fox.md").read_bytes() == FOX
    assert found(client, "The fox digs a den") == "uploads/fox.md"
    assert [file.name for file in (home / "docs/uploads").iterdir() if file.name.startswith(".")] == []


def test_what_was_uploaded_is_deleted_and_what_was_there_is_kept(client: TestClient, home: Path) -> None:
    follow(client, upload(client, ("fox.md", FOX)).json()["job"])
    ids = {one["path"]: one["id"] for one in client.get(f"{API}/documents").json()}
    assert client.delete(f"{API}/documents/{ids['uploads/fox.md']}").json() == {"kept": False}
    assert client.delete(f"{API}/documents/{ids['owl.md']}").json() == {"kept": True}
    assert not (home / "docs/uploads/fox.md").exists()
    assert (home / "docs/owl.md").exists()
    assert [one["path"] for one in client.get(f"{API}/documents").json()] == ["otter.md"]
    follow(client, client.post(f"{API}/update").json()["job"])
    assert [one["path"] for one in client.get(f"{API}/documents").json()] == ["otter.md", "owl.md"]


def test_nothing_that_is_there_is_replaced(client: TestClient, home: Path) -> None:
    upload(client, ("fox.md", FOX))
    assert upload(client, ("fox.md", FOX)).status_code == 202
    other = upload(client, ("fox.md", b"other"))
    assert other.status_code == 400
    assert other.json()["error"]["message"] == "there is another file called fox.md: rename one of them"
    assert (home / "docs/uploads/fox.md").read_bytes() == FOX


def test_of_files_that_come_together_all_are_kept_or_none(client: TestClient, home: Path) -> None:
    (home / "docs/uploads").mkdir()
    (home / "docs/uploads/fox.md").write_bytes(FOX)
    for files in (
        [("hare.md", b"hare"), ("fox.md", b"other")],
        [("hare.md", b"hare"), ("fox.md", FOX), ("hare.md", b"other")],
        [("hare.md", b"hare"), ("hare.exe", b"no")],
    ):
        assert upload(client, *files).status_code in (400, 415, 409), files
        assert [file.name for file in (home / "docs/uploads").iterdir()] == ["fox.md"]
    assert (home / "docs/uploads/fox.md").read_bytes() == FOX
    again = upload(client, ("fox.md", FOX), ("hare.md", b"hare"), ("hare.md", b"hare"))
    assert again.json()["saved"] == ["uploads/fox.md", "uploads/hare.md", "uploads/hare.md"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("../../../etc/cron.d/a.pdf", "a.pdf"),
        ("/etc/a.md", "a.md"),
        ("C:\\Users\\me\\Bericht 2025.PDF", "Bericht 2025.PDF"),
        ("..\\..\\a.html", "a.html"),
        ("报告.pdf", "报告.pdf"),
    ],
)
def test_names_lead_nowhere_else(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    "given",
    ["", ".", "..", "../..", "a/", ".hidden.md", "a\x00.md", "a\n.md", "\u202egpj.md", "x" * 300 + ".md"],
)
def test_names_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(UsageError):
        safe_name(given)


@pytest.mark.parametrize("given", ["a.exe", "a", "a.sh", "mmrag.sqlite"])
def test_what_nothing_reads_is_refused(given: str) -> None:
    with pytest.raises(UnsupportedError):
        safe_name(given)


def test_a_link_out_of_the_folder_is_not_followed(client: TestClient, home: Path) -> None:
    (home / "elsewhere").mkdir()
    (home / "docs/uploads").symlink_to(home / "elsewhere")
    assert upload(client, ("fox.md", FOX)).status_code == 400
    (home / "docs/uploads").unlink()
    (home / "docs/uploads").mkdir()
    (home / "docs/uploads/fox.md").symlink_to(home / "elsewhere/fox.md")
    assert upload(client, ("fox.md", FOX)).status_code == 400
    assert list((home / "elsewhere").iterdir()) == []


def test_limits_of_uploads_hold(home: Path) -> None:
    options = ServerOptions(upload_mb=1, upload_files=2)
    with TestClient(create_app([home / "animals"], options), base_url=BASE) as client:
        assert upload(client, ("a.md", b"x" * 1_000_001)).status_code == 413
        assert upload(client, ("a.md", b"a"), ("b.md", b"b"), ("c.md", b"c")).status_code == 413
    assert not (home / "docs/uploads").exists()


def test_a_read_only_server_changes_nothing(home: Path) -> None:
    with TestClient(create_app([home / "animals"], ServerOptions(read_only=True)), base_url=BASE) as client:
        document = client.get(f"{API}/documents").json()[0]["id"]
        for reply in (
            upload(client, ("fox.md", FOX)),
            client.delete(f"{API}/documents/{document}"),
            client.post(f"{API}/update"),
        ):
            assert (reply.status_code, reply.json()["error"]["message"]) == (403, "this server is read-only")
        assert len(client.get(f"{API}/documents").json()) == 2
    assert not (home / "docs/uploads").exists()


def test_while_another_process_writes_it_is_said_so(client: TestClient, home: Path) -> None:
    document = client.get(f"{API}/documents").json()[0]["id"]
    with WriterLock(home / "animals" / LOCK):
        refused = client.delete(f"{API}/documents/{document}")
        assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "LockedError")
        (event,) = follow(client, client.post(f"{API}/update").json()["job"])
    assert event[0] == "error"
    assert "is being written by" in json.dumps(event[1])


def test_an_update_that_fails_names_no_folder(client: TestClient, home: Path) -> None:
    (home / "docs").rename(home / "away")
    *_, event = follow(client, client.post(f"{API}/update").json()["job"])
    assert event == ("error", {"kind": "UsageError", "message": "there is no folder or file docs"})


def test_where_nothing_can_be_uploaded_to(client: TestClient, home: Path) -> None:
    (home / "docs/uploads").write_text("a file")
    taken = upload(client, ("fox.md", FOX))
    assert (taken.status_code, taken.json()["error"]["kind"]) == (400, "UsageError")
    assert "uploads is a file, but uploads go into a folder" in taken.json()["error"]["message"]
    assert (home / "docs/uploads").read_text() == "a file"
    (home / "docs").rename(home / "away")
    gone = upload(client, ("fox.md", FOX))
    message = "the folder docs of this index is gone: bring it back, then upload again"
    assert (gone.status_code, gone.json()["error"]["message"]) == (400, message)
    (home / "docs").write_text("a file")
    assert "of a single file" in upload(client, ("fox.md", FOX)).json()["error"]["message"]


def test_an_index_of_no_folder_yet_takes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="of no folder yet"):
        keep([("fox.md", io.BytesIO(FOX))], Path())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["mkdir", "fsync", "link"])
@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (errno.ENOSPC, DiskFullError, "no room for what was uploaded"),
        (errno.EROFS, IndexStoreError, "can't be written to (Read-only file system), so nothing was kept"),
    ],
)
def test_a_folder_that_takes_nothing_is_told(
    step: str, fault: int, kind: type[Exception], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(kind) as caught:
        keep([("fox.md", io.BytesIO(FOX)), ("hare.md", io.BytesIO(b"hare"))], tmp_path)
    assert told in str(caught.value)
    monkeypatch.undo()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("fault", [errno.EPERM, errno.EOPNOTSUPP])
def test_where_files_have_one_name_alone_they_are_copied(
    fault: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(os, "link", fails)
    for _ in range(2):
        assert keep([("fox.md", io.BytesIO(FOX))], tmp_path) == ["uploads/fox.md"]
    with pytest.raises(UsageError, match=r"another file called fox\.md"):
        keep([("hare.md", io.BytesIO(b"hare")), ("fox.md", io.BytesIO(b"other"))], tmp_path)
    (file,) = (tmp_path / "uploads").iterdir()
    assert file.read_bytes() == FOX


def test_a_file_that_cant_be_deleted_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep([("fox.md", io.BytesIO(FOX))], tmp_path)

    def fails(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", fails)
    assert not discard("uploads/fox.md", tmp_path)


@pytest.mark.parametrize("first", [("error", {"kind": "A", "message": "b"}), RuntimeError("a bug")])
def test_what_is_asked_for_meanwhile_is_done_though_the_update_fails(first: object, tmp_path: Path) -> None:
    ends = [first, ("report", {"documents": 2})]

    class Told(Updates):
        async def _once(self, job: Job) -> Event:
            await asyncio.sleep(0)
            end = ends.pop(0)
            if isinstance(end, Exception):
                raise end
            return end  # type: ignore[return-value]

    async def run() -> list[Event]:
        updates = Told(tmp_path)
        job = updates.start()
        await asyncio.sleep(0)
        assert updates.start() is job
        return [event async for event in job.follow()]

    assert asyncio.run(run()) == [("report", {"documents": 2})]
    assert ends == []


def test_the_password_opens_what_is_read_again_and_drawn(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "open"}
    make_pdf(home / "docs/secret.pdf", "A quick wizard.", **locked)

    def statuses() -> dict[str, str]:
        follow(client, client.post(f"{API}/update").json()["job"])
        return {file["path"]: file["status"] for file in client.get(f"{API}/files").json()}

    monkeypatch.delenv("MMRAG_PASSWORD", raising=False)
    assert statuses()["secret.pdf"] == "encrypted"
    monkeypatch.setenv("MMRAG_PASSWORD", "open")
    assert statuses()["secret.pdf"] == "indexed"
    ids = {one["path"]: one["id"] for one in client.get(f"{API}/documents").json()}
    picture = f"{API}/documents/{ids['secret.pdf']}/pages/1/picture"
    assert client.get(picture).headers["content-type"] == "image/png"
    monkeypatch.delenv("MMRAG_PASSWORD")
    refused = client.get(picture)
    assert (refused.status_code, refused.json()["error"]["kind"]) == (409, "EncryptedError")


def test_a_job_that_is_none(client: TestClient) -> None:
    reply = client.get(f"{API}/jobs/nothing/events")
    assert (reply.status_code, reply.json()["error"]["kind"]) == (404, "NotFound")


def test_an_index_of_one_file_takes_no_others(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\nOne file.\n")
    mmrag.build(tmp_path / "one.md", tmp_path / "one", pipeline=RECIPE).close()
    with TestClient(create_app([tmp_path / "one"]), base_url=BASE) as client:
        reply = client.post("/api/indexes/one/documents", files=[("files", ("fox.md", FOX))])
    assert reply.status_code == 400
    assert "of a single file" in reply.json()["error"]["message"]


def test_reports_are_shown_in_a_sandbox(home: Path) -> None:
    (home / "reports/first").mkdir(parents=True)
    (home / "reports/first/report.html").write_text("<script>1</script>")
    (home / "reports/secret.html").write_text("no")
    options = ServerOptions(reports=str(home / "reports"))
    with TestClient(create_app([home / "animals"], options), base_url=BASE) as client:
        assert client.get("/api/reports").json() == {"reports": ["first"]}
        shown = client.get("/reports/first")
        assert shown.text == "<script>1</script>"
        assert shown.headers["content-security-policy"].startswith(
            "sandbox allow-scripts; default-src 'none'"
        )
        for name in ("secret.html", "..%2freports", "..%2fdocs", "first%2f..%2f..%2fdocs"):
            assert client.get(f"/reports/{name}").status_code == 404, name
