"""As much of the candidates as a model has room for, counted by the model itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PIL.Image import Image

from mmrag.synthesize.context.candidates import Candidate, joined
from mmrag.synthesize.context.shortening import size

_HEADING = 60  # bytes of the lines around a text, about
_LEAST = 1_000
"""Bytes of a text that is shown at all: a shorter one is shown whole, a longer one in no smaller part."""
_FULL = 0.92  # of the room; fuller is not worth another count
_MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """A candidate that comes into the prompt.

    Attributes:
        candidate: which.
        body: its text, shortened where it had to be.
        picture: as the model sees it; ``None`` for none.
    """

    candidate: Candidate
    body: str
    picture: Image | None = None

    @property
    def text(self) -> str:
        """All that is read of it."""
        return joined(self.candidate.lead, self.body)


Count = Callable[[Sequence[Chosen]], int]
"""Tokens of the prompt with these in it."""


def fit_texts(candidates: Sequence[Candidate], kept: frozenset[str], count: Count, room: int) -> list[Chosen]:
    """Texts in their order, so many and so long that the prompt has at most ``room`` tokens.

    Counts at most ten times: it goes from an estimate in bytes to a better one.

    Args:
        candidates: best first.
        kept: ids of elements that come in even without their text, for their picture.
        count: of the prompt with texts alone.
        room: for all of it, in tokens.
    """
    everything = _allotted(candidates, kept, _weight(candidates))
    used = count(everything)
    if used <= room:
        return everything
    empty = count([])
    best: list[Chosen] = []
    low, high = 0, _weight(candidates)
    guess = _between(low, high, high * (room - empty) / max(used - empty, 1))
    for _ in range(_MOST_TRIES):
        tried = _allotted(candidates, kept, guess)
        used = count(tried)
        if used <= room:
            best, low = tried, guess
            if used >= _FULL * room:
                break
        else:
            high = guess
        if high - low <= _HEADING:
            break
        guess = _between(low, high, guess * (room - empty) / max(used - empty, 1))
    return best


def _between(low: int, high: int, guess: float) -> int:
    """``guess``, kept off the ends so that each try narrows them."""
    margin = (high - low) // 16 + 1
    return int(min(max(guess * 0.97, low + margin), high - margin))


def _weight(candidates: Sequence[Candidate]) -> int:
    return sum(_HEADING + size(one.lead) + one.body.size for one in candidates)


def _allotted(candidates: Sequence[Candidate], kept: frozenset[str], room: int) -> list[Chosen]:
    """Texts of at most ``room`` bytes: each gets what it needs, but no more than half of what is left.

    What the others did not need goes to those that were shortened.
    """
    left = room
    chosen: list[Chosen] = []
    for one in candidates:
        fixed = _HEADING + size(one.lead)
        whole = fixed + one.body.size
        most = min(left, max(left // 2, _LEAST))
        body = one.body.within(most - fixed) if whole <= most or most >= _LEAST else ""
        if body or whole <= most or (one.element.id in kept and fixed <= left):
            chosen.append(Chosen(one, body))
            left -= fixed + size(body)
    for at, text in enumerate(chosen):
        used = size(text.body)
        if used < text.candidate.body.size and left > 0:
            longer = text.candidate.body.within(used + left)
            if size(longer) > used:
                chosen[at] = replace(text, body=longer)
                left -= size(longer) - used
    return chosen
