"""Ingestors that fail in every way that a parser can. A file says page by page what happens.

Lines of the file: ``page TEXT``, ``asset BYTES``, ``hang``, ``sleep SECONDS``, ``abort``, ``exit``, ``hog``,
``raise``, ``damaged``, ``print``, ``broken PAGE-ERROR``, ``level NUMBER``.
A first line ``open WHAT`` does it at opening.
"""

import ctypes
import hashlib
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Container, Iterator
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError
from mmrag.ingest.place import announce
from mmrag.types import Asset, BBox, Document, Element, Kind, Page, ParsedPage, element_id

MEDIA_TYPE = "text/x-script"
RESUMABLE = "text/x-resumable-script"
TWICE = "text/x-script-for-two"


def _misbehave(what: str, argument: str) -> None:
    match what:
        case "hang":
            while True:
                time.sleep(60)
        case "deaf":
            # Holds the interpreter's lock: only a kill from outside ends it.
            ctypes.PyDLL(None).sleep(60)
        case "sleep":
            time.sleep(float(argument))
        case "abort":
            os.abort()
        case "exit":
            os._exit(3)
        case "hog":
            bytearray(1 << 40)
        case "raise":
            raise ValueError("the parser\nlost its way")
        case "damaged":
            raise DamagedError("this file is broken")
        case "print":
            print("noise")
            print("noise", file=sys.stderr)
            os.write(1, b"noise")


def _confined(what: str) -> str:
    """What comes of reaching for the network or the disk."""
    try:
        if what == "core":
            return str(resource.getrlimit(resource.RLIMIT_CORE))
        if what == "disk":
            with tempfile.TemporaryFile() as file:
                os.truncate(file.fileno(), 10**9)
        elif what == "program":
            code = "import socket; socket.socket()"
            return str(subprocess.run([sys.executable, "-c", code], capture_output=True).returncode)
        else:
            socket.socket(getattr(socket, what))
    except OSError as error:
        return type(error).__name__
    return "open"


def _page(document: str, number: int, what: str, argument: str) -> ParsedPage:
    page = Page(document, number, 100.0, 200.0, 90, "xii")
    box = BBox(0.1, 0.2, 0.3, 0.4)
    if what == "asset":
        picture = Asset(hashlib.sha256(b"x").hexdigest(), "image/png", 1, 1, b"x" * int(argument))
        return ParsedPage(page, (), (picture,))
    if what == "broken":
        return ParsedPage(page, (), error=argument)
    if what == "environment":
        text = os.environ.get(argument, "hidden")
    else:
        text = _confined(argument) if what == "confined" else argument
    element = Element(
        element_id(document, number, Kind.TEXT, box, text),
        document,
        number,
        Kind.TEXT,
        box,
        text,
        section=("A", "B"),
        metadata={"level": float(argument) if what == "level" else 1},
    )
    return ParsedPage(page, (element,))


class ScriptIngestor:
    media_types = frozenset({MEDIA_TYPE})
    version = "script-1"

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        steps = [line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()]
        if steps and steps[0][0] == "open":
            what, _, argument = steps.pop(0)[2].partition(" ")
            _misbehave(what, argument)
        document = Document(
            "d" * 64, name, MEDIA_TYPE, password or "", len(steps), True, {"pid": os.getpid()}
        )
        return document, self._pages(document, steps, 0)

    def _pages(
        self,
        document: Document,
        steps: list[tuple[str, str, str]],
        after: int,
        skip: Container[int] = (),
    ) -> Iterator[ParsedPage]:
        for number, (what, _, argument) in enumerate(steps[after:], after + 1):
            if number in skip:
                continue
            _misbehave(what, argument)
            if what in ("asset", "broken", "environment", "confined", "level"):
                yield _page(document.id, number, what, argument)
            else:
                yield _page(document.id, number, "page", argument)


class ResumableScriptIngestor(ScriptIngestor):
    media_types = frozenset({RESUMABLE})

    def resume(
        self,
        path: Path,
        name: str,
        options: IngestOptions,
        password: str | None,
        after: int,
        resume: str = "",
        skip: Container[int] = (),
    ) -> tuple[Document, Iterator[ParsedPage]]:
        document, _ = self.open(path, name, options, password)
        steps = [line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()]
        return document, self._pages(document, steps, after, skip)


class SecondEngine(ResumableScriptIngestor):
    """Survives what only the first engine trips over: steps that begin with "first"."""

    engine = "Rescue"
    second = None

    def _pages(
        self,
        document: Document,
        steps: list[tuple[str, str, str]],
        after: int,
        skip: Container[int] = (),
    ) -> Iterator[ParsedPage]:
        for number, (what, _, argument) in enumerate(steps[after:], after + 1):
            if number not in skip:
                if what != "first":
                    _misbehave(what, argument)
                yield _page(document.id, number, "page", f"rescued {argument}")


class FirstEngine(ResumableScriptIngestor):
    """Reads two pages ahead, as the reader of PDFs does."""

    media_types = frozenset({TWICE})
    engine = "Script"
    second = SecondEngine()

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        text = path.read_text(encoding="utf-8")
        if text.startswith("first open"):
            _misbehave(*text.splitlines()[0].split()[2:], "")
        return super().open(path, name, options, password)

    def _pages(
        self,
        document: Document,
        steps: list[tuple[str, str, str]],
        after: int,
        skip: Container[int] = (),
    ) -> Iterator[ParsedPage]:
        ahead: list[ParsedPage] = []
        for number, (what, _, argument) in enumerate(steps[after:], after + 1):
            if number in skip:
                continue
            announce(number)
            _misbehave(*argument.split(), "") if what == "first" else _misbehave(what, argument)
            ahead.append(_page(document.id, number, "broken" if what == "broken" else "page", argument))
            if len(ahead) > 2:
                yield ahead.pop(0)
        yield from ahead


def ingestors() -> dict[str, ScriptIngestor]:
    return {MEDIA_TYPE: ScriptIngestor(), RESUMABLE: ResumableScriptIngestor(), TWICE: FirstEngine()}
