"""``python -m tests.security.audit_run FOLDER``: indexes example documents into FOLDER, searches and asks."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import mmrag
from tests.conftest import EXAMPLES

KINDS = (
    "basin-notice-board.jpg",
    "residents-guide-zh.pdf",
    "tide-day-news.html",
    "turbine-workshop-notes.md",
)


def main(folder: Path) -> None:
    (folder / "docs").mkdir()
    for name in KINDS:
        shutil.copy(EXAMPLES / "docs" / name, folder / "docs")
    with mmrag.build(folder / "docs", folder / "index") as index:
        print(len(index.search("How high is the tide?", 3)))
        print(index.ask("How many bicycles are shared?").text)
        index.page_picture("residents-guide-zh.pdf", 1, heat="潮汐").save(folder / "page.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
