"""What Python's audit hooks (PEP 578) see of a whole run over the example documents with the mini models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.security.audit_run import KINDS
from tests.security.watching import ROOT, Watched, run

WORKER = "mmrag.ingest.processes.worker"
MAKING_CODE = {
    # The standard library makes classes of texts, and reads annotations and headers of arrays as literals.
    "/typing.py",
    "/ast.py",
    "dataclasses.py",
    "collections/__init__.py",
    "enum.py",
    # Libraries that do the same.
    "typing_extensions.py",
    "numpy/",
    "sympy/",
    "attr/",
    "pydantic/",
    "rapidocr/",
    "omegaconf/",
    "antlr4/",
}
"""Who may compile and run code that is in no file."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Watched, Path]:
    folder = tmp_path_factory.mktemp("audited")
    (folder / "home").mkdir()
    environment = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "home")}
    return run(["-m", "tests.security.audit_run", folder], folder, environment=environment), folder


def test_it_is_the_whole_way(seen: tuple[Watched, Path]) -> None:
    watched, folder = seen
    assert (folder / "page.png").is_file()
    assert {str(folder / "docs" / name) for name in KINDS} <= watched.opened
    assert len({event.process for event in watched.events}) >= 2


def test_nothing_is_unpickled(seen: tuple[Watched, Path]) -> None:
    assert seen[0].of("pickle.find_class", "marshal.loads") == []


def test_no_code_is_made_of_texts_but_by_libraries_that_make_classes(seen: tuple[Watched, Path]) -> None:
    made = {event.caller for event in seen[0].of("exec", "compile")}
    assert not any(caller.startswith(str(ROOT / "mmrag")) for caller in made)
    assert {caller for caller in made if not any(place in caller for place in MAKING_CODE)} == set()


def test_nothing_is_asked_of_a_network(seen: tuple[Watched, Path]) -> None:
    assert seen[0].connections == []
    assert seen[0].of("socket.bind", "webbrowser.open") == []


def test_no_program_is_started_but_the_parsers(seen: tuple[Watched, Path]) -> None:
    started = seen[0].started
    assert started
    assert [words for words in started if words[0] != sys.executable or WORKER not in words] == []
    assert seen[0].of("os.fork", "os.system", "os.exec", "os.spawn") == []


def test_nothing_is_written_but_the_index(seen: tuple[Watched, Path]) -> None:
    watched, folder = seen
    allowed = (str(folder), "/dev/", "/proc/")
    written = {path for path in watched.written if path.startswith("/") and not path.startswith(allowed)}
    # Python's own caches of compiled modules.
    assert {path for path in written if "__pycache__" not in path} == set()
    assert [path for path in (folder / "home").rglob("*") if path.is_file()] == []
    assert sorted(path.name for path in folder.iterdir()) == ["docs", "home", "index", "page.png"]
