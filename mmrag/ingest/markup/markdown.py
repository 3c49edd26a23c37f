"""Markdown to blocks: CommonMark with tables and strikethrough, by way of HTML."""

from __future__ import annotations

import re
import sys
from typing import Any

from mmrag.ingest.markup.blocks import Parsed
from mmrag.ingest.markup.head import tidy
from mmrag.ingest.markup.html import from_html

_YAML = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(.*?\n)\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_MAX_FRONT = 20_000


def from_markdown(text: str) -> Parsed:
    """The blocks, title and front matter of a Markdown document.

    Links are read as their text. Pictures may be of any syntax, HTML included. Front matter (YAML or
    TOML) becomes metadata: its finite numbers, words, and lists of them.
    """
    from markdown_it import MarkdownIt

    front, body = _split(text)
    said = _metadata(front)
    renderer = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"])
    # A data URI is as good a picture as any; what is fetched or opened is decided later.
    setattr(renderer, "validateLink", lambda _url: True)  # noqa: B010
    parsed = from_html(renderer.render(body))
    title = said.pop("title", None) or parsed.title
    return Parsed(parsed.blocks, str(title), {**parsed.metadata, **said})


def _split(text: str) -> tuple[Any, str]:
    """Front matter, parsed, and the text after it. What does not parse is text."""
    found = _YAML.match(text) or _TOML.match(text)
    if not found or len(found[1]) > _MAX_FRONT:
        return {}, text
    import tomllib

    import yaml

    try:
        data = yaml.safe_load(found[1]) if text.startswith("-") else tomllib.loads(found[1])
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        return {}, text
    return (data, text[found.end() :]) if isinstance(data, dict) else ({}, text)


def _metadata(front: dict[Any, Any]) -> dict[str, str | int | float | bool]:
    said: dict[str, str | int | float | bool] = {}
    for key, value in front.items():
        name, plain = _plain(key), _plain(value)
        if "" not in (name, plain):
            said[str(name)] = plain
    return said


def _plain(value: Any) -> str | int | float | bool:
    """A scalar as it is, a list of scalars in one line, anything else as nothing."""
    if isinstance(value, (bool, int, float)):
        # Neither JSON nor an index can keep what is infinite or no number.
        return value if abs(value) <= sys.float_info.max else ""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, list):
        plain = (_plain(item) for item in value if not isinstance(item, (list, dict)))
        return ", ".join(str(item) for item in plain if item != "")
    return tidy(value.isoformat()) if hasattr(value, "isoformat") else ""
