"""An answer on the screen while it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mmrag.cli.rendering import print_answer
from mmrag.cli.terminal import errors, harmless, wraps
from mmrag.types import Answer

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.synthesize.stream import AnswerStream

_IDEOGRAPHS = r"\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_PART = re.compile(rf"\n|[^\S\n]+|[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]+")


def print_written(console: Console, stream: AnswerStream) -> Answer:
    """Print an answer as it is written; one that comes in a single piece, with its matches marked."""
    pieces = iter(stream)
    with errors().status("Answering …"):  # on a terminal alone
        first = next(pieces, "")
    words, held = Words(console), first  # until it is clear whether it is all
    try:
        for piece in pieces:
            words.add(held + piece)
            held = ""
    except BaseException:  # what was written before it broke off is shown, and what follows begins a line
        words.add(held)
        words.end()
        raise
    if held:
        print_answer(console, stream.answer)
    else:
        words.end()
    return stream.answer


class Words:
    """Prints text that comes in pieces, on a terminal without breaking words at the ends of its lines."""

    def __init__(self, console: Console) -> None:
        self._console, self._wraps = console, wraps(console)
        self._word, self._column = "", 0

    def add(self, piece: str) -> None:
        """Print what can be: a word when its end is there."""
        parts = _PART.findall(self._word + harmless(piece))
        self._word = parts.pop() if parts and self._wraps else ""
        self._print(parts)

    def end(self) -> None:
        """Print what is held, and end the line."""
        self._print([self._word])
        self._console.print()

    def _print(self, parts: list[str]) -> None:
        from rich.cells import cell_len

        text = ""
        for part in parts:
            wide = cell_len(part)
            if part == "\n":
                self._column = 0
            elif self._wraps and self._column and self._column + wide > self._console.width:
                text = text.rstrip(" ") + "\n"
                part = part.lstrip(" ")
                self._column = cell_len(part)
            else:
                self._column += wide
            text += part
        if text:
            self._console.print(text, end="", soft_wrap=True)
