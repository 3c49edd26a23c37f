"""Where output goes: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PIPE_COLUMNS = 100
"""How wide excerpts are where nobody says how wide the screen is."""


def output() -> Console:
    """Standard output, for people."""
    return _console(stderr=False)


def errors() -> Console:
    """Standard error: progress, notes, warnings."""
    return _console(stderr=True)


def print_json(value: Any, indent: int | None = 2) -> None:
    """``value`` (of `mmrag.types`, or plain) as JSON on standard output; in one line without an indent."""
    from mmrag.types import to_dict

    plain = to_dict(value)
    text = json.dumps(plain, ensure_ascii=False, indent=indent, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(plain, indent=indent, default=str)
    print(text, flush=True)


def print_hanging(console: Console, text: Text, indent: int) -> None:
    """Print ``text`` wrapped, its lines after the first indented, without blanks at their ends.

    Into a pipe or a file it goes in one line, for `grep` and its like.
    """
    if not wraps(console):
        console.print(text, soft_wrap=True)
        return
    first, *rest = text.wrap(console, console.width)
    if rest:
        whole = text[len(first.plain) :]
        whole = whole[len(whole.plain) - len(whole.plain.lstrip()) :]
        rest = list(whole.wrap(console, max(10, console.width - indent)))
    for number, line in enumerate([first, *rest]):
        line.rstrip()
        if number:
            line.pad_left(indent)
        console.print(line, soft_wrap=True)


def wraps(console: Console) -> bool:
    """Whether lines are to be broken for a screen."""
    return _is_screen(sys.stderr if console.stderr else sys.stdout)


def clean(text: str) -> str:
    """``text`` in one line, without what could steer a terminal or turn the order of its letters.

    Documents are untrusted: an escape sequence in one must not reach the screen.
    """
    return " ".join(harmless(text).split())


def harmless(text: str) -> str:
    """``text`` with its lines and blanks as they are, otherwise as `clean`."""
    return "".join(" " if _unsafe(letter) and letter != "\n" else letter for letter in text)


def _unsafe(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp", "Cs") and letter not in "\u200c\u200d"


def _is_screen(stream: TextIO) -> bool:
    return stream.isatty() or "COLUMNS" in os.environ


def _console(stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    wide = None if _is_screen(stream) else PIPE_COLUMNS
    return Console(stderr=stderr, width=wide, highlight=False, markup=False, emoji=False)
