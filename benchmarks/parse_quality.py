"""How well the PDF ingestor finds the figures and tables that people asked about.

    python benchmarks/parse_quality.py DEVSET [DOCUMENT …] [--overlays FOLDER]

DEVSET holds ``corpus/*.pdf`` and ``queries.jsonl`` with the boxes of the figures and tables that answer
the questions, in PDF points. Prints, over those boxes, how many an element covers, and per document the
number of elements of each kind and pages a second. ``--overlays`` writes each page with its elements drawn.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import Counter
from pathlib import Path

import pymupdf

from mmrag.config import IngestOptions
from mmrag.ingest.pdf import PdfIngestor
from mmrag.ingest.pdf.render import render_page
from mmrag.types import BBox, Element, Kind, ParsedPage

COLOURS = {
    Kind.TEXT: "green",
    Kind.HEADING: "magenta",
    Kind.TABLE: "blue",
    Kind.FIGURE: "red",
    Kind.FORMULA: "purple",
    Kind.PAGE: "gray",
}
Found = dict[tuple[str, int], ParsedPage]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("devset", type=Path)
    arguments.add_argument("documents", nargs="*")
    arguments.add_argument("--layout", default="auto")
    arguments.add_argument("--ocr", default="auto")
    arguments.add_argument("--overlays", type=Path)
    options = arguments.parse_args()
    print(f"python {platform.python_version()}, pymupdf {pymupdf.__version__}, {platform.machine()}")
    found: Found = {}
    for path in sorted((options.devset / "corpus").glob("*.pdf")):
        if not options.documents or path.stem in options.documents:
            found.update(read(path, IngestOptions(layout=options.layout, ocr=options.ocr)))
            if options.overlays:
                draw(path, found, options.overlays)
    report(options.devset / "queries.jsonl", found)


def read(path: Path, options: IngestOptions) -> Found:
    start = time.perf_counter()
    _, pages = PdfIngestor().open(path, path.name, options)
    parsed = {(path.name, page.page.number): page for page in pages}
    seconds = time.perf_counter() - start
    kinds = Counter(element.kind.value for page in parsed.values() for element in page.elements)
    captioned = sum(bool(e.caption) for page in parsed.values() for e in page.elements)
    errors = [page.error for page in parsed.values() if page.error]
    print(
        f"{path.name:34} {len(parsed):4} pages {len(parsed) / seconds:6.1f} pages/s  "
        + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        + f", captioned {captioned}"
        + "".join(f"\n    {error}" for error in errors)
    )
    return parsed


def report(queries: Path, found: Found) -> None:
    rows = []
    for line in queries.read_text(encoding="utf-8").splitlines():
        query = json.loads(line)
        for place in query["bbox"]:
            page = found.get((query["doc"], place["page"]))
            if page is not None:
                rows.append((query, place, *best(page, place["bbox"])))
    for query, place, iou, cover, element in rows:
        flag = " " if iou >= 0.5 else ("~" if cover >= 0.8 else "!")
        kind = element.kind if element else "-"
        where = f"{query['id']} {query['kind']:6} {query['doc']} p{place['page']}"
        print(f"{flag} {where} IoU {iou:.2f} cover {cover:.2f} {kind}")
    for kind in ("figure", "table"):
        of_kind = [row for row in rows if row[0]["kind"] == kind]
        if of_kind:
            by_iou = sum(row[2] >= 0.5 for row in of_kind) / len(of_kind)
            covered = sum(row[3] >= 0.8 for row in of_kind) / len(of_kind)
            print(
                f"{kind}: {len(of_kind)} boxes, IoU >= 0.5 for {by_iou:.0%}, covered (>= 80 %) {covered:.0%}"
            )


def best(page: ParsedPage, box: list[float]) -> tuple[float, float, Element | None]:
    """IoU and share covered of the element that fits the box best."""
    width, height = page.page.width or 1.0, page.page.height or 1.0
    gold = BBox.from_points(*box, width, height)
    fitting = [e for e in page.elements if e.kind in (Kind.FIGURE, Kind.TABLE) and e.bbox is not None]
    scored = [(e.bbox.iou(gold), e.bbox.overlap(gold) / gold.area, e) for e in fitting if e.bbox]
    if not scored:
        return 0.0, 0.0, None
    return max(scored, key=lambda item: (item[0], item[1]))


def draw(path: Path, found: Found, folder: Path) -> None:
    from PIL import ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    for (name, number), page in found.items():
        if name != path.name:
            continue
        picture = render_page(path, number, dpi=72)
        pen = ImageDraw.Draw(picture)
        for element in page.elements:
            if element.bbox and element.kind is not Kind.PAGE:
                box = element.bbox.to_points(*picture.size)
                pen.rectangle(box, outline=COLOURS[element.kind], width=2)
                label = f"{element.order}" + (f" {element.caption[:40]}" if element.caption else "")
                pen.text(
                    (box[0] + 2, box[1] - 10), label.encode("ascii", "replace"), fill=COLOURS[element.kind]
                )
        picture.save(folder / f"{path.stem}-{number:03}.png")


if __name__ == "__main__":
    main()
