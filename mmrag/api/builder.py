"""Making an index equal to its folder: the new is read, the changed is read again, the gone goes.

One document is one transaction, so a kill at any instant loses at most the document being written, and
the next run goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmrag.api.document import DocumentWriter
from mmrag.config import Recipe
from mmrag.errors import FingerprintError, IngestError, UsageError
from mmrag.index.lock import WriterLock
from mmrag.index.store import LOCK, Store, create, is_index, translated
from mmrag.index.vectors import write_derived
from mmrag.index.writer import FileState, Writer
from mmrag.ingest import INGEST_VERSION
from mmrag.ingest.opening import Job
from mmrag.ingest.pool import ParsedFile, ParserPool
from mmrag.ingest.walk import FoundFile, hash_file, scan
from mmrag.strategies import load_strategies
from mmrag.strategies.base import Strategy
from mmrag.types import FileReport, Progress, Report, Status, to_dict

OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class _Tally:
    """Counts for the progress, and the reports of this run by path."""

    on_progress: OnProgress | None
    files_total: int = 0
    files_done: int = 0
    pages_total: int = 0
    pages_done: int = 0
    encoded: int = 0
    reports: dict[str, FileReport] = field(default_factory=dict)

    def tell(self, stage: str, file: str = "") -> None:
        if self.on_progress is not None:
            self.on_progress(
                Progress(stage, file, self.files_done, self.files_total, self.pages_done, self.pages_total)
            )


def fingerprint(recipe: Recipe, strategies: Iterable[Strategy]) -> dict[str, str]:
    """Everything that shaped the elements and the vectors, by what it shaped."""
    options = recipe.ingest
    prints = {"ingest": f"{INGEST_VERSION} layout={options.layout} ocr={options.ocr} dpi={options.dpi}"}
    for strategy in strategies:
        prints[strategy.name] = strategy.fingerprint
        prints |= {name: encoder.fingerprint for name, encoder in strategy.encoders.items()}
    return prints


def check_fingerprint(store: Store, now: Mapping[str, str]) -> None:
    """Refuse to mix what different makers have made.

    Args:
        store: the index.
        now: of the makers at hand; to search, those of the encoders are enough.

    Raises:
        FingerprintError: naming what differs, and both fingerprints.
    """
    kept = store.get("fingerprint", {})
    for part in sorted(now):
        if kept.get(part) != now.get(part):
            raise FingerprintError(
                f"the index {store.path} was made with {part} = {kept.get(part, 'nothing')!r}, now it is "
                f"{now[part]!r}: build it anew with mmrag index FOLDER --rebuild, "
                "or use another place with --index"
            )


def update(
    path: Path,
    root: Path,
    recipe: Recipe,
    *,
    password: str | None = None,
    progress: OnProgress | None = None,
) -> Report:
    """Make the index at ``path`` equal to the folder (or the one file) ``root``.

    Raises:
        UsageError: if the index was made from another folder.
        FingerprintError, LockedError, DiskFullError, SchemaError, CorruptError: see `mmrag.errors`.
    """
    begin = time.perf_counter()
    strategies = load_strategies(recipe)
    with translated(path):
        path.mkdir(parents=True, exist_ok=True)
        with WriterLock(path / LOCK):
            if not is_index(path):
                create(path)
            writer = Writer(path)
            try:
                return _run(writer, root, recipe, strategies, password, _Tally(progress), begin)
            finally:
                writer.close()


def _run(
    writer: Writer,
    root: Path,
    recipe: Recipe,
    strategies: list[Strategy],
    password: str | None,
    tally: _Tally,
    begin: float,
) -> Report:
    _settle(writer, root, recipe, strategies)
    tally.tell("scan")
    found, unread = scan(root)
    jobs, states = _plan(writer, found, unread, password, tally)
    tally.files_total = len(jobs)
    if jobs:
        with ParserPool(recipe.ingest) as pool:
            for parsed in pool.parse(jobs):
                _take(writer, strategies, parsed, states[parsed.job.name], tally)
    tally.tell("write")
    _finish(writer)
    return _report(writer, tally, time.perf_counter() - begin)


def _settle(writer: Writer, root: Path, recipe: Recipe, strategies: list[Strategy]) -> None:
    """What the index is of and made with: kept at first, compared later."""
    before = writer.get("root")
    if before is None:
        with writer.writing():
            writer.set("root", str(root))
            writer.set("recipe", to_dict(recipe))
            writer.set("fingerprint", fingerprint(recipe, strategies))
            for strategy in strategies:
                for name, encoder in strategy.encoders.items():
                    writer.space(name, encoder.dim, encoder.fingerprint)
    elif before != str(root):
        raise UsageError(
            f"the index {writer.path} is of {before}, not of {root}: "
            "choose another place for this folder's index with --index"
        )
    else:
        check_fingerprint(writer, fingerprint(recipe, strategies))
        with writer.writing():
            writer.set("recipe", to_dict(recipe))


def _plan(
    writer: Writer,
    found: list[FoundFile],
    unread: list[FileReport],
    password: str | None,
    tally: _Tally,
) -> tuple[list[Job], dict[str, FileState]]:
    """What has to be parsed. Removed and moved files are dealt with here, unchanged ones only noted."""
    known = writer.file_states()
    present = {file.name for file in found}
    vanished = {state.sha256: name for name, state in known.items() if name not in present}
    jobs: list[Job] = []
    states: dict[str, FileState] = {}
    tally.reports |= {report.path: report for report in unread}
    for file in found:
        before = known.get(file.name)
        if before is not None and (before.size, before.mtime_ns) == (file.size, file.mtime_ns):
            checksum = before.sha256
        else:
            try:
                checksum = hash_file(file.path)
            except OSError as error:
                tally.reports[file.name] = FileReport(
                    file.name, Status.UNREADABLE, error.strerror or str(error)
                )
                continue
        state = FileState(file.size, file.mtime_ns, checksum, FileReport(file.name, Status.UNCHANGED))
        if before is None and checksum in vanished:
            _move(writer, vanished.pop(checksum), state, known)
            before = known[file.name]
        if before is not None and before.sha256 == checksum and not _worth_a_retry(before, password):
            tally.reports[file.name] = _unchanged(before.report)
            if before.mtime_ns != file.mtime_ns:
                with writer.writing():
                    writer.put_file(replace(state, report=before.report))
            continue
        states[file.name] = state
        jobs.append(Job(path=file.path, name=file.name, password=password))
    for name in sorted(known.keys() - present):
        with writer.writing():
            writer.forget_file(name)
        tally.reports[name] = FileReport(name, Status.REMOVED)
    return jobs, states


def _move(writer: Writer, old: str, state: FileState, known: dict[str, FileState]) -> None:
    """The same bytes under another name: nothing is parsed again."""
    report = replace(known.pop(old).report, path=state.report.path)
    with writer.writing():
        writer.move_document(old, report.path)
        writer.put_file(replace(state, report=report))
    known[report.path] = replace(state, report=report)


def _worth_a_retry(before: FileState, password: str | None) -> bool:
    return before.report.status is Status.ENCRYPTED and password is not None


def _unchanged(report: FileReport) -> FileReport:
    """A file that was read whole is unchanged; one that was not is still not, for the same reason."""
    if report.status.skipped:
        return report
    return FileReport(report.path, Status.UNCHANGED, pages=report.pages)


def _take(
    writer: Writer, strategies: list[Strategy], parsed: ParsedFile, state: FileState, tally: _Tally
) -> None:
    """Store one parsed file, or why it could not be parsed, in one transaction."""
    begin = time.perf_counter()
    name = parsed.job.name
    pages_before = tally.pages_done
    try:
        with writer.writing():
            document = DocumentWriter(writer, strategies, parsed.open())
            tally.pages_total += document.document.page_count
            for page in parsed.pages():
                document.add(page)
                tally.pages_done += 1
                tally.tell("read", name)
            status, reason = document.finish()
            report = FileReport(name, status, reason, document.pages, round(time.perf_counter() - begin, 3))
            writer.put_file(replace(state, report=report))
    except IngestError as error:
        report = FileReport(name, Status(error.status), str(error))
        tally.pages_done = pages_before
        with writer.writing():
            writer.remove_document(name)
            writer.put_file(replace(state, report=report))
    else:
        tally.encoded += document.encoded
    tally.reports[name] = report
    tally.files_done += 1
    tally.tell("read", name)


def _finish(writer: Writer) -> None:
    """Derived files and unused pictures follow the truth, if anything has changed since they did."""
    changes = writer.get("derived_at")
    newest = writer.state_mark()
    if changes == newest:
        return
    write_derived(writer)
    with writer.writing():
        unused = writer.drop_unused_assets()
        writer.set("derived_at", newest)
        writer.set("updated", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    for file in unused:
        file.unlink(missing_ok=True)
    writer.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _report(writer: Writer, tally: _Tally, seconds: float) -> Report:
    counts = writer.counts()
    return Report(
        files=tuple(tally.reports[name] for name in sorted(tally.reports)),
        documents=counts["documents"],
        pages=counts["pages"],
        figures=counts.get("figure", 0),
        tables=counts.get("table", 0),
        chunks=counts["chunks"],
        encoded=tally.encoded,
        seconds=round(seconds, 3),
    )
