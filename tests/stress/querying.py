"""A process that searches while another writes: ``python -m tests.stress.querying INDEX COUNT SEED``.

The documents carry the number of their version, and the writer goes through them in the order of their names:
in a committed state some first documents are of one version and the others of the one before. Prints how many
states it has seen.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import re
import sys
import time
from pathlib import Path

import mmrag
from mmrag.types import Hit

DOCUMENTS = 6
PAGES = 2
STATES = 2
"""Committed states that a reader sees at least; it goes on until then."""

QUESTION = "the common tide"


def write_documents(folder: Path, version: int) -> None:
    """All documents, as they are in this version."""
    for number in range(DOCUMENTS):
        (folder / f"{number}.md").write_text(content(number, version))


def content(number: int, version: int) -> str:
    """A document of two sections."""
    sections = (
        f"# Section {section} of {number}\n\nThe common tide, version {version}.\n\n"
        for section in range(PAGES)
    )
    return "".join(sections)


def state(hits: list[Hit]) -> tuple[int, ...]:
    """The version of each document; an answer of no single committed state fails."""
    places = sorted((hit.document.path, hit.page.number) for hit in hits)
    expected = [(f"{number}.md", page) for number in range(DOCUMENTS) for page in range(1, PAGES + 1)]
    assert places == expected, places
    versions: dict[str, set[int]] = {}
    for hit in hits:
        said = re.findall(r"version (\d+)", " ".join(element.text for element in hit.elements))
        assert said, hit
        versions.setdefault(hit.document.path, set()).update(map(int, said))
        own = content(int(hit.document.path[0]), int(said[0]))
        assert hit.document.id == hashlib.sha256(own.encode()).hexdigest(), hit
    assert all(len(found) == 1 for found in versions.values()), versions
    found = tuple(versions[f"{number}.md"].pop() for number in range(DOCUMENTS))
    assert list(found) == sorted(found, reverse=True), found
    assert found[0] - found[-1] <= 1, found
    return found


def main() -> None:
    path, count, draw = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    seen: list[tuple[int, ...]] = []
    index = mmrag.open(path)
    for number in itertools.count():
        if number >= count and len(seen) >= STATES:
            break
        if number % 50 == 49:
            index.close()
            index = mmrag.open(path)
        now = state(index.search(QUESTION, DOCUMENTS * PAGES))
        assert not seen or now >= seen[-1], (seen[-1], now)
        if not seen or now != seen[-1]:
            seen.append(now)
        time.sleep(draw.uniform(0, 0.02))
    index.close()
    print(len(seen))


if __name__ == "__main__":
    main()
