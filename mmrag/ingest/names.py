r"""Names of files as text, and back.

On Linux a name is any bytes. One that is not UTF-8 is known by its text with the odd bytes written out, as in
``caf\xe9.pdf``, since neither a database nor a terminal takes it as it is.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


def as_text(name: str) -> str:
    """The name (with the surrogates that Python puts in the place of odd bytes) as text that can be kept."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def file_at(root: Path, name: str) -> Path:
    """The file that is known by this name.

    Args:
        root: the indexed folder, or the one indexed file.
        name: as `as_text` gave it, relative to the folder.
    """
    if root.is_file():
        return root
    path = root / name
    if "\\x" not in name or path.exists():
        return path
    return root / os.fsdecode(_ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), name.encode()))
