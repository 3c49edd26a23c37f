"""The ingestor of Markdown, HTML and plain text."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, TooLargeError, UnreadableError
from mmrag.ingest.building import PageBuilder
from mmrag.ingest.charsets import decode
from mmrag.ingest.markup.blocks import Block, Parsed
from mmrag.ingest.markup.html import from_html
from mmrag.ingest.markup.lines import lines_of
from mmrag.ingest.markup.markdown import from_markdown
from mmrag.ingest.markup.pictures import PictureFinder, PictureNotRead
from mmrag.ingest.markup.plain import from_plain
from mmrag.ingest.markup.sections import Section, to_sections
from mmrag.ingest.sniff import HTML, MARKDOWN, PLAIN, media_type
from mmrag.types import Document, Kind, Page, ParsedPage

_MAX_BYTES = 100_000_000
_PARSERS = {HTML: from_html, MARKDOWN: from_markdown, PLAIN: from_plain}


class MarkupIngestor:
    """Reads Markdown, HTML and plain text; see `mmrag.ingest.base.Ingestor`.

    Boxes and page sizes are unknown; a page's label is the heading that its section stands under.
    A picture becomes a ``figure`` if it is a file below the indexed root or inside the text. One that
    is missing is reported with its page; one on the network is left alone. Of both, what the text says
    about them is kept as text.
    """

    media_types = frozenset({HTML, MARKDOWN, PLAIN})
    version = "markup-4"

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and its sections in order.

        Raises:
            TooLargeError: if the file has more than 100 MB.
            DamagedError: if it is not text.
            UnreadableError: if it can't be read.
        """
        return self.resume(path, name, options, password, 0)

    def resume(
        self,
        path: Path,
        name: str,
        options: IngestOptions,
        password: str | None,
        after: int,
        resume: str = "",
        skip: Container[int] = (),
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """As `open`, but the sections begin behind number ``after``, and those in ``skip`` are left out."""
        try:
            size = path.stat().st_size
            if size > _MAX_BYTES:
                raise TooLargeError(
                    f"{name} has {size / 1e6:,.0f} MB, over the limit of 100 MB of text: cut it into files"
                )
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"{name} can't be read: {error.strerror or error}") from error
        kind = media_type(data[:65_536], name)
        if kind not in _PARSERS:
            raise DamagedError(f"{name} is no text: it begins as {kind} does")
        parsed: Parsed = _PARSERS[kind](decode(data))
        sections = to_sections(parsed.blocks)
        document = Document(
            id=hashlib.sha256(data).hexdigest(),
            path=name,
            media_type=kind,
            title=parsed.title,
            page_count=len(sections),
            paged=False,
            metadata=parsed.metadata,
        )
        return document, _pages(document, sections, PictureFinder(path, name, options), after, skip)


def _pages(
    document: Document,
    sections: list[Section],
    pictures: PictureFinder,
    after: int,
    skip: Container[int],
) -> Iterator[ParsedPage]:
    for number, section in enumerate(sections[after:], after + 1):
        if number in skip:
            continue
        builder = PageBuilder(Page(document.id, number, label=section.label))
        for block, above in section.blocks:
            add_block(builder, block, above, pictures)
        yield builder.parsed()


def add_block(builder: PageBuilder, block: Block, above: tuple[str, ...], pictures: PictureFinder) -> None:
    """One more block of a page, under the headings ``above``, outermost first."""
    if block.kind is Kind.FIGURE:
        _add_figure(builder, block, above, pictures)
        return
    metadata = {"level": block.level} if block.kind is Kind.HEADING else dict(block.metadata)
    builder.add(block.kind, block.text, caption=block.caption, section=above, metadata=metadata)
    builder.add_lines(lines_of(block.kind, block.text, block.caption))


def _add_figure(builder: PageBuilder, block: Block, above: tuple[str, ...], pictures: PictureFinder) -> None:
    shown = None
    try:
        shown = pictures.find(block.source)
    except PictureNotRead as problem:
        builder.report(str(problem))
    if shown is not None:
        read = {"ocr": True} if shown.ocr else {}
        builder.add(
            Kind.FIGURE, shown.words, caption=block.caption, section=above, asset=shown.asset, metadata=read
        )
        builder.add_lines(lines_of(Kind.FIGURE, shown.words, block.caption))
    elif block.caption:
        builder.add(Kind.TEXT, block.caption, section=above)
        builder.add_lines(lines_of(Kind.TEXT, block.caption))
