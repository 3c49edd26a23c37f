"""Two engines for one file: what the first hangs on, crashes on or refuses, the second gets one try at.

A page counts as read by whichever engine could; what the second one read says so in its metadata, and why
(``engine``, ``engine_reason``), or its document does if it read all of it. A hang or a crash costs the parser
process; the pool then starts another and says in an `Attempt` what to leave alone. What an engine refuses by
itself goes to the second in the same process.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, cast

from mmrag import errors
from mmrag.config import IngestOptions
from mmrag.errors import (
    CrashedError,
    DamagedError,
    EncryptedError,
    IngestError,
    TimedOutError,
    UnsupportedError,
)
from mmrag.ingest.base import Ingestor
from mmrag.ingest.place import Place, announce, second_engine, start
from mmrag.types import Document, Page, ParsedPage

if TYPE_CHECKING:
    from mmrag.ingest.opening import Job, ResumableIngestor

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

    def and_then(self, name: str, then: Exception) -> IngestError:
        """The error to report where both engines failed: the first one's, with both reasons."""
        more = str(then).removeprefix(f"{name}: ").removeprefix(f"{name} ")
        known = isinstance(then, UnsupportedError) or more in self.message
        error: IngestError = getattr(errors, self.kind)(self.message if known else f"{self.message}; {more}")
        return error


