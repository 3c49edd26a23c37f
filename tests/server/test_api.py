"""The HTTP API says what the library says."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PIL import Image
from starlette.testclient import TestClient

import mmrag
from mmrag.errors import NotAnIndexError, UsageError
from mmrag.server.app import create_app
from mmrag.server.faults import without_folders
from mmrag.server.shelf import Shelf
from mmrag.types import to_dict
from tests.api.test_update import RECIPE
from tests.server.conftest import BASE

API = "/api/indexes/animals"


def plain(value: object) -> object:
    """As it comes out of JSON."""
    return json.loads(json.dumps(to_dict(value)))


def events(text: str) -> list[tuple[str, object]]:
    """Of a stream of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_health(client: TestClient) -> None:
    assert client.get("/api/health").json() == {
        "status": "ok",
        "version": mmrag.__version__,
        "indexes": ["animals"],
        "read_only": False,
    }


def test_what_indexes_hold(client: TestClient, place: Path) -> None:
    with mmrag.open(place) as index:
        wanted = plain(index.info())
        assert isinstance(wanted, dict)
        folders = {wanted.pop(name) for name in ("path", "root")}
        reply = client.get("/api/indexes")
        assert reply.json() == {"indexes": [wanted]}
        assert not any(folder in reply.text for folder in folders)
        assert client.get(f"{API}/documents").json() == plain(index.documents())
        assert client.get(f"{API}/files").json() == plain(index.files())


def test_a_search_finds_what_the_library_finds(client: TestClient, place: Path) -> None:
    with mmrag.open(place) as index:
        wanted = index.search("What does the otter eat?", 2)
    reply = client.post(f"{API}/search", json={"query": "What does the otter eat?", "top_k": 2}).json()
    assert reply["hits"] == plain(wanted)
    assert reply["seconds"] >= 0


def test_filters_hold(client: TestClient) -> None:
    body = {"query": "otter owl", "filters": {"documents": ["owl.md"], "kinds": ["text"], "pages": [1, 3]}}
    found = client.post(f"{API}/search", json=body).json()["hits"]
    assert {hit["document"]["path"] for hit in found} == {"owl.md"}


def test_metadata_is_filtered_by_its_own_kind(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    head = "---\nyear: 2024\nshare: 0.5\ndraft: true\nby: Ada\n---\n"
    (tmp_path / "docs/owl.md").write_text(f"{head}# Owls\n\nThe owl hunts at night.\n")
    (tmp_path / "docs/otter.md").write_text("# Otters\n\nThe otter hunts by day.\n")
    mmrag.build(tmp_path / "docs", tmp_path / "animals", pipeline=RECIPE).close()
    with TestClient(create_app([tmp_path / "animals"]), base_url=BASE) as client:

        def found(value: dict) -> list[str]:
            body = {"query": "What hunts?", "filters": {"metadata": value}}
            return [hit["document"]["path"] for hit in client.post(f"{API}/search", json=body).json()["hits"]]

        assert found({"year": 2024, "share": 0.5, "draft": True, "by": "Ada"}) == ["owl.md"]
        for key, value in {"year": "2024", "share": 0.25, "draft": False, "by": True}.items():
            assert found({key: value}) == []


def test_an_answer_is_the_library_s(client: TestClient, place: Path) -> None:
    with mmrag.open(place) as index:
        wanted = index.ask("What does the otter eat?")
    reply = client.post(f"{API}/ask", json={"question": "What does the otter eat?"}).json()
    assert reply["text"] == wanted.text
    assert reply["citations"] == plain(wanted.citations)


def test_an_answer_can_be_followed(client: TestClient) -> None:
    body = {"question": "What does the otter eat?"}
    whole = client.post(f"{API}/ask", json=body).json()
    response = client.post(f"{API}/ask/stream", json=body)
    assert response.headers["content-type"].startswith("text/event-stream")
    *pieces, (last, answer) = events(response.text)
    assert {kind for kind, _ in pieces} == {"text"}
    assert "".join(str(piece) for _, piece in pieces) == whole["text"]
    assert last == "answer"
    assert isinstance(answer, dict)
    assert answer["citations"] == whole["citations"]


def test_a_conversation_leans_on_what_was_said(client: TestClient) -> None:
    body = {
        "question": "And what does it eat?",
        "history": [{"question": "Where does the otter swim?", "answer": "In the river. [1]"}],
    }
    reply = client.post(f"{API}/chat", json=body).json()
    assert reply["asked"] == "Where does the otter swim? And what does it eat?"
    assert events(client.post(f"{API}/chat/stream", json=body).text)[-1][0] == "answer"


def test_an_error_while_an_answer_is_written_is_an_event(client: TestClient) -> None:
    response = client.post(f"{API}/ask/stream", json={"question": "   "})
    assert response.status_code == 200
    assert events(response.text) == [
        ("error", {"kind": "UsageError", "message": "the question is empty: say what to look for"})
    ]


def test_a_page_and_its_picture(client: TestClient, place: Path) -> None:
    with mmrag.open(place) as index:
        otter = index.document("otter.md")
        reply = client.get(f"{API}/documents/{otter.id}/pages/1").json()
        assert reply["page"] == plain(index.page(otter, 1))
        assert reply["elements"] == plain(index.elements(otter, 1))
    response = client.get(f"{API}/documents/{otter.id}/pages/1/picture?dpi=72&box=0.1,0.1,0.5,0.5")
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "private, max-age=3600"
    assert Image.open(io.BytesIO(response.content)).width > 100


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/api/indexes/nothing/documents", 404, "NotAnIndexError"),
        ("/api/nothing", 404, "NotFound"),
        (f"{API}/documents/{'0' * 64}/pages/1", 404, "NotFound"),
        (f"{API}/pictures/{'0' * 64}", 400, "UsageError"),
        ("/web/../../etc/passwd", 404, "NotFound"),
        ("/web/..%2f..%2f..%2fetc%2fpasswd", 404, "NotFound"),
        ("/web/%2e%2e/app.py", 404, "NotFound"),
    ],
)
def test_what_is_not_there(client: TestClient, path: str, status: int, kind: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["error"]["kind"]) == (status, kind)


