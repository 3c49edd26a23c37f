"""What decides over vectors stands in the fingerprints."""

import hashlib
from importlib.resources import files

from mmrag.encoders import conse, load_encoder, load_page_encoder
from mmrag.vision.classifier import SYNONYMS_SHA256
from mmrag.vision.kinds import KINDS_VERSION


def test_the_names_of_classes_are_those_of_the_checksum() -> None:
    names = (files("mmrag.vision") / "synonyms.txt").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(names).hexdigest() == SYNONYMS_SHA256


def test_the_version_of_photos_has_all_that_places_them() -> None:
    parts = conse.CONSE_VERSION.split()
    assert f"names:{SYNONYMS_SHA256[:8]}" in parts
    assert f"classes:{conse._CLASSES}" in parts
    assert KINDS_VERSION in parts


def test_encoders_of_photos_carry_it() -> None:
    assert conse.CONSE_VERSION in load_encoder("mini:joint").fingerprint
    for spec in ("mini:visual", "mini:visual-multilingual"):
        assert conse.CONSE_VERSION in load_page_encoder(spec).fingerprint
