"""Ingestors that fail in every way that a parser can. A file says page by page what happens.

Lines of the file: ``page TEXT``, ``asset BYTES``, ``hang``, ``sleep SECONDS``, ``abort``, ``exit``, ``hog``,
``raise``, ``damaged``, ``print``, ``broken PAGE-ERROR``. A first line ``open WHAT`` does it at opening.
"""

import ctypes
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError
from mmrag.types import Asset, BBox, Document, Element, Kind, Page, ParsedPage, element_id

MEDIA_TYPE = "text/x-script"
RESUMABLE = "text/x-resumable-script"


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


def _page(document: str, number: int, what: str, argument: str) -> ParsedPage:
    page = Page(document, number, 100.0, 200.0, 90, "xii")
    box = BBox(0.1, 0.2, 0.3, 0.4)
    if what == "asset":
        picture = Asset(hashlib.sha256(b"x").hexdigest(), "image/png", 1, 1, b"x" * int(argument))
        return ParsedPage(page, (), (picture,))
    if what == "broken":
        return ParsedPage(page, (), error=argument)
    text = os.environ.get(argument, "hidden") if what == "environment" else argument
    element = Element(
        element_id(document, number, Kind.TEXT, box, text),
        document,
        number,
        Kind.TEXT,
        box,
        text,
        section=("A", "B"),
        metadata={"level": 1},
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
        self, document: Document, steps: list[tuple[str, str, str]], after: int
    ) -> Iterator[ParsedPage]:
        for number, (what, _, argument) in enumerate(steps[after:], after + 1):
            _misbehave(what, argument)
            if what in ("asset", "broken", "environment"):
                yield _page(document.id, number, what, argument)
            else:
                yield _page(document.id, number, "page", argument)


class ResumableScriptIngestor(ScriptIngestor):
    media_types = frozenset({RESUMABLE})

    def resume(
        self, path: Path, name: str, options: IngestOptions, password: str | None, after: int
    ) -> tuple[Document, Iterator[ParsedPage]]:
        document, _ = self.open(path, name, options, password)
        steps = [line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines()]
        return document, self._pages(document, steps, after)


def ingestors() -> dict[str, ScriptIngestor]:
    return {MEDIA_TYPE: ScriptIngestor(), RESUMABLE: ResumableScriptIngestor()}
