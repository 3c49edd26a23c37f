"""Mending an index: what is derived is made anew, what is whole is kept, what is lost is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mmrag.api.fulltext import element_text, page_text
from mmrag.api.laying import stored_pages
from mmrag.api.opened import folder_of
from mmrag.api.pictures import checked_file
from mmrag.config import Recipe
from mmrag.errors import CorruptError, IngestError, UsageError
from mmrag.index.assets import asset_path, write_asset
from mmrag.index.built_by import built_by
from mmrag.index.captions import CAPTIONS, CaptionCache
from mmrag.index.derived import write_derived
from mmrag.index.files import sha256_of
from mmrag.index.lock import WriterLock
from mmrag.index.mending.checks import Finding, caption_findings, derived_findings, stray_files, wrong_words
from mmrag.index.mending.derived_checks import unequal_files
from mmrag.index.mending.salvage import put_in_place, reseal, salvage
from mmrag.index.reader import Reader
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.roots import ROOTS, copy_roots, has_roots, restore_roots
from mmrag.index.sealing.seal import DATABASE, LOG, SEAL, read_seal, wrong_blocks
from mmrag.index.store import LOCK
from mmrag.index.translating import translated
from mmrag.index.writer import Writer
from mmrag.ingest.opening import Job
from mmrag.ingest.processes.pool import ParserPool
from mmrag.types import Document

_REBUILD = (
    "INSERT INTO page_terms (page_terms) VALUES ('rebuild')",
    "INSERT INTO element_terms (element_terms) VALUES ('rebuild')",
)


@dataclass(frozen=True, slots=True)
class Repair:
    """What `repair` has done.

    Attributes:
        mended: what was made anew, brought back or taken away; one line each.
        lost: what could not be saved; one line each. The next run reads those files again.
    """

    mended: tuple[Finding, ...] = ()
    lost: tuple[Finding, ...] = ()


def repair(place: str | Path) -> Repair:
    """Mend the index at a path, or of that name under ``indexes/``.

    A damaged database gives up the documents that are whole to a new one; the others are read again by the
    next run. Vector files, word indexes and the seal are made anew, lost pictures are read again from
    documents that have not changed, and files that belong to nothing are removed.

    Raises:
        NotAnIndexError: if there is none. LockedError: if a run is writing to it.
        SchemaError, DiskFullError: see `mmrag.errors`.
    """
    folder = folder_of(place)
    mended: list[Finding] = []
    lost: list[Finding] = []
    with translated(folder), WriterLock(folder / LOCK):
        if put_in_place(folder):
            mended.append(Finding(DATABASE, "a repair that was cut off was finished"))
        if _is_damaged(folder):
            _mend_database(folder, mended, lost)
        with closing(Writer(folder)) as writer:
            _mend_content(writer, mended, lost)
        _mend_roots(folder, mended)
        _mend_descriptions(folder, mended)
    return Repair(tuple(mended), tuple(lost))


def write_words(writer: Writer, document: int) -> None:
    """Write what a document (by its row) and its pages are found by, from its elements."""
    for page in stored_pages(writer, document):
        writer.put_page(page.row, page.lines, page_text(page.elements))
        for row, element in zip(page.element_rows, page.elements, strict=True):
            writer.describe_element(row, element, element_text(element))


def _mend_database(folder: Path, mended: list[Finding], lost: list[Finding]) -> None:
    if _has_seal(folder) and restore_roots(folder):
        mended.append(Finding(DATABASE, "its first blocks were brought back from their copy"))
        if not _is_damaged(folder):
            return
    if _is_log_alone(folder):
        for name in (LOG, f"{DATABASE}-shm"):
            (folder / name).unlink(missing_ok=True)
        mended.append(Finding(LOG, "was of another index or generation and was removed"))
        return
    if not _has_seal(folder) and (folder / DATABASE).is_file() and reseal(folder):
        mended.append(Finding(SEAL, f"was made anew; what {DATABASE} holds was taken as it is"))
        return
    saved, gone = salvage(folder, write_words)
    mended.append(Finding(DATABASE, f"was written anew with {len(saved)} documents that are whole"))
    lost += [Finding(name, "is lost from the index: the next mmrag index reads it again") for name in gone]
    if not saved:
        lost.append(Finding(DATABASE, "nothing in it could be saved"))


def _is_damaged(folder: Path) -> bool:
    try:
        Reader(folder).close()
    except CorruptError:
        return True
    return False


def _has_seal(folder: Path) -> bool:
    try:
        return read_seal(folder) is not None
    except CorruptError:
        return False


def _is_log_alone(folder: Path) -> bool:
    """Whether the database fits its seal, so that only the log beside it can be wrong."""
    if not _has_seal(folder) or not (folder / DATABASE).is_file():
        return False
    seal = read_seal(folder)
    file = HeldFile(folder / DATABASE)
    try:
        return seal is not None and not wrong_blocks(seal, file.descriptor, Path("no log"))
    finally:
        file.release()


def _mend_content(writer: Writer, mended: list[Finding], lost: list[Finding]) -> None:
    recipe = built_by(writer)
    words = wrong_words(writer.connection)
    if words:
        with writer.writing():
            for rebuild in _REBUILD:
                writer.connection.execute(rebuild)
            for document in writer.documents():
                write_words(writer, document)
        mended += [Finding(DATABASE, f"{table} was written anew") for table, _ in words]
    _mend_pictures(writer, recipe, mended, lost)
    for found in list(unequal_files(writer)):
        (writer.path / found.place).unlink()  # or it would be written again as it is
    vectors = list(derived_findings(writer))
    if vectors:
        write_derived(writer, recipe.visual)
        mended += [Finding(found.place, "the vector file was written anew") for found in vectors]
    for file in stray_files(writer):
        file.unlink()
        mended.append(Finding(str(file.relative_to(writer.path)), "belonged to nothing and was removed"))


def _mend_pictures(writer: Writer, recipe: Recipe, mended: list[Finding], lost: list[Finding]) -> None:
    """Bring lost pictures back from their documents; a document that does not give them is read again."""
    missing = {
        asset: path
        for asset, media_type in writer.connection.execute("SELECT id, media_type FROM assets").fetchall()
        if not (path := asset_path(writer.path, asset, media_type)).is_file() or sha256_of(path) != asset
    }
    if not missing:
        return
    rows = writer.connection.execute(
        "SELECT DISTINCT document, picture FROM elements"
        " WHERE picture IN (SELECT value FROM json_each(?)) ORDER BY document",
        (json.dumps(sorted(missing)),),
    ).fetchall()
    documents = writer.documents()
    jobs = list(_jobs(Path(writer.get("root", "")), [documents[row] for row in {row for row, _ in rows}]))
    with ParserPool(recipe.ingest) as pool:
        for parsed in pool.parse(jobs):
            try:
                for page in parsed.pages():
                    for asset in page.assets:
                        if asset.id in missing:
                            write_asset(writer.path, asset)
                            place = str(missing.pop(asset.id).relative_to(writer.path))
                            mended.append(Finding(place, f"was brought back from {parsed.job.name}"))
            except IngestError:
                continue
    with writer.writing():
        for row, asset in rows:
            if asset in missing:
                name = documents[row].path
                writer.connection.execute("DELETE FROM files WHERE path = ?", (name,))
                place = str(missing[asset].relative_to(writer.path))
                problem = f"{name} does not give it any more: the next mmrag index reads it again"
                lost.append(Finding(place, problem))


def _jobs(root: Path, documents: list[Document]) -> Iterator[Job]:
    for document in documents:
        try:
            path = checked_file(root, document)
        except UsageError:
            continue
        yield Job(path, document.path, document.media_type)


def _mend_roots(folder: Path, mended: list[Finding]) -> None:
    seal = read_seal(folder)
    if seal is not None and not has_roots(folder, seal):
        copy_roots(folder, seal, folder / DATABASE)
        mended.append(Finding(ROOTS, "the copy of the first blocks was written anew"))


def _mend_descriptions(folder: Path, mended: list[Finding]) -> None:
    found = list(caption_findings(folder))
    if found:
        with CaptionCache(folder) as cache:
            cache.drop_damaged()
        mended += [Finding(CAPTIONS, "was cleared of what is damaged")]
