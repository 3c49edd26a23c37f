"""The layouts of ViDoRe, and others in parquet files: pages are pictures, sometimes texts.

Version 1 (Faysse et al. 2024, "ColPali") has each question with its page in one row. Versions 2 and 3 (Macé,
Loison & Faysse 2025; 2026) have tables of pages, questions and judgements, as BEIR has; version 3 also knows
the document of a page and boxes, in pixels.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mmrag.benchmark.datasets.boxes import CUT, fault_of_box
from mmrag.benchmark.datasets.converted import converted, file_name, language_code
from mmrag.benchmark.datasets.reading import Faults, Line
from mmrag.benchmark.datasets.tables import (
    CORPUS,
    PAIRS,
    QRELS,
    QUERIES,
    Record,
    columns_of,
    records,
    sorted_tables,
)
from mmrag.benchmark.statistics import PAGES
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.text.script import language
from mmrag.types import BBox

_KINDS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp"}


def parquet_files(place: Path) -> list[Path]:
    """The parquet files at a place, which may be one itself."""
    if place.is_file():
        return [place] if place.suffix == ".parquet" else []
    return sorted(path for path in place.rglob("*.parquet") if path.is_file())


def load_parquet(place: Path, cache: Path, faults: Faults, name: str = "") -> Dataset:
    """The dataset in the parquet files at ``place``.

    Args:
        place: a file or a folder.
        cache: where pages are written out.
        faults: is given what is doubtful.
        name: of the dataset, that of the place by default.

    Raises:
        MissingExtraError: if pyarrow is not installed.
        DatasetError: naming every row that is wrong.
        UsageError: if the tables of a dataset are not among them.
    """
    files = parquet_files(place)
    tables = sorted_tables(files)
    name = name or place.resolve().stem
    if PAIRS in tables:
        return converted(name, tables[PAIRS], partial(_write_pairs, tables[PAIRS], faults), cache, faults)
    missing = [table for table in (CORPUS, QUERIES, QRELS) if table not in tables]
    if missing:
        raise UsageError(
            f"{place} is no dataset: wanted a table with columns query and image, or the tables {CORPUS} "
            f"(corpus-id, image or text), {QUERIES} (query-id, query) and {QRELS} (query-id, corpus-id, "
            f"score); there is no {' and no '.join(missing)}: {columns_of(files)}"
        )
    sources = [path for table in (CORPUS, QUERIES, QRELS) for path in tables[table]]
    return converted(name, sources, partial(_write_tables, tables, faults), cache, faults)


def _write_pairs(paths: list[Path], faults: Faults, corpus: Path) -> Iterator[Question]:
    written: dict[str, str] = {}
    for number, record in enumerate(records(paths, faults), 1):
        key = str(record.get("image_filename") or number)
        if key not in written:
            written[key] = _write_picture(corpus, file_name(Path(key).stem or key), record)
        text = record.get("query")
        if text:
            answers = _texts(record.get("answer"))
            code = language_code(str(record.get("language") or language(text)))
            yield Question(str(number), str(text), (Gold(written[key], 1),), code, "", answers)


def _write_tables(tables: dict[str, list[Path]], faults: Faults, corpus: Path) -> Iterator[Question]:
    pages: dict[str, str] = {}
    for record in records(tables[CORPUS], faults):
        key = record.key("corpus")
        if key in pages:
            record.wrong(f"there is a page {key!r} before")
        elif key:
            written = _write_page(corpus, key, record)
            pages[key] = "" if record.wrongs else written
    golds: dict[str, dict[str, Gold]] = {}
    first: dict[str, str] = {}
    for record in records(tables[QRELS], faults):
        query, gold = record.key("query"), _gold(corpus, pages, record)
        if gold is not None and gold.grade > 0:
            first.setdefault(query, record.place)
            golds.setdefault(query, {})[gold.file] = gold
    asked: set[str] = set()
    for record in records(tables[QUERIES], faults):
        query = record.key("query")
        if query in asked:
            record.wrong(f"there is a query {query!r} before")
        asked |= {query}
        if query in golds:
            yield _question(record, tuple(golds[query].values()))
    for query in (query for query in first if query not in asked):
        faults.errors.append(f"{first[query]}: the query {query!r} is not among the queries")


def _write_page(corpus: Path, key: str, record: Record) -> str:
    """Write one page; its path. Pages of one document go into one folder."""
    name, document = file_name(key), record.get("document")
    if record.get("image") is None:
        parts = (record.get("title"), record.get("text"))
        (corpus / f"{name}.txt").write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
        return f"{name}.txt"
    if document is None:
        return _write_picture(corpus, name, record)
    number = record.get("page_number_in_doc")
    name = name if number is None else f"{int(number) + 1:04}"  # there they count from 0
    folder = f"{file_name(str(document))}{PAGES}"
    (corpus / folder).mkdir(exist_ok=True)
    if any((corpus / folder / f"{name}{ending}").exists() for ending in _KINDS.values()):
        record.wrong(f"there is a page {name} of {document} before")
    return _write_picture(corpus, f"{folder}/{name}", record)


def _write_picture(corpus: Path, name: str, record: Record) -> str:
    """Write a page's picture, as it is where every viewer shows it; its path. Noted where there is none."""
    image = record.get("image")
    data = image.get("bytes") if isinstance(image, dict) else image
    if not isinstance(data, bytes):
        record.wrong(f"the page has no picture in it, only {type(data).__name__}")
        return name
    ending = next((kind for start, kind in _KINDS.items() if data.startswith(start)), "")
    if not ending:
        data, ending = _as_png(data, record), ".png"
    (corpus / f"{name}{ending}").write_bytes(data)
    return f"{name}{ending}"


