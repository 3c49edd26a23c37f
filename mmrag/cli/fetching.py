"""Fetching models from the hub, with one line of progress for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.models import RecipeModel

_INTERVAL = 0.5
"""Seconds between two looks at how much has arrived."""


def fetch_models(console: Console, found: Sequence[RecipeModel]) -> None:
    """Fetch every model of the list that has to be, one after the other.

    Raises:
        ModelError: at the first one that can't be fetched. Those before stay, and what had arrived of it is
            not fetched again next time.
    """
    from rich.text import Text

    from mmrag.cli.sizes import rough_size
    from mmrag.cli.terminal import clean
    from mmrag.weights import hub

    for model in found:
        if not model.to_fetch:
            continue
        begin = time.monotonic()
        name = clean(model.name)
        with _shown(console, model):
            folder = hub.fetch(model.name)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        seconds = time.monotonic() - begin
        console.print(Text(f"Fetched {name}: {rough_size(size)} in {seconds:.0f} s"), soft_wrap=True)


@contextmanager
def _shown(console: Console, model: RecipeModel) -> Iterator[None]:
    """A bar on a terminal, one line elsewhere, in place of the hub library's own bars."""
    from huggingface_hub.utils import disable_progress_bars
    from rich.text import Text

    from mmrag.cli.terminal import clean

    disable_progress_bars()
    name = clean(model.name)
    if not console.is_terminal or console.is_dumb_terminal:
        console.print(Text(f"Fetching {name}"), soft_wrap=True)
        yield
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("Fetching {task.description}", markup=False), BarColumn(bar_width=20))
    with Progress(
        *columns, DownloadColumn(), TransferSpeedColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task(name, total=model.size)
        done = threading.Event()

        def watch() -> None:
            while not done.wait(_INTERVAL):
                progress.update(task, completed=arrived(model.name))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def arrived(name: str) -> int:
    """Bytes of the model in the hub's cache, those of files that are not complete included."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{name.partition('@')[0].replace('/', '--')}" / "blobs"
    total = 0
    for path in blobs.glob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # renamed between the two calls: it was complete
            continue
    return total
