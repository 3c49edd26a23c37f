"""``python -m mmrag.server.update INDEX``: read the folder of an index again, and tell how it goes.

Each line of JSON is a pair: ``["progress", …]``, and at the end ``["report", …]`` or ``["error", …]``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from mmrag.api.index import Index
from mmrag.errors import MmragError
from mmrag.server.options import password
from mmrag.types import Progress, to_dict

_EVERY = 0.1


def main(index: str) -> int:
    """Update it; 0 if that went well."""
    told, told_to = 0.0, _own_pipe()

    def on_progress(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            _tell(told_to, "progress", to_dict(progress))

    try:
        with Index(Path(index)) as opened:
            _tell(told_to, "report", to_dict(opened.update(password=password(), progress=on_progress)))
    except (MmragError, OSError) as error:
        _tell(told_to, "error", {"kind": type(error).__name__, "message": str(error)})
        return 1
    except KeyboardInterrupt:
        _tell(told_to, "error", {"kind": "Stopped", "message": "stopped; what was finished is kept"})
        return 130
    return 0


def _own_pipe() -> TextIO:
    """Where standard output led. Whatever else is printed, by libraries perhaps, goes to standard error."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def _tell(pipe: TextIO, name: str, data: Any) -> None:
    print(json.dumps([name, data]), file=pipe, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
