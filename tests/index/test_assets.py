"""Pictures stand where their content says, and nowhere else."""

import hashlib
from pathlib import Path

import pytest

from mmrag.errors import CorruptError, CrashedError
from mmrag.index.assets import asset_path, check_asset, write_asset
from mmrag.types import Asset

DATA = b"a picture"
ID = hashlib.sha256(DATA).hexdigest()


def test_a_picture_stands_under_its_id(tmp_path: Path) -> None:
    write_asset(tmp_path, Asset(ID, "image/jpeg", 1, 1, DATA))
    path = asset_path(tmp_path, ID, "image/jpeg")
    assert path == tmp_path / "assets" / ID[:2] / f"{ID}.jpg"
    assert check_asset(path).read_bytes() == DATA


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("../../../etc/passwd", "image/png"),
        ("/etc/passwd", "image/png"),
        (ID.upper(), "image/png"),
        (f"{ID}\n", "image/png"),
        (f"{ID[:-2]}/.", "image/png"),
        (ID, "text/html"),
    ],
)
def test_no_id_leads_out_of_the_index(tmp_path: Path, key: str, kind: str) -> None:
    with pytest.raises(CorruptError, match="names a picture"):
        asset_path(tmp_path, key, kind)
    with pytest.raises(CrashedError, match="not believed"):
        write_asset(tmp_path, Asset(key, kind, 1, 1, DATA))
    assert list(tmp_path.iterdir()) == []


def test_a_parser_that_names_a_picture_falsely_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(CrashedError, match="not believed"):
        write_asset(tmp_path, Asset(ID, "image/png", 1, 1, b"another"))
