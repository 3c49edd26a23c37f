"""``mmrag search`` and ``mmrag ask``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.cli.failing import SKIPPED
from mmrag.cli.options import (
    AskedBy,
    Generator,
    IndexName,
    Json,
    MaxCost,
    MaxTokens,
    Offline,
    Password,
    Strategies,
    TopK,
    named,
)
from mmrag.errors import MmragError, UsageError
from mmrag.types import Filters, Kind, Query

if TYPE_CHECKING:
    from mmrag.api import Index
    from mmrag.types import Answer

OnlyDocument = Annotated[
    list[str] | None,
    typer.Option(
        "--document",
        "-d",
        metavar="NAME",
        help="Only in this document: a path, an id, or a pattern such as 'reports/*.pdf'. May be repeated.",
        show_default=False,
    ),
]
OnlyKind = Annotated[
    list[Kind] | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Only this kind of element: {', '.join(Kind)}. May be repeated.",
        show_default=False,
    ),
]
OnlyLabel = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="LABEL",
        help="Only pictures that strategy joint has labelled so: chart, photo, diagram, … May be repeated.",
        show_default=False,
    ),
]
OnlyPages = Annotated[
    str | None,
    typer.Option("--pages", metavar="FROM-TO", help="Only these pages: 7, or 3-9.", show_default=False),
]
OnlyWhere = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Only documents with this metadata, e.g. author=Lee. May be repeated.",
        show_default=False,
    ),
]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
"""Not all that Python reads as one: an author may be called Nan, and 1_000 is a name."""


def search(
    index: IndexName,
    question: Annotated[
        str, typer.Argument(metavar="[QUESTION]", help="Words or a question.", show_default=False)
    ] = "",
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Find what looks like this picture, with or without words besides. Wants strategy joint.",
            show_default=False,
        ),
    ] = None,
    top_k: Annotated[
        int, typer.Option("--top-k", "-k", metavar="N", min=1, max=1000, help="How many pages.")
    ] = 10,
    strategy: Strategies = None,
    document: OnlyDocument = None,
    kind: OnlyKind = None,
    label: OnlyLabel = None,
    pages: OnlyPages = None,
    where: OnlyWhere = None,
    pipeline: AskedBy = None,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Find the pages that answer a question best, each with the paragraph, table or figure that does."""
    from mmrag.cli.opening import open_index
    from mmrag.cli.rendering import print_hits
    from mmrag.cli.terminal import errors, output, print_json

    filters = read_filters(document, kind, pages, where, label)
    if not question and picture is None:
        raise UsageError("search wants a question, or --picture FILE. See mmrag search --help")
    query = Query(question, None if picture is None else str(picture))
    with open_index(index, pipeline) as opened:
        hits = opened.search(query, top_k=top_k, filters=filters, strategies=strategy)
    if json:
        print_json({"question": question, "hits": hits})
    elif hits:
        print_hits(output(), hits, question)
    else:
        errors().print("Nothing found" + (" with these filters." if filters else "."))


