"""Makes the documents in ``examples/docs``, the same bytes every time.

    python examples/make_docs.py [FOLDER]

Needs pymupdf and pillow only. Everything in the folder is invented.
"""

from __future__ import annotations

import sys
from pathlib import Path

from making import bicycles, guide, photo, scan, station, web

HERE = Path(__file__).resolve().parent


def make_docs(folder: Path) -> None:
    """Writes all documents into ``folder``."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    station.make(folder / "tidal-station-report-2025.pdf")
    bicycles.make(folder / "bicycle-share-review-2025.pdf")
    guide.make(folder / "residents-guide-zh.pdf")
    scan.make(folder / "gate-inspection-2019-scan.pdf")
    web.make(folder)
    (folder / "basin-notice-board.jpg").write_bytes(photo.jpeg(photo.notice_board()))


if __name__ == "__main__":
    make_docs(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "docs")
