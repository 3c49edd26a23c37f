"""Index runs on a disk that is too small: ``python -m tests.stress.small_disk PLACE TRIALS``.

PLACE holds scenes. To be run in a namespace of mounts of its own. Prints a line for each trial that held.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from mmrag.cli.failing import DISK_FULL
from tests.stress.runs import Scenes, check_between, check_finished, finish, start

_MB = 1 << 20
_LARGE = 64 * _MB


def main() -> None:
    place, trials = Path(sys.argv[1]), int(sys.argv[2])
    scenes = Scenes(place)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_LARGE}", "none", scenes.place], check=True)
    needed = _needed(scenes)
    for trial in range(trials):
        scenes.set("update")
        _resize(scenes, _used(scenes) + needed * trial // trials)
        code, said = finish(start(scenes.folder, scenes.index))
        assert code in (0, DISK_FULL), said
        if code:
            assert said.startswith("mmrag: "), said
            assert "no space left on" in said
            _fill(scenes)
            check_between(scenes)
        _resize(scenes, _LARGE)
        (scenes.place / "filling").unlink(missing_ok=True)
        again, said = finish(start(scenes.folder, scenes.index))
        assert again == 0, said
        check_finished(scenes, "update")
        print(trial, code, flush=True)


def _fill(scenes: Scenes) -> None:
    """Leave no room at all, also none for what SQLite writes beside the database to read it."""
    log = scenes.index / "mmrag.sqlite-wal"
    if log.exists() and not log.stat().st_size:
        log.unlink()
        (scenes.index / "mmrag.sqlite-shm").unlink(missing_ok=True)
    with suppress(OSError), (scenes.place / "filling").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def _needed(scenes: Scenes) -> int:
    """About what a run takes while it runs."""
    scenes.set("update")
    before = _used(scenes)
    code, said = finish(start(scenes.folder, scenes.index))
    assert code == 0, said
    return 3 * (_used(scenes) - before) + _MB


def _used(scenes: Scenes) -> int:
    blocks = subprocess.run(
        ["df", "--output=used", "-B1", scenes.place], check=True, capture_output=True, text=True
    )
    return int(blocks.stdout.split()[-1])


def _resize(scenes: Scenes, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", scenes.place], check=True)


if __name__ == "__main__":
    main()
