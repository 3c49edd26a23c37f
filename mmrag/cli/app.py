"""The commands put together, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import typer

from mmrag.cli.asking import ask, search
from mmrag.cli.benching import bench
from mmrag.cli.chatting import chat
from mmrag.cli.doctor import doctor
from mmrag.cli.failing import run
from mmrag.cli.indexing import index, remove
from mmrag.cli.looking import info, list_, show
from mmrag.cli.mending import repair, verify
from mmrag.cli.models import models
from mmrag.cli.serving import mcp, serve
from mmrag.cli.versions import show_version, version

app = typer.Typer(
    name="mmrag",
    help="Ask a folder of documents: answers from what the pages say and show, with the place of each.",
    epilog="Exit codes: 0 fine, 1 error, 2 wrong usage, 3 the index was made but some files were skipped, "
    "4 the disk is full.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    index,
    search,
    ask,
    chat,
    serve,
    mcp,
    bench,
    show,
    info,
    list_,
    remove,
    verify,
    repair,
    models,
    doctor,
    version,
):
    app.command(command.__name__.rstrip("_"))(command)


@app.callback(invoke_without_command=True)
def mmrag(
    context: typer.Context,
    show: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Ask a folder of documents: answers from what the pages say and show, with the place of each."""
    if show:
        show_version()
        raise typer.Exit
    if context.invoked_subcommand is None:
        context.get_help()
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; ``arguments`` default to those of the process."""
    raise SystemExit(run(lambda: app(arguments, prog_name="mmrag", standalone_mode=False)))
