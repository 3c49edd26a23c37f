"""``mmrag serve`` as a process: it says where it is, serves, and stops when asked."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import pytest

import mmrag
from tests.api.test_update import RECIPE
from tests.server.conftest import write_documents

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with documents and their index under ./indexes."""
    home = tmp_path_factory.mktemp("home")
    write_documents(home / "docs")
    mmrag.build(home / "docs", home / "indexes" / "docs", pipeline=RECIPE).close()
    return home


def command(home: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("MMRAG_SERVE_TOKEN", None)
    return subprocess.Popen(
        [sys.executable, "-m", "mmrag.cli", "serve", *arguments],
        cwd=home,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with command(home, *arguments, "--port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, line + process.stderr.read()
            yield process, found[0]
        finally:
            process.kill()


def test_it_says_where_it_serves_every_index_and_stops_at_ctrl_c(home: Path) -> None:
    with serving(home) as (process, link):
        health = json.load(urllib.request.urlopen(f"{link}api/health"))
        assert (health["status"], health["indexes"]) == ("ok", ["docs"])
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_for_other_machines_it_makes_up_a_token_and_shows_it_once(home: Path) -> None:
    with serving(home, "--host", "0.0.0.0", "docs") as (process, link):
        assert process.stdout is not None
        assert "shown this once" in process.stdout.readline()
        address, token = re.fullmatch(r"(http://localhost:\d+/)\?token=(\S{32})", link).groups()  # type: ignore[union-attr]
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(f"{address}api/health")
        request = urllib.request.Request(f"{address}api/health", headers={"Authorization": f"Bearer {token}"})
        assert urllib.request.urlopen(request).status == 200


def test_stopped_in_an_update_it_leaves_the_index_whole(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs")
    mmrag.build(tmp_path / "docs", tmp_path / "many", pipeline=RECIPE).close()
    lines = "\n\n".join(f"Line {line}." for line in range(100))
    for at in range(100):
        (tmp_path / "docs" / f"{at:03}.md").write_text(f"# Chapter {at}\n\n{lines}\n")
    with serving(tmp_path, str(tmp_path / "many")) as (process, link):
        api = f"{link}api/indexes/many"
        begun = json.load(urllib.request.urlopen(urllib.request.Request(f"{api}/update", method="POST")))
        with urllib.request.urlopen(f"{api}/jobs/{begun['job']}/events") as events:
            told = (json.loads(line[6:]) for line in events if line.startswith(b"data: "))
            assert next(one for one in told if one.get("pages_done", 0) > 5)["pages_done"] < 102
            process.send_signal(signal.SIGINT)
            *_, last = told
        assert last == {"kind": "Stopped", "message": "stopped; what was finished is kept"}
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert all(one.harmless for one in mmrag.verify(tmp_path / "many"))
    with mmrag.open(tmp_path / "many") as index:
        assert index.search("The otter swims in the river")[0].document.path == "otter.md"
        assert {"otter.md", "owl.md"} <= {one.path for one in index.documents()}
        assert index.update().documents == 102
    assert mmrag.verify(tmp_path / "many", deep=True) == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing",), "there is no index at nothing or indexes/nothing: make one with mmrag index FOLDER"),
        (("--port", "99999"), "port wants a number from 0 to 65535, found 99999"),
        (("--host", "203.0.113.1", "--port", "0"), "can't listen at 203.0.113.1, port 0: "),
    ],
)
def test_what_can_t_be_served_is_said_in_one_line(
    home: Path, arguments: tuple[str, ...], message: str
) -> None:
    with command(home, *arguments) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode in (1, 2)
        assert said.startswith(f"mmrag: {message}")
        assert said.count("\n") == 1


def test_the_name_of_a_proxy_makes_up_a_token_too(home: Path) -> None:
    with serving(home, "--allow-host", "Docs.Example", "docs") as (_, link):
        address, _, token = link.partition("?token=")
        name = {"Host": "docs.example"}
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(urllib.request.Request(address, headers=name))
        request = urllib.request.Request(address, headers=name | {"Authorization": f"Bearer {token}"})
        assert urllib.request.urlopen(request).status == 200


def test_a_port_that_is_taken_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with command(home, "--port", port) as process:
            _, said = process.communicate(timeout=60)
    assert said == f"mmrag: port {port} is taken: choose another with --port, or --port 0 for any\n"
    assert process.returncode == 2
