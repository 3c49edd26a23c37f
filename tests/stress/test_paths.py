"""Documents that reach for other files, other machines and other programs: nobody gets out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.security.watching import Watched, run
from tests.stress.hostile import CASES, Place, make_corpus
from tests.stress.table import Trials
from tests.stress.tampered_run import ASSET, SECRET

ROW = pytest.mark.row(
    "archive and asset paths (zip slip), SSRF under a namespace without network",
    "0 escapes, 0 connections but the endpoint",
)
LIGHT = """
strategies: [caption]
caption: {captioner: "tests.fakes:SizeCaptioner", encoders: ["tests.fakes:LetterEncoder"]}
ingest: {ocr: never, layout: never}
"""
WHOLE = "strategies: [joint, caption, visual]\n"
WORKER = "mmrag.ingest.processes.worker"


def snapshot(folder: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def indexed(scratch: Path, names: list[str], recipe: str, traced: bool) -> tuple[Watched, dict[str, Any]]:
    """The documents of these cases, indexed and asked while somebody watches."""
    corpus, outside = scratch / "corpus", scratch / "outside"
    make_corpus(corpus, outside, names)
    (scratch / "recipe.yaml").write_text(recipe)
    (scratch / "home").mkdir()
    secret = Place(corpus, outside, "question").picture
    before = snapshot(outside), snapshot(corpus)
    watched = run(
        ["-m", "tests.stress.hostile_run", corpus, scratch / "index" / "x", scratch / "recipe.yaml", secret],
        scratch,
        traced=traced,
        environment={"HOME": str(scratch / "home"), "MMRAG_OFFLINE": "1"},
    )
    assert (snapshot(outside), snapshot(corpus)) == before
    return watched, json.loads(watched.output.splitlines()[-1])


def escapes(watched: Watched, outside: Path) -> list[str]:
    """What was opened or changed where nobody has any business."""
    touched = {path for path in watched.opened | watched.written if path.startswith(str(outside))}
    programs = [words for words in watched.started if WORKER not in words]
    return [*sorted(touched), *map(str, programs), *map(str, watched.of("pickle.find_class"))]


@ROW
def test_no_document_gets_out(trials: Trials, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    counts = request.config.getoption("--trials")
    wanted = trials(smoke=6, ci=40, stress=len(CASES))
    step = len(CASES) / len(wanted)
    names = [list(CASES)[int(number * step)] for number in wanted]
    traced = counts != "smoke"
    watched, told = indexed(tmp_path, names, WHOLE if traced else LIGHT, traced)
    # What is allowed is seen: so would be what is not.
    assert str(tmp_path / "corpus/control/inside.png") in watched.opened
    assert any(WORKER in words for words in watched.started)
    assert watched.connections == []
    assert escapes(watched, tmp_path / "outside") == []
    assert not any("SECRET" in text for text in told["texts"] + told["answers"])
    assert not any(b"SECRET" in data for data in snapshot(tmp_path / "index").values())
    assert told["files"]["control/document.html"] == ["indexed", ""]
    for name in names:
        assert any(path.startswith((f"{name}/", "*")) for path in told["files"]), name
        trials.held()
    places = f"{len(watched.events):,} events of Python"
    trials.note(places + (f", {len(watched.calls):,} system calls" if traced else ""))


@ROW
def test_no_name_in_an_index_or_a_dataset_leads_out(
    trials: Trials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    traced = request.config.getoption("--trials") != "smoke"
    corpus, outside = tmp_path / "corpus", tmp_path / "outside"
    make_corpus(corpus, outside, [])
    (outside / f"{ASSET}.png").write_bytes(SECRET)
    (tmp_path / "recipe.yaml").write_text(LIGHT)
    before = snapshot(outside)
    watched = run(["-m", "tests.stress.tampered_run", tmp_path], tmp_path, traced=traced)
    told = json.loads(watched.output.splitlines()[-1])
    trials.made(len(told))
    assert snapshot(outside) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [
            "cache",
            "corpus",
            "datasets",
            "indexes",
            "outside",
            "recipe.yaml",
            *(["strace.txt"] if traced else []),
        ]
    )
    assert watched.connections == []
    assert escapes(watched, outside) == []
    for name, said in told.items():
        assert "Traceback" not in said, name
        trials.held()
    assert "outside the indexed folder" in told["document up"] + told["document absolute"]
    assert "names a picture" in told["asset up"]
    assert "names a picture" in told["asset absolute"]