@dataclass(frozen=True, slots=True)
class Attempt:
    """How to read a file, by what came of earlier attempts.

    Attributes:
        refused: why the first engine is not asked any more at all.
        stop: the page from which on it is not asked, 1-based; 0 for none.
        bad: pages that the first engine did not survive: the second reads them.
        lost: pages that neither did, with what the second one did.
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
            raise Failure(failure.kind, place.why).and_then(name, error)
        if place.page == 0:
            if place.engine or self.refused:
                raise (self.refused or failure).and_then(name, error)
            return replace(self, refused=failure)
        if place.engine:
            before = self.bad.get(place.page, self.refused) or failure
            both = before.and_then(name, error)
            lost = {**self.lost, place.page: Failure(failure.kind, str(both))}
            if place.page in self.lost or _too_many(lost.values()):
                raise both
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


class TwoEngines(Protocol):
    """An ingestor with a second engine behind it.

    Attributes:
        engine: its name, for people.
        second: the other one.
    """

    engine: str
    second: TwoEngines | None


def read(
    ingestor: Ingestor, job: Job, options: IngestOptions, attempt: Attempt
) -> tuple[Document, Iterator[ParsedPage]]:
    """The document, and its pages in order, by the first engine where it can and the second where it must.

    Raises:
        IngestError: one of its subclasses, if the file can't be read at all.
    """
    reading = _Reading(ingestor, job, options, attempt)
    if attempt.refused is not None:
        return reading.by_second(attempt.refused)
    start()
    try:
        return reading.by_both()
    except (MemoryError, EncryptedError):
        raise
    except IngestError as error:
        if not isinstance(error, (DamagedError, CrashedError, TimedOutError)) or reading.second is None:
            raise
        return reading.by_second(Failure.of(error), softly=True)
    except Exception as error:
        if reading.second is None:
            raise
        return reading.by_second(Failure.of(error), softly=True)


class _Reading:
    """One reading of one file."""

    def __init__(self, ingestor: Ingestor, job: Job, options: IngestOptions, attempt: Attempt) -> None:
        self._first = ingestor
        self._name = getattr(ingestor, "engine", "")
        self.second: Any = getattr(ingestor, "second", None)
        self._job = job
        self._options = options
        self._attempt = attempt

    def by_both(self) -> tuple[Document, Iterator[ParsedPage]]:
        """By the first engine, and the second for what the first can't do."""
        document, pages = self._open(self._first, self._job, self._attempt)
        return document, self._merged(document, pages)

    def by_second(self, failure: Failure, *, softly: bool = False) -> tuple[Document, Iterator[ParsedPage]]:
        """By the second engine alone, with what the first one did in the document's metadata.

        Raises:
            IngestError: with both reasons, if it can't either.
        """
        if self.second is None:
            raise UnsupportedError(f"{self._job.name}: there is no second engine for it")
        with second_engine(self.second.engine, failure.message if softly else ""):
            announce(0)
            try:
                lost = tuple(self._attempt.lost)
                document, pages = self._open(self.second, self._job, lost)
            except (MemoryError, EncryptedError):
                raise
            except Exception as error:
                raise failure.and_then(self._job.name, error) from error
        how = "could not open it" if failure.verdict == "failed" else f"{failure.verdict} opening it"
        said = {"engine": self.second.engine, "engine_reason": f"{self._name} {how}"}
        document = replace(document, metadata={**document.metadata, **said})
        return document, self._rest(document, pages, failure)

    def _open(
        self, ingestor: Ingestor, job: Job, skip: Container[int]
    ) -> tuple[Document, Iterator[ParsedPage]]:
        if not job.after and skip in (FIRST, ()):
            return ingestor.open(job.path, job.name, self._options, job.password)
        if not hasattr(ingestor, "resume"):
            raise UnsupportedError(f"{job.name} can't be read from the middle")
        more: dict[str, Any] = {"resume": job.resume} if job.resume else {}
        if skip not in (FIRST, ()):
            more["skip"] = skip
        resumable = cast("ResumableIngestor", ingestor)
        return resumable.resume(job.path, job.name, self._options, job.password, job.after, **more)

    def _merged(self, document: Document, pages: Iterator[ParsedPage]) -> Iterator[ParsedPage]:
        """Pages of the first engine, and in their gaps those of the second."""
        number = self._job.after
        while True:
            number += 1
            while number in self._attempt and number != self._attempt.stop:
                yield self._instead(document, number)
                number += 1
            if number == self._attempt.stop:
                yield from self._behind(document, number)
                return
            if number <= document.page_count:
                announce(number)
            page = next(pages, None)
            if page is None:
                return
            refused = page.error is not None and not page.elements and not page.lines
            yield self._better(document, page) if refused and self.second is not None else page

    def _rest(
        self, document: Document, pages: Iterator[ParsedPage], failure: Failure
    ) -> Iterator[ParsedPage]:
        """Pages of the second engine alone; where the first had begun, each says that it is."""
        begun = self._job.after > 0 or self._attempt.bad
        number = self._job.after
        with second_engine(self.second.engine):
            while True:
                number += 1
                while number in self._attempt.lost:
                    yield self._lost(document, number)
                    number += 1
                if number <= document.page_count:
                    announce(number)
                page = next(pages, None)
                if page is None:
                    return
                yield self._marked(page, failure) if begun else page

    def _behind(self, document: Document, number: int) -> Iterator[ParsedPage]:
        """Page ``number`` and all behind it, which the first engine is not asked for."""
        failure = self._attempt.bad[number]
        if self.second is None:
            raise getattr(errors, failure.kind)(failure.message)
        behind = _Reading(
            self._first, replace(self._job, after=number - 1, resume=""), self._options, self._attempt
        )
        yield from behind.by_second(failure)[1]

    def _instead(self, document: Document, number: int) -> ParsedPage:
        """A page that the first engine must not touch."""
        if number in self._attempt.lost:
            return self._lost(document, number)
        failure = self._attempt.bad[number]
        if self.second is None:
            return ParsedPage(Page(document.id, number), (), error=failure.message)
        return self._by_second_alone(document, number, failure)

    def _better(self, document: Document, page: ParsedPage) -> ParsedPage:
        """A page that the first engine gave up by itself, by the second if that finds more."""
        failure = Failure(DamagedError.__name__, page.error or "")
        other = self._by_second_alone(document, page.page.number, failure)
        return other if other.elements or not other.error else replace(page, error=other.error)

    def _by_second_alone(self, document: Document, number: int, failure: Failure) -> ParsedPage:
        job = replace(self._job, after=number - 1, resume="")
        with second_engine(self.second.engine):
            announce(number)
            try:
                _, pages = self._open(self.second, job, ())
                page = next(pages)
                cast("Any", pages).close()
            except MemoryError:
                raise
            except Exception as error:
                reason = str(failure.and_then(self._job.name, error))
                return ParsedPage(Page(document.id, number), (), error=reason)
        if page.error and not page.elements:
            return replace(page, error=str(failure.and_then(self._job.name, DamagedError(page.error))))
        return self._marked(page, failure)

    def _marked(self, page: ParsedPage, failure: Failure) -> ParsedPage:
        said = {"engine": self.second.engine, "engine_reason": f"{self._name} {failure.verdict}"}
        elements = (replace(one, metadata={**one.metadata, **said}) for one in page.elements)
        return replace(page, elements=tuple(elements))

    def _lost(self, document: Document, number: int) -> ParsedPage:
        return ParsedPage(Page(document.id, number), (), error=self._attempt.lost[number].message)
