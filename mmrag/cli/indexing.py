"""``mmrag index`` and ``mmrag remove``."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Annotated, cast

import typer

from mmrag.benchmark.counting import counted
from mmrag.cli.failing import SKIPPED
from mmrag.cli.options import IndexName, Json, Offline, Password, Pipeline, Strategies, named
from mmrag.types import FileReport, Report, Status

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.api import Index

SHOWN_SKIPPED = 20


def index(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER",
            help="The folder of documents, or one document.",
            show_default=False,
            callback=named,
        ),
    ],
    index: Annotated[
        str | None,
        typer.Option(
            "--index",
            "-i",
            metavar="NAME|PATH",
            help="Where the index goes: a name under ./indexes, or a path. Else the folder's own name.",
            show_default=False,
            callback=named,
        ),
    ] = None,
    pipeline: Pipeline = None,
    strategy: Strategies = None,
    password: Password = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Start afresh instead of updating.")] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try again what an earlier run could not read or describe."),
    ] = False,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Read a folder of documents into an index, or bring its index up to date.

    New and changed files are read, removed ones disappear, the rest is left alone.
    A strategy that the index does not have yet is laid over what was read before; nothing is read again.
    A run that was stopped goes on where it was.
    Exit code 3 says that the index is there but some files were skipped.
    """
    import mmrag
    from mmrag.cli.opening import short_name
    from mmrag.cli.progress import bar
    from mmrag.cli.terminal import output, print_json

    with (
        bar() as progress,
        mmrag.build(
            folder,
            index,
            pipeline=pipeline,
            strategies=strategy,
            password=password,
            progress=progress,
            rebuild=rebuild,
            retry_failed=retry_failed,
        ) as built,
    ):
        report, path, name = cast(Report, built.report), built.path, short_name(built)
    if json:
        print_json({"index": str(path), "report": report, "skipped": report.skipped})
    else:
        print_report(output(), report, name)
    if report.skipped:
        raise typer.Exit(SKIPPED)


def remove(
    index: IndexName,
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="A path, an id, or a pattern such as 'old/*.pdf'.")
    ],
    json: Json = False,
) -> None:
    """Take documents out of an index. The files themselves are left alone."""
    from mmrag.cli.opening import open_index
    from mmrag.cli.terminal import clean, errors, output, print_json
    from mmrag.ingest.names import file_at

    with open_index(index) as opened:
        removed = opened.remove(document)
        root = opened.root
    if json:
        print_json({"removed": removed})
        return
    for gone in removed:
        pages = counted(gone.page_count, "page" if gone.paged else "section")
        output().print(f"removed {clean(gone.path)}, {pages}", soft_wrap=True)
    if any(file_at(root, gone.path).exists() for gone in removed):
        errors().print("Still in the folder, so the next `mmrag index` would read it again.", style="dim")


def print_report(console: Console, report: Report, name: str) -> None:
    """What the index holds, what the run did, and what it could not read and why."""
    from rich.text import Text

    console.print(Text.assemble(("Index ", "bold"), (name, "bold cyan"), "  ", _holds(report)))
    console.print(Text("This run  " + _did(report), style="dim"))
    print_skipped(console, report.skipped, name)
    if report.not_described:
        pictures = counted(report.not_described, "picture")
        console.print(f"{pictures} could not be described: --retry-failed tries again", style="yellow")
    if not report.documents and not report.skipped:
        console.print("There is nothing to read: PDF, pictures, Markdown, HTML and text are.", style="yellow")
    elif report.documents:
        console.print(f'\nAsk it: mmrag ask {shlex.quote(name)} "…"', style="dim")


def print_skipped(console: Console, skipped: tuple[FileReport, ...], index: str) -> None:
    """The files that were not read whole, each with its reason."""
    from rich.text import Text

    from mmrag.cli.terminal import clean, print_hanging

    if not skipped:
        return
    console.print(Text(f"\nSkipped, wholly or in part: {len(skipped)}", style="yellow"))
    for file in skipped[:SHOWN_SKIPPED]:
        reason = clean(file.reason.removeprefix(f"{file.path}: "))
        line = Text.assemble("  ", (clean(file.path), "bold"), (f"  {file.status.value}", "yellow"))
        print_hanging(console, line.append(f"  {reason}" if reason else ""), 6)
    if len(skipped) > SHOWN_SKIPPED:
        console.print(f"  and {len(skipped) - SHOWN_SKIPPED} more: mmrag info {shlex.quote(index)} --files")


def note_skipped(index: Index) -> None:
    """Tell on standard error what a run skipped, where its report itself is not shown."""
    from mmrag.cli.opening import short_name
    from mmrag.cli.terminal import errors

    if index.report is not None:
        print_skipped(errors(), index.report.skipped, short_name(index))


def _holds(report: Report) -> str:
    return " · ".join(
        (
            counted(report.documents, "file"),
            counted(report.pages, "page"),
            counted(report.figures, "figure"),
            counted(report.tables, "table"),
            counted(report.chunks, "chunk"),
        )
    )


def _did(report: Report) -> str:
    statuses = Counter(file.status for file in report.files)
    parts = [f"{statuses[status]} {status}" for status in Status if statuses[status]]
    parts.append(f"{report.encoded:,} embedded")
    if report.tokens:
        spent = f"{report.tokens['in']:,} tokens read, {report.tokens['out']:,} written"
        parts.append(f"{counted(report.described, 'picture')} described: {spent}")
    if report.cost:
        parts.append(f"cost {report.cost:.4f}")
    return " · ".join([*parts, _took(report.seconds)])


def _took(seconds: float) -> str:
    from mmrag.cli.progress import duration

    return f"{seconds:.1f} s" if seconds < 60 else duration(seconds)
