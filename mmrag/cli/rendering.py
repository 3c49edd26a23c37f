"""Hits and answers as a reader sees them in a terminal."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mmrag.cli.highlight import Span, excerpt, spans
from mmrag.cli.places import place, short
from mmrag.cli.terminal import clean, print_hanging
from mmrag.text.tables import cells, is_rule
from mmrag.types import Answer, Citation, FlagKind, Hit, Kind, LeftOut

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

SNIPPET_LINES = 3
_NAMED = 3
_FLAGGED = 60
"""Characters of a flagged sentence that are shown: the answer stands above."""
INDENT = 4


def print_hits(console: Console, hits: Sequence[Hit], question: str) -> None:
    """A list of hits: place, kind, score and element id, and under it the matching part."""
    for hit in hits:
        print_hanging(console, _heading(hit), INDENT)
        for text, found in _matching(hit, question, console.width - INDENT):
            print_hanging(console, _marked(" " * INDENT + text, found, INDENT), INDENT)


def print_sources(console: Console, answer: Answer, index: str) -> None:
    """Where each quote of the answer stands, how to see it, and what could not be verified."""
    if answer.citations or answer.flags or answer.stopped:
        console.print()
    for citation in answer.citations:
        print_hanging(console, _cited(citation), INDENT)
        quote = " ".join(table_rows(citation.quote))
        if not _words(quote) <= _words(answer.text):
            text, found = excerpt(quote, answer.question, 5 * console.width)
            print_hanging(console, _marked(" " * INDENT + text, found, INDENT), INDENT)
    for warning in _warnings(answer):
        console.print(f"! {warning}", style="yellow", soft_wrap=True)
    if answer.refused and answer.hits:
        console.print("\nThe nearest pages:", style="dim")
        print_hits(console, answer.hits[:3], answer.question)
    if answer.left_out:
        console.print("\n" + _left_out(answer.left_out), style="dim", soft_wrap=True)
    console.print("\n" + _closing(answer), style="dim", soft_wrap=True)
    if answer.citations:
        first = short(answer.citations[0].element)
        console.print(f"See it on its page: mmrag show {shlex.quote(index)} {first}", style="dim")


def print_answer(console: Console, answer: Answer) -> None:
    """Print the text of an answer, with its matches marked."""
    from rich.text import Text

    for line in map(clean, answer.text.splitlines()):
        shown = Text(line, style="yellow") if answer.refused else _marked(line, spans(line, answer.question))
        print_hanging(console, shown, 0)


def _warnings(answer: Answer) -> Iterator[str]:
    """What could not be verified, in the order of the places, and why the answer ends early."""
    if not answer.citations and any(flag.kind is FlagKind.UNCITED for flag in answer.flags):
        yield "the answer cites nothing, so nothing of it could be verified"
    else:
        for flag in answer.flags:
            text = clean(flag.text)
            yield f"{flag.kind.value}: {text if len(text) <= _FLAGGED else f'{text[:_FLAGGED].rstrip()} …'}"
    if answer.stopped:
        yield answer.stopped


def _heading(hit: Hit) -> Text:
    from rich.text import Text

    return Text.assemble(
        (f"{hit.rank:>2}. ", "bold"),
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
    parts = [answer.generator, f"confidence {answer.confidence:.2f}", f"{sum(answer.seconds.values()):.1f} s"]
    if answer.asked:
        parts.insert(0, f"searched for: {clean(answer.asked)}")
    if answer.tokens:
        parts.append(f"{answer.tokens.get('in', 0):,} + {answer.tokens.get('out', 0):,} tokens")
    if answer.pictures:
        parts.append(f"{answer.pictures} picture{'s' if answer.pictures > 1 else ''} shown")
    if answer.cost:
        parts.append(f"cost {answer.cost:.4g}")
    return " · ".join(parts)


def _left_out(parts: Sequence[LeftOut]) -> str:
    named = [f"{part.what} of {part.document}, p. {part.page} ({part.reason})" for part in parts[:_NAMED]]
    more = f"; and {len(parts) - _NAMED} more, see --json" if len(parts) > _NAMED else ""
    return clean("Not shown to the model: " + "; ".join(named) + more)


def _matching(hit: Hit, question: str, width: int) -> list[tuple[str, list[Span]]]:
    """The lines to show of a hit: of a table its head and best rows, else the best part of the text."""
    says = hit.snippet or " ".join(part for part in (hit.element.caption, hit.element.text) if part)
    rows = table_rows(says) if hit.element.kind is Kind.TABLE else []
    if len(rows) < 2:
        return [excerpt(says, question, max(20, (width - 1) * SNIPPET_LINES - width // 6))]
    shown = best_rows(rows, question, SNIPPET_LINES)
    return [excerpt(row, question, max(20, width)) for row in shown]


def table_rows(markdown: str) -> list[str]:
    """The rows of a Markdown table without their empty cells, and the lines around it; no rules."""
    lines = (line for line in markdown.splitlines() if not is_rule(line))
    rows = ([cell for cell in cells(line) if cell] for line in lines)
    return [" | ".join(row) for row in rows if row]


def best_rows(rows: Sequence[str], question: str, count: int) -> list[str]:
    """The first row and those with the most matched letters, ``count`` in all, as they stand."""
    gain = [sum(end - start for start, end in spans(row, question)) for row in rows]
    best = sorted(range(1, len(rows)), key=lambda place: -gain[place])[: count - 1]
    return [rows[place] for place in sorted([0, *best])]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _marked(text: str, found: list[Span], shift: int = 0) -> Text:
    from rich.text import Text

    out = Text(text)
    for start, end in found:
        out.stylize("bold yellow", start + shift, end + shift)
    return out
