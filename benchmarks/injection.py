"""What hostile documents bring to a model: ``python benchmarks/injection.py``.

The documents are those of tests/synthesize/injected.py, read with the default options and put into a prompt
with all their elements. Prints, for each, what the model reads beside the harmless sentence, how many control
tokens, markers such as [3] and frame lines were in its elements and are in the prompt (our own aside),
and whether the order that most of them give reaches the model as quoted text.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmrag.benchmark.machine import print_machine
from mmrag.text.control import CONTROL
from mmrag.types import ParsedPage
from tests.synthesize.counting import Counting
from tests.synthesize.injected import DOCUMENTS, HARMLESS, ORDER
from tests.synthesize.prompted import ingested, prompted

OWN = "<own_7>"
MARKER = re.compile(r"[\[【]\s*\d[\d,\s-]*[\]】]")


def traces(text: str) -> tuple[int, int, int]:
    """Control tokens, markers and frame lines in a text."""
    return len(CONTROL.findall(text)) + text.count(OWN), len(MARKER.findall(text)), text.count("=====")


def said(title: str, pages: Iterable[ParsedPage]) -> str:
    """All that was read of a document."""
    parts = [part for page in pages for one in page.elements for part in (one.caption, one.text)]
    return "\n".join((title, *parts))


def main() -> None:
    print_machine()
    print("| document | tokens, markers, frame lines read | in the prompt | the order | what else is read |")
    print("|---|---|---|---|---|")
    reached = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in DOCUMENTS:
            document, pages = ingested(Path(folder), name)
            prompt = prompted(document, pages, Counting(control_tokens=(OWN,)))
            inside = [item.text for item in prompt.items]
            before = traces(said(document.title or name, pages))
            asked = "".join(part for part in prompt.messages[-1].parts if isinstance(part, str))
            tokens, markers, frames = traces(asked)
            pictures = sum(item.picture is not None for item in prompt.items)
            own = len(prompt.items) + pictures  # headings, and lines above pictures
            order = "quoted" if ORDER in "\n".join(inside) else "–"
            reached += order == "quoted"
            rest = " ⏎ ".join("\n".join(text for text in inside if text != HARMLESS).splitlines())
            shown = rest.replace(ORDER, "ORDER").replace("|", "\\|") + " + picture" * pictures
            print(f"| {name} | {before} | {(tokens, markers - own, frames - 4)} | {order} | {shown} |")
    print(f"\nThe order reaches the model, as quoted text, from {reached} of {len(DOCUMENTS)} documents.")


if __name__ == "__main__":
    main()
