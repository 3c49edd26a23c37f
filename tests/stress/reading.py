"""One index run over hostile documents, as a process: ``python -m tests.stress.reading FOLDER INDEX``.

Real parsers, pure models. Prints what became of each file, and the largest parser, as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mmrag
from mmrag.types import to_dict
from tests.stress.run import FAKES

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run said.

    Attributes:
        files: status, reason and seconds by path.
        peak: bytes that the largest parser had in memory.
        work: seconds of processor time that all parsers had.
    """

    files: dict[str, dict[str, Any]]
    peak: int
    work: float

    def status(self, path: str) -> str:
        """Of the file at this path."""
        return str(self.files[path]["status"])


def read(folder: Path, index: Path, page_seconds: float, *options: str, ocr: str = "never") -> Outcome:
    """Index ``folder``; a run that dies is a failure of the test that asks for it."""
    command = [sys.executable, "-m", "tests.stress.reading", str(folder), str(index)]
    done = subprocess.run(
        [*command, "--page-seconds", str(page_seconds), "--ocr", ocr, *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"the run died: {done.returncode} {done.stderr[-2000:]}"
    said = json.loads(done.stdout)
    return Outcome({file["path"]: file for file in said["files"]}, said["peak"], said["work"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--page-seconds", type=float, required=True)
    parser.add_argument("--ocr", required=True)
    parser.add_argument("--layout", default="never")
    chosen = parser.parse_args()
    ingest = replace(
        FAKES.ingest, workers=2, page_seconds=chosen.page_seconds, ocr=chosen.ocr, layout=chosen.layout
    )
    password = os.environ.get("MMRAG_PASSWORD")
    recipe = replace(FAKES, ingest=ingest)
    with mmrag.build(chosen.folder, chosen.index, pipeline=recipe, password=password) as built:
        assert built.report is not None
        # Kilobytes; of the children that have ended, that is of all parsers.
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        measured = {"peak": used.ru_maxrss * 1024, "work": used.ru_utime + used.ru_stime}
        print(json.dumps({"files": to_dict(built.report.files), **measured}))


if __name__ == "__main__":
    main()
