"""``python -m tests.stress.injected_run FOLDER NAME …``: asks a model that obeys about hostile documents.

FOLDER gets the documents and their index. Prints, for each document, what the model was shown, and what came
of its answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mmrag
from mmrag.config import parse_recipe
from tests.stress.gullible import Gullible
from tests.synthesize.injected import DOCUMENTS
from tests.synthesize.prompted import QUESTION


def told(index: mmrag.Index, name: str) -> dict[str, Any]:
    """What the model was shown of this document, and what came of its answer."""
    before = len(Gullible.asked)
    answer = index.ask(QUESTION, filters=mmrag.Filters(documents=(name,)))
    shown = Gullible.asked[before:]
    texts = [part for messages in shown for one in messages for part in one.parts if isinstance(part, str)]
    return {
        "text": answer.text,
        "shown": texts,
        "cited": [
            [one.number, one.document.path, one.quote, f"{one.element.caption} {one.element.text}"]
            for one in answer.citations
        ],
        "flags": [[flag.kind.value, flag.text] for flag in answer.flags],
    }


def main(folder: Path, names: Sequence[str]) -> None:
    corpus = folder / "documents"
    corpus.mkdir()
    for name in names:
        DOCUMENTS[name](corpus / name)
    recipe = parse_recipe(
        {
            "strategies": ["caption"],
            "ingest": {"layout": "never"},
            "caption": {"captioner": "tests.fakes:SizeCaptioner", "encoders": ["tests.fakes:LetterEncoder"]},
            "answer": {"generator": "tests.stress.gullible:Gullible", "refuse_below": 0},
        },
        "injected",
    )
    with mmrag.build(corpus, folder / "index", pipeline=recipe) as index:
        paths = {document.path for document in index.documents()}
        print(json.dumps({name: told(index, name) for name in names if name in paths}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
