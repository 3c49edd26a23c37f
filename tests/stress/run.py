"""One index run, as a process to be killed: ``python -m tests.stress.run FOLDER INDEX``.

Pure models, real files and parsers, short ranges of pages. It exits as ``mmrag index`` does.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

import mmrag.api.builder
import mmrag.api.taking
from mmrag.cli import failing
from mmrag.config import CaptionOptions, IngestOptions, Recipe, VisualOptions
from mmrag.ingest.processes.pool import ParserPool
from mmrag.types import Progress

RANGE = 5
"""Pages of a range, so that a short book is a long document."""

FAKES = Recipe(
    name="fake",
    strategies=("caption", "visual"),
    ingest=IngestOptions(workers=1, ocr="never", layout="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)),
)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--break-at", type=int, default=0, help="from which of Python's renames on ...")
    parser.add_argument("--pause", action="store_true", help="wait for a line before, and once it may write")
    parser.add_argument("--by", default="KILL", help="... it is killed, or they fail: ENOSPC or EIO")
    chosen = parser.parse_args()
    if chosen.break_at:
        _break(chosen.break_at, chosen.by)
    if chosen.pause:
        sys.stdin.readline()
    begin = time.monotonic()
    code = failing.run(
        lambda: mmrag.build(
            chosen.folder,
            chosen.index,
            pipeline=FAKES,
            rebuild=chosen.rebuild,
            progress=_pause if chosen.pause else None,
        ).close()
    )
    print(time.monotonic() - begin)
    return code


def _pause(now: Progress) -> None:
    if now.stage == "scan":
        print("writing", flush=True)
        sys.stdin.readline()


def _break(at: int, by: str) -> None:
    """What strace and a small disk do to every call, done to the renames that Python itself makes."""
    numbers = count(1)

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event != "os.rename" or next(numbers) < at:
            return
        if by == "KILL":
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, by)
        raise OSError(number, os.strerror(number))

    sys.addaudithook(hook)


if __name__ == "__main__":
    pool = partial(ParserPool, ingestors="tests.stress.short_ranges:ingestors")
    vars(mmrag.api.builder)["ParserPool"] = pool
    vars(mmrag.api.taking)["PAGES_A_RANGE"] = RANGE
    sys.exit(main())
