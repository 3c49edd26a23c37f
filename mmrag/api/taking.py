"""Taking one parsed file into the index: in one transaction, or, if it is long, range of pages by range."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from PIL import Image

from mmrag.api.blanking import blanked, blanked_boxes
from mmrag.api.laying import Layer, StoredPage
from mmrag.api.pictures import checked_file, is_drawn
from mmrag.api.run import Run
from mmrag.api.storing import DocumentWriter
from mmrag.api.typeset import typeset
from mmrag.errors import IngestError, UnreadableError
from mmrag.index.staging import Staging
from mmrag.index.unfinished import UNDER_WAY
from mmrag.index.writer import FileState, Writer
from mmrag.ingest.base import PAGES_A_RANGE
from mmrag.ingest.drawing import PageOfFile
from mmrag.ingest.processes.pool import ParsedFile
from mmrag.pictures import FORMATS
from mmrag.strategies.base import Strategy
from mmrag.types import Document, FileReport, Status


def take(run: Run, parsed: ParsedFile, state: FileState) -> None:
    """Store one parsed file, or why it could not be parsed; one transaction makes it seen."""
    begin = time.perf_counter()
    writer, tally, name = run.writer, run.tally, parsed.job.name
    pages_before, total_before = tally.pages_done, tally.pages_total
    staging = Staging(writer.path, state.sha256, run.fingerprint)
    if not parsed.job.after:
        staging.drop()
    try:
        document = parsed.open()
        if parsed.job.after and (document.id, staging.after) != (state.sha256, parsed.job.after):
            raise UnreadableError(f"{name} has changed while it was read: index the folder again")
        tally.pages_total += document.page_count
        long = document.page_count > PAGES_A_RANGE
        encoded = _read_ranges(run, parsed, document, staging) if long else 0
        with writer.writing():
            if long:
                row, pages = staging.merge(writer, document), staging.after
            else:
                row, pages, encoded = _read_whole(run, parsed, document)
            status, reason = writer.status_of(row)
            report = FileReport(name, status, reason, pages, round(time.perf_counter() - begin, 3))
            writer.put_file(replace(state, report=report))
            _count_down(run)
    except IngestError as error:
        report = FileReport(name, Status(error.status), str(error))
        tally.pages_done, tally.pages_total = pages_before, total_before
        _put_down(run, replace(state, report=report))
    else:
        tally.encoded += encoded
    if report.status is not Status.UNREADABLE:
        staging.drop()
    tally.reports[name] = report
    tally.files_done += 1
    tally.tell("read", name)


def _count_down(run: Run) -> None:
    """One file less is to be read. Inside its transaction."""
    files, left = run.writer.get(UNDER_WAY)
    run.writer.set(UNDER_WAY, (files, left - 1))


def _put_down(run: Run, state: FileState) -> None:
    """Nothing was read of a file. One that can't be opened keeps what it brought, and is tried again."""
    writer, closed = run.writer, state.report.status is Status.UNREADABLE
    with writer.writing():
        if not closed:
            writer.remove_document(state.report.path)
        writer.put_file(replace(state, sha256="") if closed else state)
        _count_down(run)


def _read_whole(run: Run, parsed: ParsedFile, document: Document) -> tuple[int, int, int]:
    """The document's row, its pages, and how much had to be embedded. Inside the transaction."""
    taken = DocumentWriter(run.writer, document)
    layer = layer_over(run, run.writer, taken.row, document, run.strategies)
    for page in parsed.pages():
        taken.add(page, layer)
        _tell_page(run, document)
    taken.finish()
    return taken.row, taken.pages, layer.finish()


def _read_ranges(run: Run, parsed: ParsedFile, document: Document, staging: Staging) -> int:
    """Keep the pages that are not there yet, each range by itself; how much had to be embedded."""
    run.tally.pages_done += staging.after
    pages, encoded, more = parsed.pages(), 0, True
    while more:
        part = staging.begin(run.writer)
        try:
            taken = DocumentWriter(part, document)
            layer = layer_over(run, part, taken.row, document, run.strategies)
            page = None
            for page in pages:
                taken.add(page, layer)
                _tell_page(run, document)
                if page.resume is not None:
                    break
            else:
                more = False
            if page is not None:
                encoded += layer.finish()
                staging.keep(part, page.page.number, page.resume)
        finally:
            part.close()
    return encoded


def _tell_page(run: Run, document: Document) -> None:
    run.tally.pages_done += 1
    run.tally.tell("read", document.path)


def layer_over(run: Run, into: Writer, row: int, document: Document, strategies: Sequence[Strategy]) -> Layer:
    """What lays views over the pages of a document, which ``into`` holds in this row."""
    writer, options = run.writer, run.recipe.visual

    def open_picture(asset: str) -> Image.Image:
        with Image.open(into.asset(asset), formats=FORMATS) as picture:
            picture.load()
            return picture

    @cache
    def file() -> Path:
        return checked_file(run.root, document)

    def draw_page(page: StoredPage) -> Image.Image:
        if is_drawn(document):
            asked = PageOfFile(file(), document.media_type, page.page.number, options.dpi, run.password)
            picture = run.drawer.draw(asked)
            hidden = blanked_boxes(writer, document.path).get(page.page.number)
            return blanked(picture, hidden) if hidden else picture
        return typeset(page.page, page.elements, into.asset, (), options.dpi)

    return Layer(into, row, strategies, open_picture, draw_page, run.notes, options)
