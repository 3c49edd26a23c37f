"""A copy of an index in which the questions' own captions and headings can't be found.

The words are taken out wherever they stand by themselves in their document: as caption, as heading, in the
section paths of what is under it, in lists of figures and tables of contents, among the lines of a page, and
from the pictures of pages that a visual encoder looks at. A sentence that happens to hold them stays.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from mmrag.api.blanking import blanked, keep_blanked
from mmrag.api.fulltext import element_text, page_text
from mmrag.api.laying import StoredPage, stored_pages
from mmrag.benchmark.datasets.wording import Hidden, title_of, without_label, without_number
from mmrag.benchmark.values import Dataset
from mmrag.errors import UsageError
from mmrag.index.reader import Reader
from mmrag.index.sealing.seal import DATABASE
from mmrag.index.store import create
from mmrag.index.writer import Writer
from mmrag.ingest.raster import encode
from mmrag.pictures import FORMATS
from mmrag.types import BBox, Element, Kind, Line

_FOUND_BY_VIEWS = ("description", "description_error", "label")


@dataclass(frozen=True, slots=True)
class _Stripped:
    """A page without the hidden words: what is left, and where they stood."""

    lines: tuple[Line, ...]
    elements: Mapping[int, Element]
    boxes: tuple[BBox, ...]


def hidden_copy(index_folder: Path, dataset: Dataset, to_folder: Path) -> None:
    """Copy what was parsed, without views, and take out what the questions of ``dataset`` hide.

    Views are laid over the copy as over any index. It is of the same documents, which are not touched.

    Args:
        index_folder: the index that the questions were made from.
        dataset: of `self_questions`; a question hides the elements that it names.
        to_folder: where the copy goes; it must not exist.

    Raises:
        UsageError: if there is something, or the index lacks an element that a question names.
        NotAnIndexError, SchemaError, CorruptError: if the index can't be read.
    """
    if to_folder.exists():
        raise UsageError(f"there is something at {to_folder}: choose another place for the copy")
    Reader(index_folder).close()
    try:
        create(to_folder)
        if (index_folder / "assets").is_dir():
            shutil.copytree(index_folder / "assets", to_folder / "assets", copy_function=_link)
        with closing(Writer(to_folder)) as writer:
            writer.connection.execute("ATTACH DATABASE ? AS source", (str(index_folder / DATABASE),))
            with writer.writing():
                _copy(writer)
                hidden = _hidden(writer, dataset)
                for row, document in writer.documents().items():
                    boxes = _strip_document(writer, row, Hidden(hidden.get(document.id, ())))
                    keep_blanked(writer, document.path, boxes)
    except BaseException:
        shutil.rmtree(to_folder, ignore_errors=True)
        raise


def _copy(writer: Writer) -> None:
    connection = writer.connection
    for table in ("files", "documents", "pages", "elements", "assets"):
        connection.execute(f"INSERT INTO {table} SELECT * FROM source.{table}")  # noqa: S608
    connection.execute("INSERT INTO meta SELECT * FROM source.meta WHERE key IN ('root', 'recipe')")
    connection.execute(
        "INSERT INTO meta SELECT key, json_object('ingest', value ->> 'ingest') FROM source.meta"
        " WHERE key = 'fingerprint'"
    )


def _link(source: str, target: str) -> None:
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)


def _hidden(writer: Writer, dataset: Dataset) -> dict[str, list[str]]:
    """What is hidden in each document, by its id."""
    wanted = {name: question for question in dataset.questions for name in question.hidden}
    rows = writer.connection.execute(
        "SELECT row FROM elements WHERE id IN (SELECT value FROM json_each(?))", (json.dumps([*wanted]),)
    )
    hidden: dict[str, list[str]] = {}
    for element in writer.elements([row for (row,) in rows]).values():
        wanted.pop(element.id, None)
        hidden.setdefault(element.document, []).extend(_wordings(element))
    for name, question in wanted.items():
        raise UsageError(
            f"question {question.id!r} hides the element {name}, which the index {writer.path} lacks: the "
            "documents have changed, make the questions anew"
        )
    return hidden


def _wordings(element: Element) -> tuple[str, ...]:
    """The ways in which a caption or a heading may stand somewhere."""
    if element.kind is Kind.HEADING:
        return element.text, without_number(element.text)
    return element.caption, without_label(element.caption), title_of(element.caption)


def _strip_document(writer: Writer, document: int, hidden: Hidden) -> dict[int, list[BBox]]:
    """Write a document's pages anew; where the words stood, by page number."""
    boxes: dict[int, list[BBox]] = {}
    for page in list(stored_pages(writer, document)):
        stripped = _strip(page, hidden)
        _write(writer, page, stripped)
        if stripped.boxes:
            boxes[page.page.number] = list(stripped.boxes)
    return boxes


def _strip(page: StoredPage, hidden: Hidden) -> _Stripped:
    elements: dict[int, Element] = {}
    boxes: list[BBox] = []
    for row, element in zip(page.element_rows, page.elements, strict=True):
        left = _without(element, hidden)
        if left.text.strip() or not element.text.strip() or element.kind in (Kind.FIGURE, Kind.TABLE):
            elements[row] = left
        elif element.bbox:
            boxes.append(element.bbox)
    alone = hidden.alone([line.text for line in page.lines])
    gone = alone | {at for at, line in enumerate(page.lines) if line.bbox and _within(line.bbox, boxes)}
    boxes += [box for at in sorted(gone) if (box := page.lines[at].bbox)]
    lines = tuple(line for at, line in enumerate(page.lines) if at not in gone)
    return _Stripped(lines, elements, tuple(boxes))


def _within(line: BBox, boxes: Collection[BBox]) -> bool:
    """Whether at least half of a line lies in one of the boxes."""
    return any(line.area and line.overlap(box) >= line.area / 2 for box in boxes)


def _without(element: Element, hidden: Hidden) -> Element:
    return replace(
        element,
        text=hidden.without(element.text),
        caption="" if hidden.is_one(*_wordings(element)) else element.caption,
        section=tuple(one for one in element.section if not hidden.is_one(one, without_number(one))),
        metadata={key: value for key, value in element.metadata.items() if key not in _FOUND_BY_VIEWS},
    )


def _write(writer: Writer, page: StoredPage, stripped: _Stripped) -> None:
    elements = {row: _blank(writer, element, stripped.boxes) for row, element in stripped.elements.items()}
    for row in set(page.element_rows) - set(elements):
        writer.remove_element(row)
    for row, element in elements.items():
        writer.put_element(row, element, element_text(element))
    writer.put_page(page.row, stripped.lines, page_text(list(elements.values())))


def _blank(writer: Writer, element: Element, boxes: Collection[BBox]) -> Element:
    """The element with a picture on which the boxes (of the page) are blank."""
    frame = element.bbox
    if element.picture is None or frame is None or not frame.area:
        return element
    inside = [_seen_from(frame, box) for box in boxes if box.overlap(frame) > 0]
    if not inside:
        return element
    with Image.open(writer.asset(element.picture), formats=FORMATS) as picture:
        asset = encode(blanked(picture.convert("RGB"), inside))
    writer.add_asset(asset)
    return replace(element, picture=asset.id)


def _seen_from(frame: BBox, box: BBox) -> BBox:
    """A box of the page as fractions of a part of the page."""
    width, height = frame.x1 - frame.x0, frame.y1 - frame.y0
    left, top = box.x0 - frame.x0, box.y0 - frame.y0
    return BBox.from_points(left, top, box.x1 - frame.x0, box.y1 - frame.y0, width, height)
