"""Making an index equal to its folder: the new is read, the changed is read again, the gone goes.

One document is one transaction, so a kill at any instant loses at most the document being written, of a long
one the range of pages being read, and the next run goes on from there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from mmrag.api.fingerprints import check_fingerprint, fingerprint
from mmrag.api.overlaying import lay_missing
from mmrag.api.planning import plan
from mmrag.api.run import OnProgress, Run, Tally
from mmrag.api.taking import take
from mmrag.config import Recipe, VisualOptions
from mmrag.encoders.lists import PageList
from mmrag.errors import UsageError
from mmrag.index.captions import CaptionCache
from mmrag.index.derived import derived_is_whole, deriving
from mmrag.index.lock import WriterLock
from mmrag.index.reader import DERIVED_AT, UNREAD
from mmrag.index.store import LOCK, create, is_index
from mmrag.index.sweeping import sweep, sweep_rebuild
from mmrag.index.translating import translated
from mmrag.index.unfinished import UNDER_WAY
from mmrag.index.writer import Writer
from mmrag.ingest.drawing import Drawer
from mmrag.ingest.processes.pool import ParserPool
from mmrag.ingest.walk import scan
from mmrag.models import require
from mmrag.strategies import load_strategies
from mmrag.strategies.base import Notes
from mmrag.types import FileReport, Report, to_dict


def update(
    path: Path,
    root: Path,
    recipe: Recipe,
    *,
    password: str | None = None,
    progress: OnProgress | None = None,
    retry_failed: bool = False,
    lay: bool = True,
) -> Report:
    """Make the index at ``path`` equal to the folder (or the one file) ``root``.

    Views of the recipe that the index lacks are laid over what was parsed before; without ``lay`` documents
    are parsed alone, and nothing can be found before a later run lays views.

    Raises:
        UsageError: if the index was made from another folder.
        MissingExtraError, ModelError: if the recipe's models can't be had; see `mmrag.models.require`.
        IndexStoreError: its subclasses, see `mmrag.errors`; itself if the index can't be written to.
    """
    begin = time.perf_counter()
    if is_index(path):
        # Loading models takes its time; whoever can't write is told before.
        with translated(path):
            WriterLock(path / LOCK).check()
    if lay:
        require(recipe)
    strategies = load_strategies(recipe) if lay else []
    # Whatever is wrong with the models comes up here, before anything is made.
    prints = fingerprint(recipe, strategies)
    with translated(path):
        path.mkdir(parents=True, exist_ok=True)
        with WriterLock(path / LOCK) as lock:
            if not is_index(path):
                create(path)
            sweep_rebuild(path)
            writer = Writer(path)
            try:
                with CaptionCache(path) as cache, Drawer(recipe.ingest) as drawer:
                    run = Run(
                        writer,
                        root,
                        recipe,
                        prints,
                        strategies,
                        password,
                        retry_failed,
                        Notes(cache),
                        drawer,
                        Tally(progress),
                    )
                    _settle(run, prints)
                    if _bring_up_to_date(run) or lock.left:
                        sweep(writer)
                    return _report(run, time.perf_counter() - begin)
            finally:
                writer.close()


def _bring_up_to_date(run: Run) -> bool:
    """Whether anything has changed."""
    writer, tally = run.writer, run.tally
    tally.tell("scan")
    found, unread = scan(run.root, run.recipe.ingest.readers)
    _keep_unread(writer, unread)
    jobs, states = plan(run, found, unread)
    tally.files_total = len(jobs)
    _begin(run, len(found), len(jobs))
    if jobs:
        with ParserPool(run.recipe.ingest) as pool:
            for parsed in pool.parse(jobs):
                take(run, parsed, states[parsed.job.name])
    lay_missing(run)
    tally.tell("write")
    return _finish(writer, run.recipe.visual)


def _begin(run: Run, files: int, jobs: int) -> None:
    """Remember that there is something to do, until `_finish`."""
    if jobs or run.writer.unlaid([strategy.name for strategy in run.strategies]):
        with run.writer.writing():
            run.writer.set(UNDER_WAY, (files, jobs))


def _keep_unread(writer: Writer, unread: list[FileReport]) -> None:
    """Remember what is passed over, to be listed with the files."""
    said = to_dict(unread)
    if said != writer.get(UNREAD, []):
        with writer.writing():
            writer.set(UNREAD, said)


def _settle(run: Run, now: Mapping[str, str]) -> None:
    """What the index is of and made with: kept at first, compared later; new views are added to it."""
    writer, root, strategies = run.writer, run.root, run.strategies
    before = writer.get("root")
    if before is not None:
        if before != str(root):
            raise UsageError(
                f"the index {writer.path} is of {before}, not of {root}: "
                "choose another place for this folder's index with --index"
            )
        kept = writer.get("fingerprint")
        fixed = {"ingest", *(strategy.name for strategy in strategies if strategy.name in kept)}
        # A list that a view had and has no more would be found half filled, were it taken up again.
        parts = [part for part in {**kept, **now} if part.split("/")[0] in fixed]
        check_fingerprint(writer, {part: now.get(part, "nothing") for part in parts})
    settings = {
        "root": str(root),
        "recipe": to_dict(run.recipe),
        "fingerprint": {**writer.get("fingerprint", {}), **now},
    }
    spaces = [
        (made.name, made.encoder.dim, made.encoder.fingerprint, isinstance(made, PageList))
        for strategy in strategies
        for made in strategy.lists
    ]
    # A run that changes nothing writes nothing.
    if (
        json.loads(json.dumps(settings)) != {key: writer.get(key) for key in settings}
        or set(spaces) - writer.spaces()
    ):
        with writer.writing():
            for key, value in settings.items():
                writer.set(key, value)
            for name, dim, maker, paged in spaces:
                writer.space(name, dim, maker, paged=paged)


def _finish(writer: Writer, options: VisualOptions) -> bool:
    """Derived files and what they rest on follow the truth, if it has changed since they did."""
    changes = writer.get(DERIVED_AT)
    newest = writer.state_mark()
    if changes == newest and derived_is_whole(writer):
        if writer.get(UNDER_WAY) is not None:
            with writer.writing():
                writer.drop(UNDER_WAY)
        writer.seal()
        return False
    with deriving(writer, options):
        writer.drop_unused_vectors()
        writer.drop_unused_assets()
        writer.set(DERIVED_AT, newest)
        writer.drop(UNDER_WAY)
        writer.set("updated", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    return True


def _report(run: Run, seconds: float) -> Report:
    counts, tally, captions = run.writer.counts(), run.tally, run.notes.tally
    options, usage = run.recipe.caption, captions.usage
    return Report(
        files=tuple(tally.reports[name] for name in sorted(tally.reports)),
        documents=counts["documents"],
        pages=counts["pages"],
        figures=counts.get("figure", 0),
        tables=counts.get("table", 0),
        chunks=counts["chunks"],
        encoded=tally.encoded,
        seconds=round(seconds, 3),
        views=tuple(strategy.name for strategy in run.strategies),
        described=captions.described,
        described_before=captions.cached,
        not_described=captions.failed,
        tokens={"in": usage.tokens_in, "out": usage.tokens_out} if usage.tokens_in else {},
        cost=usage.cost(options.price_in, options.price_out),
    )
