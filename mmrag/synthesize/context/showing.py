"""Pictures of candidates, best first, as far as a model has room for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL.Image import Image

from mmrag.errors import ModelError
from mmrag.pictures import framed
from mmrag.synthesize.context.candidates import Candidate
from mmrag.synthesize.context.gathering import Pages

UNREADABLE = "its picture can't be read"


@dataclass(frozen=True, slots=True)
class Shown:
    """A candidate's picture in the size in which the model sees it, and its tokens."""

    candidate: Candidate
    picture: Image
    cost: int


class Showing:
    """Opens pictures one by one.

    Args:
        pages: what the index tells.
        side: longest side that the model sees, in pixels.
        cost: tokens of a picture; those of one size are taken to cost the same.

    Attributes:
        missing: why a candidate's picture could not be had, by element id.
    """

    def __init__(self, pages: Pages, side: int, cost: Callable[[Image], int]) -> None:
        self._pages, self._side, self._cost = pages, side, cost
        self._costs: dict[tuple[int, int], int] = {}
        self.missing: dict[str, str] = {}

    def pictures(self, candidates: Sequence[Candidate]) -> Iterator[Shown]:
        """Of those that have one, in their order, each picture once."""
        seen: set[str] = set()
        for one in candidates:
            if not one.shows or one.element.picture in seen:
                continue
            picture = self._open(one)
            if picture is not None:
                seen.update([one.element.picture] if one.element.picture else ())
                yield Shown(one, picture, self._cost_of(picture))

    def _open(self, one: Candidate) -> Image | None:
        try:
            picture = self._pages.picture(one.hit, one.element)
            if picture is not None:
                return framed(picture, self._side)
        except ModelError:  # it can't be decoded
            picture = None
        self.missing[one.element.id] = UNREADABLE
        return None

    def _cost_of(self, picture: Image) -> int:
        if picture.size not in self._costs:
            self._costs[picture.size] = self._cost(picture)
        return self._costs[picture.size]
