"""An index run that watches its memory: ``python -m tests.stress.huge FOLDER INDEX [STOP_AT]``.

Kills itself when page STOP_AT has been read. Prints how many pages it read, and by how many MB all of its
processes together have grown since the first of them.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pymupdf

import mmrag
from mmrag.types import Progress
from tests.stress.run import FAKES
from tests.stress.runs import WORDS

_MB = 1 << 20


def make_pdf(path: Path, pages: int, lines: int) -> None:
    """A document with sections over several pages, running heads, and so many lines a page."""
    draw = random.Random(1)
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            page = document.new_page()
            page.insert_text((72, 40), f"Chapter {number // 40}", fontsize=9)
            page.insert_text((290, 810), str(number), fontsize=9)
            if number % 8 == 1:
                page.insert_text((72, 80), f"{number // 8 + 1} Section of page {number}", fontsize=16)
            page.insert_text(
                (72, 120), [" ".join(draw.choices(WORDS, k=14)) for _ in range(lines)], fontsize=9
            )
        document.save(path)


class Watch:
    """Follows a run's progress.

    Attributes:
        pages: read by this run.
        first, most: bytes of all processes after its first page, and at most.
    """

    def __init__(self, stop_at: int) -> None:
        self.pages, self.first, self.most = 0, 0, 0
        self._stop_at = stop_at

    def __call__(self, now: Progress) -> None:
        if now.stage == "read" and now.pages_done < now.pages_total:
            self.pages += 1
            if now.pages_done == self._stop_at:
                os.kill(os.getpid(), signal.SIGKILL)
        if self.pages % 10 == 1 or now.stage == "write":
            used = sum(_resident(pid) for pid in (os.getpid(), *_children()))
            self.first = self.first or used
            self.most = max(self.most, used)


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    watch = Watch(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    recipe = replace(FAKES, ingest=replace(FAKES.ingest, layout="auto"))
    mmrag.build(sys.argv[1], sys.argv[2], pipeline=recipe, progress=watch).close()
    watch(Progress("write", "", 0, 0, 0, 0))
    print(watch.pages + 1, round((watch.most - watch.first) / _MB))


if __name__ == "__main__":
    main()
