"""``mmrag info``, ``mmrag list`` and ``mmrag show``."""

from __future__ import annotations

import re
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.cli.drawing import DPI, draw
from mmrag.cli.options import IndexName, Json, Password
from mmrag.cli.sizes import size
from mmrag.errors import UsageError
from mmrag.types import Document, Element, Status

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from mmrag.api import Index, IndexInfo
    from mmrag.types import FileReport

_LONGEST_STEM = 200


def info(
    index: IndexName,
    files: Annotated[bool, typer.Option("--files", help="List the files and what became of each.")] = False,
    status: Annotated[
        list[Status] | None,
        typer.Option(
            metavar="STATUS",
            help="List only files of which this became, as in --status damaged; may be repeated.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say what an index holds, what it was made of, and with which models."""
    from mmrag.cli.opening import open_index
    from mmrag.cli.terminal import output, print_json

    with open_index(index) as opened:
        facts = opened.info()
        reports = [file for file in opened.files() if not status or file.status in status]
    if json:
        print_json({"index": facts, "files": reports} if files or status else facts)
        return
    output().print(_facts(facts), soft_wrap=True)
    if files or status:
        output().print()
        output().print(_files(reports))


def list_(
    folder: Annotated[
        Path, typer.Option("--folder", "-f", metavar="DIRECTORY", help="Where to look.")
    ] = Path("indexes"),
    json: Json = False,
) -> None:
    """List the indexes under ./indexes."""
    import mmrag
    from mmrag.cli.terminal import errors, output, print_json

    found = mmrag.list_indexes(folder)
    if json:
        print_json(found)
    elif found:
        output().print(_indexes(found))
    else:
        errors().print(f"No index under {folder}. Make one: mmrag index FOLDER", soft_wrap=True)


def show(
    index: IndexName,
    hit: Annotated[
        str,
        typer.Argument(
            metavar="HIT", help="An element's id as search and ask print it, or a page: 'report.pdf#3'."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture's file, .png or .jpg. Else named after the page, here.",
            show_default=False,
        ),
    ] = None,
    dpi: Annotated[
        int, typer.Option(metavar="N", min=36, max=600, help="Dots an inch of the picture.")
    ] = DPI,
    heatmap: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION",
            help="Colour where on the page this question matched, by strategy visual.",
            show_default=False,
        ),
    ] = None,
    password: Password = None,
    json: Json = False,
) -> None:
    """Write the picture of a page with the evidence outlined, and print where it is."""
    from mmrag.cli.opening import open_index
    from mmrag.cli.terminal import print_json

    if heatmap is not None and not heatmap.strip():
        raise UsageError("--heatmap wants a question: what should be looked for on the page?")
    with open_index(index) as opened:
        document, page, element = _resolve(opened, hit)
        to = output or _default_name(document, page, element)
        marked = [element] if element else []
        path = draw(
            opened, document, page, to, elements=marked, dpi=dpi, heat=heatmap or "", password=password
        )
    if json:
        print_json({"picture": path, "document": document, "page": page, "element": element})
    else:
        print(path)


def _resolve(index: Index, hit: str) -> tuple[Document, int, Element | None]:
    from mmrag.cli.places import parse_place

    if found := parse_place(hit):
        return index.document(found[0]), found[1], None
    if not re.fullmatch(r"[0-9a-f]{4,32}", hit):
        raise UsageError(f"{hit!r} is neither an element's id (3f2a9c1e) nor a page (report.pdf#3)")
    element = index.element(hit)
    return index.document(element.document), element.page, element


def _default_name(document: Document, page: int, element: Element | None) -> Path:
    from mmrag.cli.places import short

    stem = re.sub(r"[^\w.-]+", "-", Path(document.path).stem)
    # A file's name may have 255 bytes, which the document's own may have used up.
    stem = stem.encode("utf-8", "ignore")[:_LONGEST_STEM].decode("utf-8", "ignore").strip("-.") or "page"
    name = f"{stem}-p{page}{'-' + short(element) if element else ''}"
    others = (Path(f"{name}-{number}.png") for number in count(2))
    # Documents in two folders may be called the same, and what is there may be somebody's.
    return next(path for path in chain([Path(f"{name}.png")], others) if not path.exists())


def _facts(facts: IndexInfo) -> Text:
    from rich.text import Text

    from mmrag.cli.terminal import clean

    rows = _rows(facts)
    width = max(len(name) for name, _ in rows)
    lines = [Text.assemble((f"{name:<{width}}  ", "dim"), clean(value)) for name, value in rows]
    return Text("\n").join(lines)


def _rows(facts: IndexInfo) -> list[tuple[str, str]]:
    fixed = [
        ("index", facts.name),
        ("path", facts.path),
        ("made of", facts.root),
        ("recipe", facts.recipe),
        ("views", _views(facts)),
        ("documents", f"{facts.documents:,}"),
        ("pages", f"{facts.pages:,}"),
        ("figures", f"{facts.figures:,}"),
        ("tables", f"{facts.tables:,}"),
        ("chunks", f"{facts.chunks:,}"),
        ("size", size(facts.bytes)),
        ("schema", str(facts.schema)),
        ("updated", facts.updated),
    ]
    fixed += [("state", facts.state)] if facts.state else []
    return fixed + [(key, value) for key, value in facts.fingerprints.items()]


def _views(facts: IndexInfo) -> str:
    """The views; of one that a stopped run has not laid over all documents, over how many it is."""
    return ", ".join(
        name if count == facts.documents else f"{name} (of {count} of {facts.documents} documents so far)"
        for name, count in facts.views.items()
    )


def _files(reports: list[FileReport]) -> Table:
    from rich.text import Text

    from mmrag.cli.terminal import clean

    table = _plain_table("file", "pages", "status", "")
    for file in reports:
        style = "yellow" if file.status.skipped else "dim"
        table.add_row(
            Text(clean(file.path)),
            str(file.pages),
            Text(file.status.value, style=style),
            Text(clean(file.reason.removeprefix(f"{file.path}: "))),
        )
    return table


def _indexes(found: list[IndexInfo]) -> Table:
    from rich.text import Text

    from mmrag.cli.terminal import clean

    table = _plain_table("index", "files", "pages", "chunks", "size", "updated", "made of")
    for facts in found:
        table.add_row(
            Text(clean(facts.name), style="bold cyan"),
            f"{facts.documents:,}",
            f"{facts.pages:,}",
            f"{facts.chunks:,}",
            size(facts.bytes),
            facts.updated,
            Text(clean(facts.root), style="dim"),
        )
    return table


def _plain_table(*headings: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        number = heading in ("pages", "files", "chunks", "size")
        table.add_column(heading, justify="right" if number else "left", overflow="fold")
    return table
