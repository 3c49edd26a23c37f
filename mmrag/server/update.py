"""``python -m mmrag.server.update INDEX``: read the folder of an index again, and tell how it goes.

Each line of JSON is a pair: ``["progress", …]``, and at the end ``["report", …]`` or ``["error", …]``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from mmrag.api.index import Index
from mmrag.errors import MmragError
from mmrag.types import Progress, to_dict

_EVERY = 0.1


def main(index: str) -> int:
    """Update it; 0 if that went well."""
    told = 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal told
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            _tell("progress", to_dict(progress))

    try:
        with Index(Path(index)) as opened:
            _tell("report", to_dict(opened.update(progress=on_progress)))
    except (MmragError, OSError) as error:
        _tell("error", {"kind": type(error).__name__, "message": str(error)})
        return 1
    except KeyboardInterrupt:
        _tell("error", {"kind": "Stopped", "message": "stopped; what was finished is kept"})
        return 130
    return 0


def _tell(name: str, data: Any) -> None:
    print(json.dumps([name, data]), flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