def ask(
    index: Annotated[
        str,
        typer.Argument(
            metavar="INDEX|FOLDER",
            help="Name or path of an index; or a folder of documents (./docs), which is indexed first.",
            show_default=False,
            callback=named,
        ),
    ],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question, in any language.")],
    top_k: TopK = None,
    strategy: Strategies = None,
    document: OnlyDocument = None,
    kind: OnlyKind = None,
    label: OnlyLabel = None,
    pages: OnlyPages = None,
    where: OnlyWhere = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIRECTORY",
            help="Write the page of each citation there, with the evidence outlined.",
            show_default=False,
        ),
    ] = None,
    generator: Generator = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    pipeline: AskedBy = None,
    password: Password = None,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Answer a question, and say for each piece of the answer where it stands.

    Where the evidence is too weak, the answer says so; the exit code is 0 all the same. Exit code 3 says that
    a page of --pictures could not be drawn.
    """
    from mmrag.cli.opening import short_name
    from mmrag.cli.rendering import print_sources
    from mmrag.cli.streaming import print_written
    from mmrag.cli.terminal import output, print_json

    filters = read_filters(document, kind, pages, where, label)
    if pictures:  # a folder that can't be made is told before anything is asked
        pictures.mkdir(parents=True, exist_ok=True)
    with _index_for(index, pipeline, strategy, password) as opened:
        with opened.stream(
            question,
            top_k,
            filters,
            strategy,
            generator=generator,
            max_tokens=max_tokens,
            max_cost=max_cost,
        ) as stream:
            answer = stream.answer if json else print_written(output(), stream)
        if not json:
            print_sources(output(), answer, short_name(opened))
        written = _draw(opened, answer, pictures, password) if pictures else []
    if json:
        print_json({"answer": answer, "pictures": written} if pictures else answer)
    for path in () if json else written:
        output().print(path, style="dim", soft_wrap=True)
    if pictures and len(written) < len(answer.citations):
        raise typer.Exit(SKIPPED)


def read_filters(
    documents: list[str] | None,
    kinds: list[Kind] | None,
    pages: str | None,
    where: list[str] | None,
    labels: list[str] | None = None,
) -> Filters | None:
    """Filters from the options' words; ``None`` where none is given.

    Raises:
        UsageError: if a page range or a ``key=value`` can't be read.
    """
    filters = Filters(
        documents=tuple(documents or ()),
        kinds=tuple(kinds or ()),
        pages=_range(pages) if pages is not None else None,
        metadata=dict(_pair(word) for word in where or ()),
        labels=tuple(labels or ()),
    )
    return filters or None


def _range(words: str) -> tuple[int, int]:
    first, dash, last = words.partition("-")
    try:
        found = (int(first), int(last if dash else first))
    except ValueError:
        raise UsageError(f"--pages wants 7 or 3-9, found {words!r}") from None
    if not 1 <= found[0] <= found[1]:
        raise UsageError(f"--pages wants a first page from 1 and a last one not before it, found {words!r}")
    return found


def _pair(words: str) -> tuple[str, str | int | float | bool]:
    key, equals, value = words.partition("=")
    if not key or not equals:
        raise UsageError(f"--where wants key=value, found {words!r}")
    return key.strip(), _scalar(value.strip())


def _scalar(word: str) -> str | int | float | bool:
    """``2024`` is a number and ``true`` a truth, as metadata holds them; ``"2024"`` in quotes is text."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return word[1:-1]
    if word in ("true", "false"):
        return word == "true"
    if not _NUMBER.fullmatch(word):
        return word
    return float(word) if set(word) & set(".eE") else int(word)


def _index_for(name: str, pipeline: str | None, strategies: list[str] | None, password: str | None) -> Index:
    import mmrag
    from mmrag.cli.indexing import note_skipped
    from mmrag.cli.opening import is_source, open_index
    from mmrag.cli.progress import bar

    if not is_source(name):
        return open_index(name, pipeline)
    with bar() as progress:
        index = mmrag.build(
            name, pipeline=pipeline, strategies=strategies, password=password, progress=progress
        )
    note_skipped(index)
    return index


def _draw(index: Index, answer: Answer, folder: Path, password: str | None) -> list[str]:
    """Draw the page of each citation. One that can't be drawn is told: it must not cost the answer."""
    from mmrag.cli.drawing import draw
    from mmrag.cli.places import place
    from mmrag.cli.terminal import clean, errors

    written = []
    for citation in answer.citations:
        try:
            path = draw(
                index,
                citation.document,
                citation.page.number,
                folder / f"{citation.number}.png",
                boxes=[citation.bbox] if citation.bbox else [],
                elements=[] if citation.bbox else [citation.element],
                password=password,
            )
        except (MmragError, OSError) as error:
            cited = f"[{citation.number}] {place(citation.document, citation.page)}"
            errors().print(f"not drawn: {cited}: {clean(str(error))}", style="yellow", soft_wrap=True)
        else:
            written.append(path)
    return written
