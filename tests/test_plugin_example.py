"""The example of a plugin holds to what every encoder holds to, and finds what it promises to find."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import mmrag
from mmrag.config import load_recipe
from mmrag.encoders import Encoder, load_encoder
from mmrag.errors import SpecError
from mmrag.models import models_of
from tests.documents import ROOT
from tests.encoders.test_contract import (
    test_a_long_text_is_encoded,
    test_nothing_gives_no_rows,
    test_pictures_of_every_kind,
    test_rows_have_shape_type_and_unit_length,
    test_same_text_same_vector_whatever_stands_beside_it,
    test_says_what_it_is,
    test_texts_differ,
    test_what_is_counted_is_what_is_read,
)

__all__ = [
    "test_a_long_text_is_encoded",
    "test_nothing_gives_no_rows",
    "test_pictures_of_every_kind",
    "test_rows_have_shape_type_and_unit_length",
    "test_same_text_same_vector_whatever_stands_beside_it",
    "test_says_what_it_is",
    "test_texts_differ",
    "test_what_is_counted_is_what_is_read",
]

PLUGIN = ROOT / "examples/plugin"
SPEC = "char_ngrams.encoder:CharNgrams"


@pytest.fixture(scope="module")
def installed() -> Iterator[None]:
    """The plugin can be imported, as after ``pip install ./examples/plugin``."""
    sys.path.insert(0, str(PLUGIN))
    yield
    sys.path.remove(str(PLUGIN))
    for name in [name for name in sys.modules if name.partition(".")[0] == "char_ngrams"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def spec(installed: None) -> str:
    return SPEC


@pytest.fixture(scope="module")
def encoder(spec: str) -> Encoder:
    return load_encoder(spec)


@pytest.fixture
def atol() -> float:
    """Nothing is padded: a vector is the same to the last bit, whatever stands beside it."""
    return 0.0


def test_words_are_counted(encoder: Encoder) -> None:
    assert encoder.count_tokens(["The quick brown fox", "", "水位 ok"]) == [4, 0, 2]


def test_a_misspelt_word_is_near_the_right_one(encoder: Encoder) -> None:
    texts = ["The blades are of aluminium bronze.", "Yearly pass 96.00", "Part MX-4471-B of the shaft seal"]
    near = (
        encoder.encode_queries(["aluminum bronz blads", "yearli pas", "4471"]) @ encoder.encode_texts(texts).T
    )
    assert near.argmax(axis=1).tolist() == [0, 1, 2]
    np.testing.assert_array_less(0.25, near.max(axis=1))


def test_it_stays_within_forty_lines() -> None:
    source = (PLUGIN / "char_ngrams/encoder.py").read_text("utf-8")
    lines = len(source.splitlines())
    assert lines < 40
    for page in (PLUGIN / "README.md", ROOT / "docs/plugins.md"):
        assert f"{lines} lines" in page.read_text("utf-8")


def test_its_package_holds_what_the_recipe_names() -> None:
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text("utf-8"))
    (package,) = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert load_recipe(PLUGIN / "recipe.yaml").caption.encoders == (SPEC,)
    assert SPEC.startswith(f"{package}.")


def test_a_folder_is_indexed_and_searched_with_it(installed: None, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for name in ("turbine-workshop-notes.md", "pictures/bulb-turbine.png"):
        (documents / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "examples/docs" / name, documents / name)
    with mmrag.build(documents, tmp_path / "index", pipeline=PLUGIN / "recipe.yaml") as index:
        assert index.report is not None
        assert index.report.skipped == ()
        best = index.search("cabron rigns of the shaft seel", top_k=1)[0]
        assert "carbon rings" in best.element.text
        assert f"caption/{SPEC}" in {source.list for source in best.sources}
        assert index.search("三声长鸣") == []


def test_where_it_is_not_installed_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(PLUGIN)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "char_ngrams"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SpecError, match="char_ngrams.encoder:CharNgrams can't be imported: No module named"):
        load_encoder(SPEC)
    found = models_of(load_recipe(PLUGIN / "recipe.yaml"))
    assert [model.problem for model in found if model.spec == SPEC] == [
        "the module char_ngrams.encoder can't be imported from here"
    ]
