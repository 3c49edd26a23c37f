"""What each step of indexing took, written down while it runs, so that a run that was killed can go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmrag.errors import CorruptError
from mmrag.index.files import write_text_atomically
from mmrag.types import to_dict

_TICK = 1.0  # seconds between two notes of how long a step has taken


@dataclass(frozen=True, slots=True)
class Step:
    """What parsing, or laying one view, took.

    Attributes:
        seconds: wall-clock seconds, over all runs that worked on it.
        bytes: by which it made the index grow.
        tokens: of captioners, by direction. cost: of these.
        pages: that the index has then.
        after: views that the index had before.
        content: stands for what was read.
        done: whether it is finished.
    """

    seconds: float = 0.0
    bytes: int = 0
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0
    pages: int = 0
    after: tuple[str, ...] = ()
    content: str = ""
    done: bool = False


class Ledger:
    """What each step took, by name, in a JSON file that is written while they run.

    Raises:
        CorruptError: if the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            found = json.loads(path.read_bytes()) if path.is_file() else {}
            self._steps = {
                name: Step(**{**step, "after": tuple(step["after"])}) for name, step in found.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptError(f"{path} is damaged ({error}): --fresh measures everything anew") from error

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._steps))

    def __getitem__(self, name: str) -> Step:
        return self._steps.get(name, Step())

    def __setitem__(self, name: str, step: Step) -> None:
        self._steps[name] = step
        text = json.dumps(to_dict(self._steps), indent=1)
        write_text_atomically(self._path, text)

    @contextmanager
    def clock(self, name: str) -> Iterator[Callable[[], None]]:
        """Time what is done inside, over all runs; to be called now and then, should this one be killed."""
        before, begin = self[name], time.perf_counter()
        noted = begin

        def tick() -> None:
            nonlocal noted
            if time.perf_counter() - noted > _TICK:
                note()

        def note() -> None:
            nonlocal noted
            noted = time.perf_counter()
            self[name] = replace(before, seconds=round(before.seconds + noted - begin, 3))

        try:
            yield tick
        finally:
            note()
