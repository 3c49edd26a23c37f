"""``mmrag chat``: questions that may lean on those before them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from mmrag.cli.asking import OnlyDocument, OnlyKind, OnlyLabel, OnlyPages, OnlyWhere, read_filters
from mmrag.cli.failing import ERROR
from mmrag.cli.options import (
    AskedBy,
    Generator,
    IndexName,
    Json,
    MaxCost,
    MaxTokens,
    Offline,
    Strategies,
    TopK,
)

if TYPE_CHECKING:
    from mmrag.api.chat import Chat

_ENDS = frozenset({"/quit", "/exit", "/q"})


def chat(
    index: IndexName,
    top_k: TopK = None,
    strategy: Strategies = None,
    document: OnlyDocument = None,
    kind: OnlyKind = None,
    label: OnlyLabel = None,
    pages: OnlyPages = None,
    where: OnlyWhere = None,
    generator: Generator = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    pipeline: AskedBy = None,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Ask one question after the other; a question may lean on those before it ("And in 2024?").

    Reads a question a line until /quit or the end of input. Limits are of the whole conversation. With
    --json, each answer is one line.
    """
    from mmrag.cli.opening import open_index, short_name

    filters = read_filters(document, kind, pages, where, label)
    with open_index(index, pipeline) as opened:
        conversation = opened.chat(
            top_k, filters, strategy, generator=generator, max_tokens=max_tokens, max_cost=max_cost
        )
        name = short_name(opened)
        answered = [_answer(conversation, question, name, json) for question in _questions(json)]
    if not all(answered):
        raise typer.Exit(ERROR)


def _questions(quiet: bool) -> Iterator[str]:
    """Lines of standard input that are not empty; with a prompt where a person types them."""
    from mmrag.cli.terminal import errors

    typed = sys.stdin.isatty()
    prompt = "> " if typed else ""
    if typed:
        import readline  # noqa: F401 - input() then edits lines and remembers them

        if not quiet:
            errors().print("Ask; /quit ends.", style="dim")
    while True:
        try:
            if not sys.stdout.isatty():  # there, input() would write among the answers
                print(prompt, end="", file=sys.stderr, flush=True)
                line = input().strip()
            else:
                line = input(prompt).strip()
        except (EOFError, KeyboardInterrupt):
            return
        if line in _ENDS:
            return
        if line:
            yield line


def _answer(conversation: Chat, question: str, index: str, json: bool) -> bool:
    """Print one answer, or what went wrong with it, which ends nothing; whether all went well."""
    from mmrag.cli.rendering import print_sources
    from mmrag.cli.streaming import print_written
    from mmrag.cli.terminal import clean, errors, output, print_json
    from mmrag.errors import MmragError

    try:
        with conversation.stream(question) as stream:
            if json:
                print_json(stream.answer, indent=None)
            else:
                print_sources(output(), print_written(output(), stream), index)
                output().print()
    except MmragError as error:
        if json:
            print_json({"question": question, "error": str(error)}, indent=None)
        else:
            errors().print(f"mmrag: {clean(str(error))}", soft_wrap=True)
        return False
    except KeyboardInterrupt:
        errors().print("\nStopped.", style="dim")
    return True
