"""Which files have to be parsed: the new, the changed, and those worth another try."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from mmrag.api.run import Run
from mmrag.index.staging import Staging, drop_others
from mmrag.index.writer import FileState, Writer
from mmrag.ingest.opening import Job, over_size, renamed
from mmrag.ingest.walk import FoundFile, hash_file
from mmrag.types import FileReport, Status


def plan(
    run: Run, found: list[FoundFile], unread: list[FileReport]
) -> tuple[list[Job], dict[str, FileState]]:
    """What has to be parsed. Removed and moved files are dealt with here, unchanged ones only noted."""
    writer, tally = run.writer, run.tally
    known = writer.file_states()
    # A file that is there but can't be looked at keeps what it brought before.
    closed = tuple(report.path for report in unread if report.status is Status.UNREADABLE)
    present = {file.name for file in found} | {name for name in known if _is_under(name, closed)}
    vanished = {_bytes(name, state.sha256): name for name, state in known.items() if name not in present}
    verdicts = {_bytes(name, state.sha256): state for name, state in known.items() if _failed(state.report)}
    jobs: list[Job] = []
    read_on: set[str] = set()
    states: dict[str, FileState] = {}
    tally.reports |= {report.path: report for report in unread}
    for file in found:
        before = known.get(file.name)
        if file.size > run.recipe.ingest.max_file_mb * 1_000_000:
            _refuse(run, file, before)
            continue
        if before is not None and _is_as_before(file, before):
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
        same = _bytes(file.name, checksum)
        if before is None and same in vanished:
            _move(writer, vanished.pop(same), state, known)
            before = known[file.name]
        elif (before is None or before.sha256 != checksum) and same in verdicts:
            before = _judge(writer, state, verdicts[same])
        if before is not None and before.sha256 == checksum and not _worth_a_retry(before, run):
            tally.reports[file.name] = _unchanged(before.report)
            if before.mtime_ns != file.mtime_ns:
                with writer.writing():
                    writer.put_file(replace(state, report=before.report))
            continue
        states[file.name] = state
        jobs.append(_job(run, file, checksum, read_on))
    drop_others(writer.path, read_on)
    for name in sorted(known.keys() - present):
        with writer.writing():
            writer.forget_file(name)
        tally.reports[name] = FileReport(name, Status.REMOVED)
    return jobs, states


def _job(run: Run, file: FoundFile, checksum: str, read_on: set[str]) -> Job:
    """What is to be parsed of a file; of two with the same content one begins where a run stopped."""
    job = Job(path=file.path, name=file.name, password=run.password, checksum=checksum)
    if checksum in read_on:
        return job
    read_on.add(checksum)
    staging = Staging(run.writer.path, checksum, run.fingerprint)
    return replace(job, after=staging.after, resume=staging.resume)


def _is_as_before(file: FoundFile, before: FileState) -> bool:
    # One that was too large to be looked at has no checksum.
    return bool(before.sha256) and (before.size, before.mtime_ns) == (file.size, file.mtime_ns)


def _is_under(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place.rstrip('/')}/") for place in places)


def _move(writer: Writer, old: str, state: FileState, known: dict[str, FileState]) -> None:
    """The same bytes under another name: nothing is parsed again."""
    before = known.pop(old).report
    name = state.report.path
    report = replace(before, path=name, reason=renamed(before.reason, old, name))
    with writer.writing():
        writer.move_document(old, report.path)
        writer.put_file(replace(state, report=report))
    known[report.path] = replace(state, report=report)


def _bytes(name: str, checksum: str) -> tuple[str, str]:
    """What decides how a file is read: its content, and the ending of its name."""
    return checksum, PurePosixPath(name).suffix.lower()


def _failed(report: FileReport) -> bool:
    """Whether the file's own bytes are why nothing was read of it."""
    return report.status.skipped and report.status not in (Status.PARTLY, Status.EMPTY, Status.UNREADABLE)


def _refuse(run: Run, file: FoundFile, before: FileState | None) -> None:
    """Put down a file as too large, unread."""
    report = FileReport(file.name, Status.TOO_LARGE, over_size(file.name, file.size, run.recipe.ingest))
    state = FileState(file.size, file.mtime_ns, "", report)
    if state != before:
        with run.writer.writing():
            run.writer.remove_document(file.name)
            run.writer.put_file(state)
    run.tally.reports[file.name] = report


def _judge(writer: Writer, state: FileState, verdict: FileState) -> FileState:
    """The same bytes have failed under another name: they are not tried again."""
    name, other = state.report.path, verdict.report
    reason = renamed(other.reason, other.path, name)
    judged = replace(state, report=replace(other, path=name, reason=reason))
    with writer.writing():
        writer.remove_document(name)
        writer.put_file(judged)
    return judged


def _worth_a_retry(before: FileState, run: Run) -> bool:
    status = before.report.status
    if status is Status.ENCRYPTED:
        return run.password is not None
    return run.retry_failed and status.skipped


def _unchanged(report: FileReport) -> FileReport:
    """A file that was read whole is unchanged; one that was not is still not, for the same reason."""
    if report.status.skipped:
        return report
    return FileReport(report.path, Status.UNCHANGED, pages=report.pages)
