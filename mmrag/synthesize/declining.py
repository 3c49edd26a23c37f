"""Notices where a model declines, before anything of it is shown."""

from __future__ import annotations


class Opening:
    """Holds the beginning of an answer back while it may still be the phrase that stands for no answer.

    Args:
        phrase: what the prompt tells the model to say where the pages do not hold the answer.

    Attributes:
        declined: whether the answer begins with the phrase; the rest of it is then swallowed.
    """

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase.casefold()
        self._held: str | None = ""
        self.declined = False

    def feed(self, piece: str) -> str:
        """What can be shown now."""
        if self.declined:
            return ""
        if self._held is None:
            return piece
        self._held = (self._held + piece).lstrip(" \t\r\n*_\"'“«`")
        begun = self._held.casefold()
        if len(begun) <= len(self._phrase) and self._phrase.startswith(begun):
            return ""
        return self.close()

    def close(self) -> str:
        """What was held back, at the end of the answer."""
        held, self._held = self._held or "", None
        after = held[len(self._phrase) :]
        if held.casefold().startswith(self._phrase) and not after[:1].isalnum():
            self.declined = True
            return ""
        return held
