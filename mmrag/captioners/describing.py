"""Calls any captioner once for each distinct picture, remembers what it said, and counts what it cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol

from PIL.Image import Image

from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.captioners.soundness import SOUNDNESS_VERSION, sound
from mmrag.errors import MmragError, ModelError
from mmrag.types import Usage

_FORMAT = 2  # of what is cached: another number finds nothing of the old


@dataclass(frozen=True, slots=True)
class Request:
    """A picture to be described.

    Attributes:
        asset: id of its content.
        open: decodes it; called in the thread that called `describe_all`, just before the picture is asked
            about, and only if it was never described in such a context.
        context: what the document says around it.
    """

    asset: str
    open: Callable[[], Image]
    context: PictureContext


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture has no description, in one line, and what the attempt cost."""

    reason: str
    usage: Usage = field(default_factory=Usage)

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a call of `describe_all` stands. Tallies of several calls can be added.

    Attributes:
        total: distinct pictures, by content and what the captioner reads of the context.
        cached: of these, described by an earlier run.
        described, failed: of these, asked for now.
        usage: what this call has paid so far; nothing of it for what was cached.
    """

    total: int = 0
    cached: int = 0
    described: int = 0
    failed: int = 0
    usage: Usage = field(default_factory=Usage)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.total + other.total,
            self.cached + other.cached,
            self.described + other.described,
            self.failed + other.failed,
            self.usage + other.usage,
        )

    def plus(self, outcome: Description | Failure) -> Tally:
        """With one more outcome."""
        good = isinstance(outcome, Description)
        return replace(
            self,
            described=self.described + good,
            failed=self.failed + (not good),
            usage=self.usage + outcome.usage,
        )


class Cache(Protocol):
    """Texts by key, kept for ever; safe to call from several threads."""

    def get(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Those of the keys that it knows, with their texts."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keep a text; when this returns, a kill does not lose it."""
        ...


def describe_all(
    captioner: Captioner,
    requests: Sequence[Request],
    cache: Cache,
    concurrency: int = 4,
    on_progress: Callable[[Tally], None] | None = None,
) -> list[Description | Failure]:
    """What the captioner says of each picture, in the order of the requests.

    Pictures of the same content are described once where all that the captioner reads of their contexts is
    the same, and what was described in an earlier run is taken from the cache. A failure is never cached: the
    next call that has the picture tries again, as ``mmrag index --retry-failed`` does.

    Args:
        captioner: who describes.
        requests: the pictures; no more are open than are being asked about.
        cache: where descriptions are kept, each as soon as it is made.
        concurrency: calls that run at once, if the captioner is `parallel`; else one at a time.
        on_progress: told after the cache was asked and after each batch, in the calling thread.

    Raises:
        MmragError: if the captioner can't describe any picture (see `Captioner.caption_all`), or the cache
            can't be used.
    """
    tell = on_progress or (lambda tally: None)
    keys = [_key(captioner, request) for request in requests]
    distinct = dict(zip(reversed(keys), reversed(requests), strict=True))  # of twins the first
    outcomes: dict[str, Description | Failure] = {
        key: _from_json(text) for key, text in cache.get(list(distinct)).items()
    }
    tally = Tally(total=len(distinct), cached=len(outcomes))
    tell(tally)
    pending = [(key, distinct[key]) for key in dict.fromkeys(keys) if key not in outcomes]
    if not pending:  # the captioner's model need not even say how much it takes at once
        return [outcomes[key] for key in keys]
    size = max(1, captioner.batch_size)
    batches = [pending[start : start + size] for start in range(0, len(pending), size)]
    for made in _run(captioner, batches, cache, concurrency if captioner.parallel else 1):
        outcomes.update(made)
        for outcome in made.values():
            tally = tally.plus(outcome)
        tell(tally)
    return [outcomes[key] for key in keys]


_Batch = Sequence[tuple[str, Request]]
_Opened = list[tuple[str, Image, PictureContext]]
_Outcomes = dict[str, Description | Failure]


def _run(
    captioner: Captioner, batches: Sequence[_Batch], cache: Cache, concurrency: int
) -> Iterator[_Outcomes]:
    """Outcomes of the batches as they are done. Pictures are opened here, no more than are asked about."""
    threads = min(concurrency, len(batches))
    if threads <= 1:
        for batch in batches:
            opened, failed = _open(batch)
            yield failed | _describe(captioner, opened, cache)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="captioner")
    running: set[Future[_Outcomes]] = set()
    try:
        for batch in batches:
            opened, failed = _open(batch)
            running.add(pool.submit(_describe, captioner, opened, cache))
            if failed:
                yield failed
            if len(running) == threads:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in as_completed(running))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _open(batch: _Batch) -> tuple[_Opened, _Outcomes]:
    opened: _Opened = []
    failed: _Outcomes = {}
    for key, request in batch:
        try:
            opened.append((key, request.open(), request.context))
        except (MmragError, OSError, ValueError, SyntaxError) as error:  # all that Pillow raises
            failed[key] = Failure(f"the picture can't be opened: {_line(error)}")
    return opened, failed


def _describe(captioner: Captioner, opened: _Opened, cache: Cache) -> _Outcomes:
    outcomes: _Outcomes = {}
    try:
        said = _ask(captioner, [(picture, context) for _, picture, context in opened])
        for (key, _, _), answer in zip(opened, said, strict=True):
            outcomes[key] = outcome = _checked(answer)
            if isinstance(outcome, Description):
                cache.put(key, _to_json(outcome))
    finally:
        for _, picture, _ in opened:
            picture.close()
    return outcomes


def _ask(
    captioner: Captioner, pictures: Sequence[tuple[Image, PictureContext]]
) -> Sequence[Description | ModelError]:
    if not pictures:
        return []
    try:
        said = captioner.caption_all(pictures)
    except MmragError:
        raise
    except Exception as error:  # a plugin's or a library's own: it costs this batch, not the run
        return [ModelError(f"{captioner.spec} failed: {_line(error)}")] * len(pictures)
    if len(said) != len(pictures):
        raise ModelError(f"{captioner.spec} gave {len(said)} descriptions for {len(pictures)} pictures")
    return said


def _checked(answer: Description | ModelError) -> Description | Failure:
    if isinstance(answer, ModelError):
        return Failure(_line(answer), getattr(answer, "usage", Usage()))
    try:
        return sound(answer)
    except ModelError as error:
        return Failure(_line(error), answer.usage)


def _line(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, MmragError) and said else f"{type(error).__name__}: {said}".rstrip(": ")


def _key(captioner: Captioner, request: Request) -> str:
    read = {name: getattr(request.context, name) for name in sorted(captioner.context_fields)}
    parts = [_FORMAT, SOUNDNESS_VERSION, captioner.fingerprint, request.asset, read]
    return hashlib.sha256(json.dumps(parts).encode("ascii")).hexdigest()


def _to_json(description: Description) -> str:
    return json.dumps(asdict(description), ensure_ascii=True)


def _from_json(text: str) -> Description:
    fields = json.loads(text)
    return Description(**{**fields, "usage": Usage(**fields["usage"])})
