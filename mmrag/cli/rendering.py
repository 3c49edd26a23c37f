"""Hits and answers as a reader sees them in a terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mmrag.cli.highlight import excerpt, spans
from mmrag.cli.places import place, short
from mmrag.cli.terminal import clean
from mmrag.types import Answer, Citation, Hit

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

SNIPPET_LINES = 3
INDENT = 4


def print_hits(console: Console, hits: list[Hit], question: str) -> None:
    """A list of hits: place, kind, score and element id, and under it the matching part."""
    for hit in hits:
        console.print(_heading(f"{hit.rank:>2}. ", hit))
        snippet = excerpt(hit.snippet or _says(hit), question, _snippet_columns(console))
        console.print(_indented(_marked(*snippet)))


def print_answer(console: Console, answer: Answer, index: str) -> None:
    """The answer, where each quote stands, and how to see it."""
    _print_text(console, answer)
    for citation in answer.citations:
        console.print(_cited(citation))
        if clean(citation.quote) not in clean(answer.text):
            console.print(_indented(_marked(*excerpt(citation.quote, answer.question, 400))))
    if answer.refused and answer.hits:
        console.print(_dim("\nThe nearest pages:"))
        print_hits(console, list(answer.hits[:3]), answer.question)
    console.print(_dim("\n" + _closing(answer)))
    if answer.citations:
        first = short(answer.citations[0].element)
        console.print(_dim(f"See it on its page: mmrag show {shlex.quote(index)} {first}"))


def _print_text(console: Console, answer: Answer) -> None:
    from rich.text import Text

    for line in answer.text.splitlines() or [""]:
        text = clean(line)
        if answer.refused:
            console.print(Text(text, style="yellow"))
        else:
            console.print(_marked(text, spans(text, answer.question)))
    if answer.citations:
        console.print()


def _heading(number: str, hit: Hit) -> Text:
    from rich.text import Text

    return Text.assemble(
        (number, "bold"),
        (place(hit.document, hit.page), "bold cyan"),
        (f" · {hit.element.kind.value} · score {hit.score:.2f} · {short(hit.element)}", "dim"),
    )


def _cited(citation: Citation) -> Text:
    from rich.text import Text

    return Text.assemble(
        (f"[{citation.number}] ", "bold"),
        (place(citation.document, citation.page), "bold cyan"),
        (f", {citation.element.kind.value}, {short(citation.element)}", "dim"),
    )


def _closing(answer: Answer) -> str:
    seconds = sum(answer.seconds.values())
    return f"{answer.generator} · confidence {answer.confidence:.2f} · {seconds:.1f} s"


def _says(hit: Hit) -> str:
    return " ".join(part for part in (hit.element.caption, hit.element.text) if part)


def _snippet_columns(console: Console) -> int:
    return max(20, (console.width - INDENT - 1) * SNIPPET_LINES - 12)


def _marked(text: str, found: list[tuple[int, int]]) -> Text:
    from rich.text import Text

    out = Text(text)
    for start, end in found:
        out.stylize("bold yellow", start, end)
    return out


def _dim(text: str) -> Text:
    from rich.text import Text

    return Text(text, style="dim")


def _indented(text: Text) -> RenderableType:
    from rich.padding import Padding

    return Padding(text, (0, 0, 0, INDENT), expand=False)
