"""A planted key, looked for in everything that a run leaves behind."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from PIL import Image, ImageDraw

from mmrag.config import load_recipe
from mmrag.errors import MmragError
from tests.endpoint.server import Answer, Seen, error, said, serving, streamed

KEY = "sk-planted/0123456789+abcdefghij"
SPELLINGS = (
    KEY,
    KEY.replace("/", "\\/"),
    quote(KEY, safe=""),
    *(base64.b64encode(f"{before}{KEY}".encode()).decode()[4:-4] for before in ("", "x", "xx")),
)
GOOD = json.dumps({"description": f"A chart. The key is {KEY}.", "visible_text": "", "data": ""})

# Python's own loggers at their loudest, for us and for every library.
LOUD = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, filename=sys.argv[1])
logging.captureWarnings(True)
sys.argv = ["mmrag", *sys.argv[2:]]
from mmrag.cli.app import main
main()
"""


def leaks(data: bytes) -> list[str]:
    """Spellings of the key in ``data``."""
    return [spelling for spelling in SPELLINGS if spelling.encode() in data]


class Run:
    """A folder, a recipe that asks a server, and all that was said and written so far."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.said, self.shown = folder, b"", set[bytes]()
        docs = folder / "docs"
        docs.mkdir()
        picture = Image.new("RGB", (400, 300), "white")
        ImageDraw.Draw(picture).rectangle((50, 50, 100, 250), fill="blue")
        picture.save(docs / "chart.png")
        (docs / "notes.md").write_text("# Harvest\n\nThe yield was 5 t in 2020.\n\n![Yield](chart.png)\n")
        recipe = {
            "strategies": ["caption"],
            "ingest": {"ocr": "never", "layout": "never"},
            "caption": {"captioner": f"openai:m@{url}", "encoders": ["tests.fakes:LetterEncoder"]},
            "answer": {"generator": f"openai:m@{url}", "refuse_below": 0},
        }
        (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe))

    def mmrag(self, *arguments: str) -> int:
        """Run the command with everything logged; its exit code."""
        command = [sys.executable, "-c", LOUD, str(self.folder / "log.txt"), *arguments]
        environment = {
            name: value
            for name, value in os.environ.items()
            if "OPENAI" not in name and "OFFLINE" not in name
        }
        environment |= {
            "OPENAI_API_KEY": KEY,
            "PYTHONPATH": str(Path.cwd()),
            "HOME": str(self.folder / "home"),
        }
        process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        watching = threading.Thread(target=self._watch, args=(process.pid,))
        watching.start()
        try:
            self.said += process.communicate(timeout=120)[0]
        finally:
            process.kill()
            watching.join()
        return process.returncode

    def _watch(self, pid: int) -> None:
        """What the system shows: the title of the process, titles and environments of its children."""
        while own := _read(f"/proc/{pid}/cmdline"):
            self.shown.add(own)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                for child in _read(str(task)).decode().split():
                    title = _read(f"/proc/{child}/cmdline")
                    if title != own:  # until a child has become another program, it shows its parent's
                        self.shown |= {title, _read(f"/proc/{child}/environ")}
            time.sleep(0.01)

    def written(self) -> Iterator[tuple[str, bytes]]:
        """All files that came to be."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), path.read_bytes()

    def check(self) -> None:
        assert leaks(self.said) == []
        assert leaks(b"\0".join(self.shown)) == []
        assert {name: leaks(data) for name, data in self.written() if leaks(data)} == {}


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def echoes(seen: Seen) -> str:
    """What a careless server shows in its errors."""
    return f"you sent {seen.headers} with the key {KEY}"


def test_a_run_leaves_no_trace_of_the_key(tmp_path: Path) -> None:
    def answer(seen: Seen) -> Answer:
        return (
            streamed(f"It was 5 t [1], and the key is {KEY}.") if seen.payload.get("stream") else said(GOOD)
        )

    with serving(answer) as server:
        run = Run(tmp_path, server.url)
        index = ["--index", str(tmp_path / "index")]
        assert run.mmrag("index", "docs", "--pipeline", "recipe.yaml", *index) == 0
        assert run.mmrag("ask", str(tmp_path / "index"), "What was the yield in 2020?", "--json") == 0
        assert run.mmrag("ask", str(tmp_path / "index"), "What was the yield in 2020?") == 0
        assert run.mmrag("info", str(tmp_path / "index"), "--files") == 0
        spec = f"openai:m@{server.url}"
        asking = ["--generate", "1", "--generator", spec, "--pipeline", "recipe.yaml", "--answers"]
        run.mmrag("bench", "docs", *asking, "--out", str(tmp_path / "bench"))
    assert {seen.headers["authorization"] for seen in server.seen} == {f"Bearer {KEY}"}
    assert b"the key is [key]" in run.said
    # What is looked at would show the key: the parser's title and environment are among it.
    assert any(b"mmrag.ingest.processes.worker" in title for title in run.shown)
    assert any(b"PYTHONPATH=" in child for child in run.shown)
    run.check()


@pytest.mark.parametrize("status", [400, 401, 500])
def test_no_error_shows_the_key(tmp_path: Path, status: int) -> None:
    def answer(seen: Seen) -> Answer:
        shown = error(status, echoes(seen), code="x")
        back = {"X-Your-Key": KEY, "Location": f"http://localhost:9/?key={KEY}", "Retry-After": "9999"}
        return Answer(shown.body, status, headers=back)

    with serving(answer) as server:
        run = Run(tmp_path, server.url)
        run.mmrag("index", "docs", "--pipeline", "recipe.yaml", "--index", str(tmp_path / "index"))
        if status == 400:  # any other picture, and any question, would fare no better else
            assert run.mmrag("ask", str(tmp_path / "index"), "What was the yield in 2020?") == 1
    assert server.seen
    assert b"answered %d" % status in run.said
    run.check()


@pytest.mark.parametrize(
    "spec",
    [
        f"openai:m@https://user:{KEY.replace('/', '')}@example.org/v1",
        f"openai:m@https://example.org/v1?api_key={KEY}",
        f"llama-index:llama_index.llms.x:Y?api_key={KEY}",
        f'llama-index:llama_index.llms.x:Y?default_headers={{"Authorization": "{KEY}"}}',
        f'llama-index:llama_index.llms.x:Y?client={{"inner": [{{"api-key": "{KEY}"}}]}}',
    ],
    ids=["in a password", "in a query", "as an argument", "in a header", "within an argument"],
)
@pytest.mark.parametrize("part", ["captioner", "generator"])
def test_a_recipe_that_holds_a_key_is_refused_and_not_kept(tmp_path: Path, spec: str, part: str) -> None:
    import mmrag

    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("The yield was 5 t in 2020.\n")
    data = {"strategies": ["caption"], "caption": {"encoders": ["tests.fakes:LetterEncoder"]}, "answer": {}}
    data["caption" if part == "captioner" else "answer"][part] = spec  # type: ignore[call-overload]
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(MmragError) as caught:
        mmrag.build(tmp_path / "docs", tmp_path / "index", pipeline=load_recipe(tmp_path / "recipe.yaml"))
    secret = KEY.replace("/", "") if "user:" in spec else KEY
    assert secret not in str(caught.value)
    kept = (path.read_bytes() for path in (tmp_path / "index").rglob("*") if path.is_file())
    assert not any(secret.encode() in data for data in kept)
