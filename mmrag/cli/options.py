"""Arguments and options that several commands share."""

from __future__ import annotations

import os
from typing import Annotated, TypeVar

import typer

from mmrag.config import STRATEGIES
from mmrag.errors import UsageError


def _forbid_network(offline: bool) -> bool:
    """Set at once: the library of the hub reads the environment when it is imported, and never again."""
    if offline:
        os.environ["MMRAG_OFFLINE"] = os.environ["HF_HUB_OFFLINE"] = "1"
    return offline


def _strategies(names: list[str] | None) -> list[str] | None:
    """``all`` stands for every strategy; several may stand together with commas between."""
    found = [part for name in names or () for part in name.split(",") if part]
    if "all" in found:
        return list(STRATEGIES)
    for name in found:
        if name not in STRATEGIES:
            raise UsageError(f"--strategy wants {', '.join(STRATEGIES)} or all, found {name!r}")
    return found or None


_Given = TypeVar("_Given", str, list[str] | None)


def named(name: _Given) -> _Given:
    """An empty name, as of a shell's variable that is not set, would stand for the current folder."""
    if "" in ([name] if isinstance(name, str) else name or ()):
        raise UsageError('a name is wanted, found "": the current folder is .')
    return name


IndexName = Annotated[
    str,
    typer.Argument(
        metavar="INDEX",
        help="Name of an index under ./indexes, its path, or the folder that it was made of.",
        show_default=False,
        callback=named,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]
Password = Annotated[
    str | None,
    typer.Option(
        metavar="WORD",
        help="Opens encrypted files. Better in the environment, where no other user sees it.",
        envvar="MMRAG_PASSWORD",
        show_default=False,
    ),
]
Pipeline = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="A recipe's name, or the path of its .yaml file. Else the one the index was made with, or mini.",
        show_default=False,
    ),
]
AskedBy = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        metavar="NAME|FILE",
        help="A recipe by whose parts retrieve and answer the index is searched and asked. Else the one it "
        "was made with.",
        show_default=False,
    ),
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline",
        help="Forbid any network: what is not on this machine is an error, at once.",
        callback=_forbid_network,
    ),
]
Strategies = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy",
        "-s",
        metavar="NAME",
        help="joint, caption, visual, or all; may be repeated.",
        show_default=False,
        callback=_strategies,
    ),
]
Generator = Annotated[
    str | None,
    typer.Option(
        metavar="SPEC",
        help="What answers, e.g. openai:qwen3-vl:8b@http://localhost:11434/v1; else as the recipe says.",
        show_default=False,
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(
        "--max-tokens",
        metavar="N",
        min=1,
        help="Stop a language model where prompt and answer together reach N tokens.",
        show_default=False,
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost",
        metavar="X",
        help="Stop it where they cost X, by the prices of the recipe.",
        show_default=False,
    ),
]
TopK = Annotated[
    int | None,
    typer.Option(
        "--top-k",
        "-k",
        metavar="N",
        min=1,
        max=1000,
        help="How many pages to answer from; else as the recipe says.",
        show_default=False,
    ),
]
