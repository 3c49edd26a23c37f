"""What an index run works with, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmrag.config import Recipe
from mmrag.index.writer import Writer
from mmrag.ingest.drawing import Drawer
from mmrag.strategies.base import Notes, Strategy
from mmrag.types import FileReport, Progress

OnProgress = Callable[[Progress], None]


@dataclass(slots=True)
class Tally:
    """Counts for the progress, and the reports of this run by path."""

    on_progress: OnProgress | None
    files_total: int = 0
    files_done: int = 0
    pages_total: int = 0
    pages_done: int = 0
    encoded: int = 0
    reports: dict[str, FileReport] = field(default_factory=dict)

    def tell(self, stage: str, file: str = "") -> None:
        """Report where the run stands to whoever asked to hear."""
        if self.on_progress is not None:
            self.on_progress(
                Progress(stage, file, self.files_done, self.files_total, self.pages_done, self.pages_total)
            )


@dataclass(frozen=True, slots=True)
class Run:
    """What a run works with. ``fingerprint`` is of all that shapes what it makes."""

    writer: Writer
    root: Path
    recipe: Recipe
    fingerprint: Mapping[str, str]
    strategies: list[Strategy]
    password: str | None
    retry_failed: bool
    notes: Notes
    drawer: Drawer
    tally: Tally
