"""Everything that a user can see of an index, as one value that can be compared."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import mmrag
from mmrag.types import Filters

SEARCHES: tuple[dict[str, Any], ...] = (
    {"query": "zebra with vexing stripes", "top_k": 20},
    {"query": "a quiet lake at noon", "top_k": 3},
    {"query": "quick brown fox", "strategies": "caption"},
    {"query": "jazz quiz", "strategies": "joint"},
    {"query": "lazy wizards", "strategies": "visual"},
    {"query": "red", "filters": Filters(kinds=(mmrag.Kind.FIGURE,))},
    {"query": "picture", "filters": Filters(documents=("note-1.md", "note-3.md"))},
)


def seen(path: Path) -> dict[str, Any]:
    """What searches, an answer, pictures and the pages of the index at ``path`` give."""
    with mmrag.open(path) as index:
        found: dict[str, Any] = {
            str(search): [_hit(hit) for hit in index.search(**search)] for search in SEARCHES
        }
        answer = index.ask("Which animal has stripes?")
        found["answer"] = (answer.text, [str(citation) for citation in answer.citations])
        for document in index.documents():
            for page in range(1, document.page_count + 1):
                elements = index.elements(document, page)
                found[f"{document.path} {page}"] = [str(element) for element in elements]
                found[f"{document.path} {page} pictures"] = [
                    hashlib.sha256(index.picture(element.picture).read_bytes()).hexdigest()
                    for element in elements
                    if element.picture
                ]
        info = index.info()
        found["info"] = (info.documents, info.pages, info.figures, info.chunks, info.views)
        found["files"] = [(file.path, file.status, file.reason, file.pages) for file in index.files()]
        return found


def unordered(found: dict[str, Any]) -> dict[str, object]:
    """What was `seen`, but for the order of hits and elements that are equally good: it follows from rows."""
    return {
        key: sorted((*hit[:4], sorted(hit[4])) for hit in value) if key.startswith("{") else value
        for key, value in found.items()
    }


def _hit(hit: mmrag.Hit) -> tuple[object, ...]:
    lists = [(source.list, source.rank) for source in hit.sources]
    elements = [element.id for element in hit.elements]
    return hit.document.path, hit.page.number, round(hit.score, 4), hit.snippet, elements, lists
