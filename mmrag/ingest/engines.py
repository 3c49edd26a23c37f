"""Two engines for one file: what the first hangs on, crashes on or refuses, the second gets one try at.

A page counts as read by whichever engine could; what the second one read says so in its metadata, and why
(``engine``, ``engine_reason``), or its document does if it read all of it. A hang or a crash costs the parser
process; the pool then starts another and says in an `Attempt` what to leave alone. What an engine refuses by
itself goes to the second in the same process.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from mmrag.config import IngestOptions
from mmrag.errors import (
    CrashedError,
    DamagedError,
    EncryptedError,
    IngestError,
    TimedOutError,
    UnsupportedError,
)
from mmrag.ingest.attempts import FIRST, Attempt, Failure
from mmrag.ingest.base import Ingestor
from mmrag.ingest.place import announce, second_engine, start
from mmrag.types import Document, Page, ParsedPage

if TYPE_CHECKING:
    from mmrag.ingest.opening import Job, ResumableIngestor


def read(
    ingestor: Ingestor, job: Job, options: IngestOptions, attempt: Attempt
) -> tuple[Document, Iterator[ParsedPage]]:
    """The document, and its pages in order, by the first engine where it can and the second where it must.

    Args:
        ingestor: the first engine. Its attribute ``second``, if it has one, is the other; ``engine`` of both
            is what people call it.
        job: the file.
        options: limits and switches.
        attempt: what came of earlier ones.

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
        skip = () if self._attempt == FIRST else self._attempt
        document, pages = self._open(self._first, self._job, skip)
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
                raise failure.and_then(self._job.name, error).error from error
        how = "could not open it" if failure.verdict == "failed" else f"{failure.verdict} opening it"
        said = {"engine": self.second.engine, "engine_reason": f"{self._name} {how}"}
        document = replace(document, metadata={**document.metadata, **said})
        return document, self._rest(document, pages, failure)

    def _open(
        self, ingestor: Ingestor, job: Job, skip: Container[int]
    ) -> tuple[Document, Iterator[ParsedPage]]:
        if not job.after and skip == ():
            return ingestor.open(job.path, job.name, self._options, job.password)
        if not hasattr(ingestor, "resume"):
            raise UnsupportedError(f"{job.name} can't be read from the middle")
        more: dict[str, Any] = {"resume": job.resume} if job.resume else {}
        if skip != ():
            more["skip"] = skip
        resumable = cast("ResumableIngestor", ingestor)
        return resumable.resume(job.path, job.name, self._options, job.password, job.after, **more)

    def _merged(self, document: Document, pages: Iterator[ParsedPage]) -> Iterator[ParsedPage]:
        """Pages of the first engine, and in their gaps those of the second."""
        number, stop = self._job.after, self._attempt.stop or math.inf
        while True:
            number += 1
            while number in self._attempt and number < stop:
                yield self._instead(document, number)
                number += 1
            if number >= stop:
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
        failure = self._attempt.bad[self._attempt.stop]
        if self.second is None:
            raise failure.error
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
                reason = failure.and_then(self._job.name, error).message
                return ParsedPage(Page(document.id, number), (), error=reason)
        if page.error and not page.elements:
            return replace(page, error=failure.and_then(self._job.name, DamagedError(page.error)).message)
        return self._marked(page, failure)

    def _marked(self, page: ParsedPage, failure: Failure) -> ParsedPage:
        said = {"engine": self.second.engine, "engine_reason": f"{self._name} {failure.verdict}"}
        elements = (replace(one, metadata={**one.metadata, **said}) for one in page.elements)
        return replace(page, elements=tuple(elements))

    def _lost(self, document: Document, number: int) -> ParsedPage:
        return ParsedPage(Page(document.id, number), (), error=self._attempt.lost[number].message)
