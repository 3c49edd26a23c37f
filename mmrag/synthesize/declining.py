"""Notices where a model declines, before anything of it is shown."""

from __future__ import annotations

from mmrag.synthesize.claims import claims
from mmrag.synthesize.stating import is_courtesy, says_unknown

_AROUND = " \t\r\n*_\"'“«`"
"""What models put before the phrase; it may as well begin an answer, and is then shown."""


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
        self._held += piece
        begun = self._held.lstrip(_AROUND).casefold()
        if len(begun) <= len(self._phrase) and self._phrase.startswith(begun):
            return ""
        return self.close()

    def close(self) -> str:
        """What was held back, at the end of the answer."""
        held, self._held = (self._held or "").lstrip(), None
        begun = held.lstrip(_AROUND)
        if begun.casefold().startswith(self._phrase) and not begun[len(self._phrase) :][:1].isalnum():
            self.declined = True
            return ""
        return held


def says_only_unknown(text: str) -> bool:
    """Whether an answer says in words of its own that something is not known, and else nothing."""
    said = [text[claim.begin : claim.end] for claim in claims(text, 0)]
    told = [sentence for sentence in said if not is_courtesy(sentence)]
    return any(map(says_unknown, said)) and all(map(says_unknown, told))