def test_wrong_calls_say_what_is_wrong(client: TestClient, place: Path) -> None:
    otter = next(one for one in client.get(f"{API}/documents").json() if one["path"] == "otter.md")
    for box in ("1,2,3", "a,b,c,d", "0,0,2,2", "0.5,0,0.1,1", "nan,0,1,1"):
        wrong = client.get(f"{API}/documents/{otter['id']}/pages/1/picture", params={"box": box})
        assert wrong.status_code == 400, box
        assert wrong.json()["error"]["message"].startswith("box wants four shares of the page")
    missing = client.get(f"{API}/documents/{otter['id']}/pages/99")
    assert missing.json()["error"]["message"] == "otter.md has no page 99: it has 2"
    view = client.post(f"{API}/search", json={"query": "otter", "strategies": ["visual"]})
    assert view.status_code == 400
    assert str(place.parent) not in view.text  # folders of this machine are nobody's business
    for body in (
        {},
        {"query": ""},
        {"query": "x", "top_k": 0},
        {"query": "x", "unknown": 1},
        {"query": "x" * 10_001},
        {"query": "x", "filters": {"pages": [9, 3]}},
        {"query": "x", "filters": {"pages": [1, 10**30]}},
        {"query": "x", "filters": {"metadata": {"year": [2024]}}},
    ):
        assert client.post(f"{API}/search", json=body).status_code == 422, body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{API}/search", r'{"query": "a\ud800"}'),
        (f"{API}/search", r'{"query": "a", "\ud800": 1}'),
        (f"{API}/search", r'{"query": "a", "filters": {"labels": ["\udfff"]}}'),
        (f"{API}/search", r'{"query": "a", "filters": {"metadata": {"\ud800": "a"}}}'),
        (f"{API}/search", '{"query": "a", "filters": {"metadata": {"share": NaN}}}'),
        (f"{API}/search", '{"query": "a", "top_k": Infinity}'),
        (f"{API}/chat", r'{"question": "a", "history": [{"question": "a", "answer": "\ud800"}]}'),
        ("/v1/embeddings", r'{"model": "animals", "input": ["\ud800"]}'),
        (
            "/v1/chat/completions",
            r'{"model": "animals", "messages": [{"role": "user", "content": "\ud800"}]}',
        ),
        (
            "/v1/chat/completions",
            r'{"model": "animals", "messages": [{"role": "user", "content": [{"type": "text", '
            r'"text": "\ud800"}]}]}',
        ),
    ],
)
def test_half_a_character_and_what_is_no_number_are_refused(client: TestClient, path: str, body: str) -> None:
    response = client.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert set(response.json()["detail"][0]) == {"type", "loc", "msg"}


def test_messages_name_no_folder(tmp_path: Path) -> None:
    """Whether it is the folder of the index, in it, or that of the documents, which may be any."""
    shelf = SimpleNamespace(
        all={
            "animals": SimpleNamespace(path=tmp_path / "docs/indexes/animals", root=tmp_path / "docs"),
            "new": SimpleNamespace(path=tmp_path / "new", root=Path()),
            "all": SimpleNamespace(path=tmp_path / "all", root=Path("/")),
        }
    )
    for message, told in (
        (f"{tmp_path}/docs/indexes/animals is locked.", "animals is locked."),
        (f"there is no folder or file {tmp_path}/docs", "there is no folder or file docs"),
        (f"[Errno 13] Permission denied: '{tmp_path}/docs/a/b.md'", "[Errno 13] Permission denied: 'a/b.md'"),
        (f"mmrag index {tmp_path}/docs --index {tmp_path}/new", "mmrag index docs --index new"),
        ("a.md, p. 3 and/or 4.", "a.md, p. 3 and/or 4."),
    ):
        assert without_folders(message, cast(Shelf, shelf)) == told


def test_a_body_that_is_too_long_is_refused(client: TestClient) -> None:
    response = client.post(
        f"{API}/search", content=b"x" * 1_000_001, headers={"content-type": "application/json"}
    )
    assert response.status_code == 413


def test_a_picture_that_is_none_is_refused(client: TestClient) -> None:
    response = client.post(f"{API}/search/picture", files={"picture": ("a.png", b"no picture", "image/png")})
    assert response.status_code == 400
    assert "no view with a weight finds by picture" in response.json()["error"]["message"]


def test_the_document_of_the_api_names_every_route(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert "/api/indexes/{index}/search" in paths
    assert all(path.startswith(("/api/", "/v1/")) for path in paths)


def test_a_shelf_wants_indexes_of_different_names(place: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two indexes are called 'animals'"):
        Shelf([place, place])
    with pytest.raises(UsageError, match="there is no index to serve"):
        Shelf([])
    with pytest.raises(NotAnIndexError), TestClient(create_app([tmp_path / "nothing"])):
        pass