def _as_png(data: bytes, row: Line) -> bytes:
    from PIL import Image

    from mmrag.pictures import FORMATS

    buffer = io.BytesIO()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.convert("RGB").save(buffer, "PNG")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        row.wrong(f"the page's picture can't be read: {error}")
    return buffer.getvalue()


def _gold(corpus: Path, pages: dict[str, str], record: Record) -> Gold | None:
    key, grade = record.key("corpus"), record.get("score")
    if key and key not in pages:
        record.wrong(f"there is no page {key!r} in the corpus")
    if not isinstance(grade, int | float):
        record.wrong(f"a grade is a number, found {grade!r}")
    file = pages.get(key, "")
    if record.wrongs or not file:
        return None
    if file.endswith(".txt"):
        return Gold(file, 0, int(grade))
    return Gold(file, 1, int(grade), _boxes(corpus / file, record))


def _boxes(picture: Path, record: Record) -> tuple[BBox, ...]:
    """Boxes in pixels of the page's picture. Others have drawn them: what is off the page is left out."""
    found: list[Any] = [
        [box.get(name) for name in ("x1", "y1", "x2", "y2")]
        for box in record.get("bounding_boxes") or ()
        if isinstance(box, dict)
    ]
    if not found:
        return ()
    from PIL import Image

    from mmrag.pictures import FORMATS

    with Image.open(picture, formats=FORMATS) as opened:
        size = opened.size
    boxes = []
    for corners in found:
        fault = fault_of_box(corners, size)
        if fault:
            record.doubtful(f"the box {corners} {fault}" + ("" if fault == CUT else "; it is left out"))
        if not fault or fault == CUT:
            x0, y0, x1, y1 = corners
            boxes.append(BBox.from_points(x0, y0, x1, y1, *size))
    return tuple(boxes)


def _question(record: Record, gold: tuple[Gold, ...]) -> Question:
    text = str(record.get("asks") or "")
    kinds = _texts(record.get("content_type"))
    return Question(
        record.key("query"),
        text,
        gold,
        language_code(str(record.get("language") or language(text))),
        "" if not kinds else kinds[0].lower() if len(kinds) == 1 else "mixed",
        tuple(dict.fromkeys((*_texts(record.get("answer")), *_texts(record.get("raw_answers"))))),
    )


def _texts(value: Any) -> tuple[str, ...]:
    """A column that holds a text, several, or nothing."""
    found = value if isinstance(value, list) else [value]
    return tuple(text.strip() for text in found if isinstance(text, str) and text.strip())
