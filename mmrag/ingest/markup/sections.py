"""Blocks grouped to sections: what stands for pages in a document without pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mmrag.ingest.markup.blocks import Block
from mmrag.text.sentences import sentences
from mmrag.types import Kind

_TARGET = 3000
_LONGEST = 6000
_CUT_LEVEL = 2


@dataclass(slots=True)
class Section:
    """Consecutive blocks, each with the headings above it, outermost first.

    ``label`` is the heading that the section stands under.
    """

    label: str = ""
    blocks: list[tuple[Block, tuple[str, ...]]] = field(default_factory=list)
    length: int = 0

    @property
    def only_headings(self) -> bool:
        """Whether there is nothing yet below the headings."""
        return all(block.kind is Kind.HEADING for block, _ in self.blocks)


def to_sections(blocks: Iterable[Block]) -> list[Section]:
    """Sections that begin at headings of the first two levels, and at about 3,000 characters.

    A heading stays with what follows it, and nothing is cut inside a block, but for passages of over
    6,000 characters, which are cut between sentences.
    """
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    label = ""
    for block in _shortened(blocks):
        current = sections[-1] if sections else None
        heading = block.kind is Kind.HEADING
        if heading:
            path = [(level, text) for level, text in path if level < block.level]
        if current is None or _begins(block, current):
            current = Section()
            sections.append(current)
        above = tuple(text for _, text in path)
        if heading:
            path.append((block.level, block.text))
            label = block.text if block.level <= _CUT_LEVEL or not label else label
        if current.only_headings:
            current.label = label
        current.blocks.append((block, above))
        current.length += len(block.text)
    return sections


def _begins(block: Block, current: Section) -> bool:
    if current.only_headings:
        return False
    if block.kind is Kind.HEADING:
        return block.level <= _CUT_LEVEL or current.length > _TARGET * 0.7
    return current.length + len(block.text) / 2 > _TARGET


def _shortened(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if block.kind is not Kind.TEXT or len(block.text) <= _LONGEST or block.metadata.get("code"):
            yield block
            continue
        start = 0
        for _, end in sentences(block.text):
            if end - start > _TARGET:
                yield replace(block, text=block.text[start:end].strip())
                start = end
        if block.text[start:].strip():
            yield replace(block, text=block.text[start:].strip())
