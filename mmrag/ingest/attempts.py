"""What came of attempts at reading a file, and what is left to try."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mmrag import errors
from mmrag.errors import CrashedError, IngestError, TimedOutError, UnsupportedError
from mmrag.ingest.place import Place

_CRASH, _HANG, _MOST = 2, 3, 7
"""A third hang or a fourth crash on the pages of a file is the last that an engine is asked for in it."""

_VERDICTS = {"TimedOutError": "timed out", "CrashedError": "crashed"}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an engine did not read something: the name of an `IngestError`, and its message."""

    kind: str
    message: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """From an exception; any that is not ours is a crash."""
        kind = type(error).__name__ if isinstance(error, IngestError) else CrashedError.__name__
        return cls(kind, " ".join(str(error).split())[:500] or type(error).__name__)

    @property
    def verdict(self) -> str:
        """In two words, to come behind an engine's name."""
        return _VERDICTS.get(self.kind, "failed")

    @property
    def error(self) -> IngestError:
        """As an exception."""
        error: IngestError = getattr(errors, self.kind)(self.message)
        return error

    def and_then(self, name: str, then: Exception) -> Failure:
        """What to report where both engines failed on ``name``: as the first one did, with both reasons."""
        more = str(then).removeprefix(f"{name}: ").removeprefix(f"{name} ")
        known = isinstance(then, UnsupportedError) or more in self.message
        return self if known else Failure(self.kind, f"{self.message}; {more}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """How to read a file, by what came of earlier attempts.

    Attributes:
        refused: why the first engine is not asked any more at all.
        stop: the page from which on it is not asked, 1-based; 0 for none.
        bad: pages that the first engine did not survive: the second reads them.
        lost: pages that neither did.
    """

    refused: Failure | None = None
    stop: int = 0
    bad: Mapping[int, Failure] = field(default_factory=dict)
    lost: Mapping[int, Failure] = field(default_factory=dict)

    def without(self, name: str, place: Place, error: IngestError) -> Attempt:
        """The next attempt at the file ``name`` once an engine has failed at ``place``.

        Raises:
            IngestError: if nothing is left to try.
        """
        failure = Failure.of(error)
        if place.why:
            raise Failure(failure.kind, place.why).and_then(name, error).error
        if place.page == 0:
            if place.engine or self.refused:
                raise (self.refused or failure).and_then(name, error).error
            return replace(self, refused=failure)
        if place.engine:
            before = self.bad.get(place.page, self.refused) or failure
            both = before.and_then(name, error)
            lost = {**self.lost, place.page: both}
            if place.page in self.lost or _too_many(lost.values()):
                raise both.error
            return replace(self, lost=lost)
        bad = {**self.bad, place.page: failure}
        if self.stop or place.page in self.bad:
            return replace(self, bad=bad, refused=failure)
        return replace(self, bad=bad, stop=place.page if _too_many(bad.values()) else 0)

    def __contains__(self, page: object) -> bool:
        """Whether the first engine must leave the page alone."""
        return page in self.bad or page in self.lost or (isinstance(page, int) and 0 < self.stop <= page)

    def to_json(self) -> Any:
        """As plain data."""
        refused = self.refused and [self.refused.kind, self.refused.message]
        pages = [
            [[page, one.kind, one.message] for page, one in some.items()] for some in (self.bad, self.lost)
        ]
        return [refused, self.stop, *pages]

    @classmethod
    def from_json(cls, data: Any) -> Attempt:
        """What `to_json` gave."""
        refused, stop, *pages = data
        return cls(
            refused and Failure(*refused),
            stop,
            *({page: Failure(*one) for page, *one in some} for some in pages),
        )


FIRST = Attempt()
"""Nothing has failed yet."""


def _too_many(failures: Iterable[Failure]) -> bool:
    return sum(_HANG if one.kind == TimedOutError.__name__ else _CRASH for one in failures) > _MOST
