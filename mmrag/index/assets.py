"""Pictures on disk, addressed by their content: ``assets/ab/abcdef….png``."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from mmrag.errors import CorruptError, CrashedError
from mmrag.index.files import sha256_of, write_atomically
from mmrag.types import Asset

_ID = re.compile(r"[0-9a-f]{64}")
FOLDER = "assets"
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def asset_path(root: Path, asset_id: str, media_type: str) -> Path:
    """Where the picture's file stands under the index folder ``root``, and never elsewhere.

    Raises:
        CorruptError: if the id is none, or no picture is of such a type.
    """
    if not _ID.fullmatch(asset_id) or media_type not in _ENDINGS:
        raise CorruptError(
            f"the index {root} names a picture {asset_id[:80]!r} of type {media_type[:80]!r}, and can't: "
            "build it anew with mmrag index FOLDER --rebuild"
        )
    return root / FOLDER / asset_id[:2] / f"{asset_id}.{_ENDINGS[media_type]}"


def write_asset(root: Path, asset: Asset) -> None:
    """Write the picture unless it is there already, undamaged; whole or not at all.

    Raises:
        CrashedError: if its id is not that of its data. A parser that a hostile file has taken over may say
            anything, and costs its file alone.
    """
    if hashlib.sha256(asset.data).hexdigest() != asset.id or asset.media_type not in _ENDINGS:
        raise CrashedError("the parser sent a picture that is not what it says, and was not believed")
    path = asset_path(root, asset.id, asset.media_type)
    if path.is_file() and path.read_bytes() == asset.data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: _write(temporary, asset.data))


def check_asset(path: Path) -> Path:
    """The same path, after its content has been checked against its name.

    Raises:
        CorruptError: if the file is missing or its bytes are not the ones that its name promises.
    """
    if not path.is_file():
        raise CorruptError(f"the picture {path} is missing: mmrag repair brings it back from its document")
    if sha256_of(path) != path.stem:
        raise CorruptError(f"the picture {path} is damaged: mmrag repair brings it back from its document")
    return path


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
