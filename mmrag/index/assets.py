"""Pictures on disk, addressed by their content: ``assets/ab/abcdef….png``."""

from __future__ import annotations

from pathlib import Path

from mmrag.errors import CorruptError
from mmrag.index.files import sha256_of, write_atomically
from mmrag.types import Asset

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


def asset_path(root: Path, asset_id: str, media_type: str) -> Path:
    """Where the picture's file stands under the index folder ``root``."""
    return root / "assets" / asset_id[:2] / f"{asset_id}.{_ENDINGS[media_type]}"


def write_asset(root: Path, asset: Asset) -> None:
    """Write the picture unless it is there already; whole or not at all."""
    path = asset_path(root, asset.id, asset.media_type)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda temporary: _write(temporary, asset.data))


def check_asset(path: Path) -> Path:
    """The same path, after its content has been checked against its name.

    Raises:
        CorruptError: if the file is missing or its bytes are not the ones that its name promises.
    """
    if not path.is_file():
        raise CorruptError(f"the picture {path} is missing: index the folder again with --rebuild")
    if sha256_of(path) != path.stem:
        raise CorruptError(f"the picture {path} is damaged: index the folder again with --rebuild")
    return path


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
