"""How the checks of citations do on real documents: ``python benchmarks/miscited.py INDEX``.

Takes sentences of running text as they stand in the documents of INDEX, and checks each as an answer that
cites the element it stands in (every flag is then a false alarm); another element of its document on another
page (it should be unsupported); and its own element after one digit was changed (the number should not be
found). Verbatim sentences are the easy case: a model's own words share fewer words with their source.
Sentences and elements are drawn with a fixed seed.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.synthesize.checking import check
from mmrag.text import sentences
from mmrag.types import Element, FlagKind, Kind

SENTENCES = 40
"""Drawn from each document."""
LENGTH = range(25, 300)
"""Characters of a sentence."""
FEWEST = 200
"""Characters that the other element has at least."""

_NUMBER = re.compile(r"(?<![\w.,])[1-9]\d+(?![\w]|[.,]\d)")


def all_elements(index: mmrag.Index) -> Iterator[list[Element]]:
    """Texts and tables, by document."""
    for document in index.documents():
        pages = (index.elements(document, page) for page in range(1, document.page_count + 1))
        yield [one for page in pages for one in page if one.kind in (Kind.TEXT, Kind.TABLE)]


def stated(element: Element) -> Iterator[str]:
    """The element's sentences that end in a full stop, each in one line."""
    for begin, end in sentences(element.text):
        sentence = " ".join(element.text[begin:end].split())
        if len(sentence) in LENGTH and sentence[-1] in ".。" and not set(sentence) & set("[]`|"):
            yield sentence


def kinds(sentence: str, element: Element) -> set[FlagKind]:
    """The flags of the sentence if it cites this element."""
    answer = f"{sentence[:-1]} [1]{sentence[-1]}"
    return {flag.kind for flag in check(answer, [f"{element.caption}\n{element.text}"])}


def changed(sentence: str, draw: random.Random) -> str | None:
    """The sentence with another digit in one of its numbers; ``None`` if it has none."""
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    number = draw.choice(found)
    at = draw.randrange(number.start(), number.end())
    digit = draw.choice([char for char in "123456789" if char != sentence[at]])
    return f"{sentence[:at]}{digit}{sentence[at + 1 :]}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("index")
    arguments = parser.parse_args()
    print_machine()
    draw, counts = random.Random(0), Counter[str]()
    with mmrag.open(arguments.index) as index:
        documents = list(all_elements(index))
    for elements in documents:
        known = [(sentence, one) for one in elements if one.kind is Kind.TEXT for sentence in stated(one)]
        for sentence, own in draw.sample(known, min(SENTENCES, len(known))):
            counts["own"] += 1
            counts["own flagged"] += bool(kinds(sentence, own))
            others = [one for one in elements if one.page != own.page and len(one.text) >= FEWEST]
            if others:
                counts["other"] += 1
                counts["other flagged"] += FlagKind.UNSUPPORTED in kinds(sentence, draw.choice(others))
            wrong = changed(sentence, draw)
            if wrong:
                counts["digit"] += 1
                counts["digit flagged"] += FlagKind.NUMBER in kinds(wrong, own)
    print("| cited | sentences | flagged |")
    print("|---|---|---|")
    for key, name in (
        ("own", "its own element (false alarms)"),
        ("other", "another page's element (unsupported)"),
        ("digit", "its own element, a digit changed (number not found)"),
    ):
        print(f"| {name} | {counts[key]} | {counts[f'{key} flagged'] / max(1, counts[key]):.3f} |")


if __name__ == "__main__":
    main()
