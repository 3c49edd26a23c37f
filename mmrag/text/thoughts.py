"""Leaves a model's thoughts out of an answer, also while it is written."""

from __future__ import annotations

from mmrag.errors import ModelError

_BEGIN, _END = "<think>", "</think>"
_WITHOUT_BEGIN = (
    "the model writes its thoughts into the answer and does not say where they begin: start the server with "
    "a reasoning parser, or take a model that does not reason"
)


class Thoughts:
    """Takes an answer in pieces and gives back what is answer in them, without blanks around the whole.

    Thoughts are what a model writes between ``<think>`` and ``</think>`` before it answers.

    Args:
        thinking: whether the prompt ends with ``<think>``, so that the answer begins with thoughts.
    """

    def __init__(self, thinking: bool = False) -> None:
        self._held = ""
        self._begun = self._thought = False
        self._thinking = thinking

    def add(self, text: str) -> str:
        """What can be given of the answer now that ``text`` has come in.

        Raises:
            ModelError: if what was given turns out to have been thoughts.
        """
        self._held += text
        if self._thinking:
            self._held = self._after(self._held)
        if self._thinking:
            return ""
        if not self._begun:
            self._held = self._held.lstrip()
            if self._held.startswith(_BEGIN):
                self._thinking = True
                return self.add("")
            if _BEGIN.startswith(self._held):
                return ""
        return self._settled()

    def end(self) -> str:
        """What is left when nothing more comes in."""
        given = "" if self._thinking else self._held.rstrip()
        self._held = ""
        return mended(given)

    def _settled(self) -> str:
        if _END in self._held and not self._thought:
            if self._begun:
                raise ModelError(_WITHOUT_BEGIN)
            self._held = self._held.rpartition(_END)[2].lstrip()
        kept = self._held.rstrip()
        given = kept[: len(kept) - overlap(kept, _END)].rstrip()
        if "\ud800" <= given[-1:] <= "\udbff":  # half a character, the other half is to come
            given = given[:-1]
        self._begun = self._begun or bool(given)
        self._held = self._held[len(given) :]
        return mended(given)

    def _after(self, text: str) -> str:
        before, end, answer = text.partition(_END)
        self._thinking, self._thought = not end, True
        return answer if end else before[-len(_END) :]


def without_thoughts(text: str) -> str:
    """What follows the thoughts that a model has written down between ``<think>`` and ``</think>``.

    Some templates write the first of the two themselves, so that only the second is in the answer.
    """
    _, end, answer = text.rpartition("</think>")
    if end:
        return answer.strip()
    return "" if answer.lstrip().startswith("<think>") else answer.strip()


def overlap(text: str, mark: str) -> int:
    """Characters at the end of ``text`` that begin ``mark``."""
    return next((size for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), 0)


def mended(text: str) -> str:
    """``text`` with each character whole that a server cut into two pieces; half a character is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
