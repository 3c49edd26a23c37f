"""``python -m tests.stress.hostile_run CORPUS INDEX RECIPE SECRET``: indexes, asks, shows every page, tells.

Questions are texts that look like addresses, paths and pictures, of which SECRET is one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mmrag
from mmrag.config import load_recipe
from mmrag.errors import MmragError
from tests.stress.hostile import URL


def questions(secret: str) -> list[str]:
    """Texts that a careless library opens."""
    return [
        f"{URL}/question.png",
        "https://127.0.0.1:9/question.jpg when does the ferry leave?",
        secret,
        f"file://{secret}",
        "data:image/png;base64,iVBORw0KGgo=",
        f"![a picture]({secret})",
        f"<img src='{URL}/question.png'>",
        "* OR 1=1; ATTACH DATABASE '/tmp/x' AS x -- NEAR(a b) \"",
    ]


def used(index: mmrag.Index, secret: str) -> dict[str, Any]:
    """What came of every question and every page."""
    answers = [index.ask(question).text for question in questions(secret)]
    found = [len(index.search(question, 3)) for question in questions(secret)]
    texts, drawn = [], 0
    for document in index.documents():
        for page in range(1, document.page_count + 1):
            texts += [f"{one.caption}\n{one.text}" for one in index.elements(document, page)]
            try:
                index.page_picture(document, page, dpi=40)
                drawn += 1
            except MmragError as error:
                texts.append(f"not drawn: {error}")
    return {"answers": answers, "found": found, "texts": texts, "drawn": drawn}


def main(corpus: str, place: str, recipe: str, secret: str) -> None:
    with mmrag.build(corpus, place, pipeline=load_recipe(recipe)) as index:
        report = index.report
        assert report is not None
        files = {file.path: [file.status.value, file.reason] for file in report.files}
        told = {"files": files, **used(index, secret)}
    print(json.dumps(told))


if __name__ == "__main__":
    Path(sys.argv[2]).parent.mkdir(parents=True, exist_ok=True)
    main(*sys.argv[1:])
