"""Copy tables that `mmrag bench` has printed into the guide: ``python docs/make_tables.py``.

A page names a table by the file in ``benchmarks/results`` and the beginning of its title, in a comment above:

    <!-- bench.md: nDCG@5 by document -->
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(Path(__file__).parent.glob("*.md")))
RESULTS = ROOT / "benchmarks" / "results"

_PLACE = re.compile(r"^(<!-- ([\w.]+\.md): (.+) -->\n)(?:\|.*\n)*", re.MULTILINE)


def filled(text: str) -> str:
    """The page with its tables as they were printed last.

    Raises:
        LookupError: if a table that it names is not there.
    """
    return _PLACE.sub(lambda place: place[1] + printed(place[2], place[3]), text)


def printed(file: str, title: str) -> str:
    """The lines of a table."""
    results = (RESULTS / file).read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}.*\n\n((?:\|.*\n)+)", results, re.MULTILINE)
    if found is None:
        raise LookupError(f"{RESULTS / file} has no table {title!r}")
    return found[1]


def main() -> None:
    """Rewrite the pages that have such tables."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if _PLACE.search(text):
            page.write_text(filled(text), encoding="utf-8")
            print(page)


if __name__ == "__main__":
    main()
