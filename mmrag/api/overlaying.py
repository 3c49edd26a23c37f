"""Laying the views that documents of earlier runs lack. Nothing is parsed.

A document is one transaction. What is laid over a long one is kept range of pages by range before, as when it
is read, so that a kill loses at most the range being laid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from mmrag.api.laying import StoredPage, stored_pages
from mmrag.api.run import Run
from mmrag.api.taking import layer_over
from mmrag.index.staging import ViewStaging, drop_views
from mmrag.index.writer import FileState
from mmrag.ingest.base import PAGES_A_RANGE
from mmrag.strategies.base import Strategy
from mmrag.types import Document, Element


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document, its row, the views that it lacks, and those of them that are laid once more."""

    row: int
    document: Document
    strategies: Sequence[Strategy]
    again: Collection[str]

    @property
    def is_long(self) -> bool:
        return self.document.page_count > PAGES_A_RANGE


def lay_missing(run: Run) -> None:
    """Lay the views of the run over the documents that lack them, or, if asked, that lack parts of them."""
    tally, states = run.tally, run.writer.file_states()
    waiting = list(_waiting(run))
    drop_views(run.writer.path, {one.row for one in waiting if one.is_long})
    tally.files_total += len(waiting)
    tally.pages_total += sum(one.document.page_count for one in waiting)
    for one in waiting:
        if one.is_long:
            _lay_ranges(run, one, states[one.document.path])
        else:
            _lay_whole(run, one, states[one.document.path])
        tally.files_done += 1
        tally.tell("lay", one.document.path)


def _waiting(run: Run) -> Iterator[_Waiting]:
    writer = run.writer
    documents = writer.documents()
    rows = [row for row, _ in writer.unlaid([strategy.name for strategy in run.strategies])]
    failed = {row: writer.failed_views(row) for row in documents} if run.retry_failed else {}
    rows += [row for row, views in failed.items() if views]
    for row in dict.fromkeys(rows):
        again = failed.get(row, ())
        there = writer.laid(row) - set(again)
        lacking = [strategy for strategy in run.strategies if strategy.name not in there]
        yield _Waiting(row, documents[row], lacking, again)


def _lay_whole(run: Run, one: _Waiting, state: FileState) -> None:
    with run.writer.writing():
        for view in one.again:
            run.writer.unlay(one.row, view)
        layer = layer_over(run, run.writer, one.row, one.document, one.strategies)
        for page in stored_pages(run.writer, one.row):
            layer.add(page)
            _tell_page(run, one)
        run.tally.encoded += layer.finish()
        _report(run, one, state)


def _lay_ranges(run: Run, one: _Waiting, state: FileState) -> None:
    views = [strategy.name for strategy in one.strategies]
    staging = ViewStaging(run.writer, one.row, one.document, views, run.fingerprint, retry=run.retry_failed)
    run.tally.pages_done += staging.after
    pages = stored_pages(run.writer, one.row, staging.after)
    while page := next(pages, None):
        part = staging.begin(run.writer)
        try:
            layer = layer_over(run, part, one.row, one.document, one.strategies)
            while page is not None:
                layer.add(_forgetful(page) if "caption" in one.again else page)
                _tell_page(run, one)
                last = page.page.number
                page = next(pages, None) if last % PAGES_A_RANGE else None
            run.tally.encoded += layer.finish()
            staging.keep(part, last, None)
        finally:
            part.close()
    with run.writer.writing():
        for view in one.again:
            run.writer.unlay(one.row, view)
        staging.merge_over(run.writer, one.row)
        _report(run, one, state)
    staging.drop()


def _forgetful(page: StoredPage) -> StoredPage:
    """The page as it is once view ``caption`` has been taken off it: no description has failed."""

    def forget(element: Element) -> Element:
        known = {key: value for key, value in element.metadata.items() if key != "description_error"}
        return replace(element, metadata=known)

    return replace(page, elements=tuple(map(forget, page.elements)))


def _report(run: Run, one: _Waiting, state: FileState) -> None:
    """Remember what has become of the document. Inside the transaction."""
    status, reason = run.writer.status_of(one.row)
    if (status, reason) != (state.report.status, state.report.reason):
        report = replace(state.report, status=status, reason=reason)
        run.writer.put_file(replace(state, report=report))
        run.tally.reports[one.document.path] = report


def _tell_page(run: Run, one: _Waiting) -> None:
    run.tally.pages_done += 1
    run.tally.tell("lay", one.document.path)
