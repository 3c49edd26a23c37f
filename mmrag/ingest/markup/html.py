"""HTML to blocks. Scripts, styles, navigation and hidden text are left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mmrag.ingest.markup.blocks import Block, Parsed
from mmrag.ingest.markup.captions import joined, with_captions
from mmrag.ingest.markup.head import metadata_of, tidy, title_of
from mmrag.ingest.markup.hidden import remove_hidden
from mmrag.ingest.markup.implied import close_implied
from mmrag.ingest.markup.tables import to_markdown
from mmrag.text.normalise import normalise
from mmrag.types import Kind

if TYPE_CHECKING:
    from bs4 import Tag


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


_SKIPPED = _names(
    "script style noscript template head nav button select option textarea input datalist iframe object "
    "embed video audio canvas svg map dialog"
)
_BLOCKS = _names(
    "address article aside blockquote body center dd details div dt fieldset figcaption footer form header "
    "hgroup html li main p section summary tbody td tfoot th thead tr caption"
)
_HEADING = re.compile(r"h([1-6])")
_NEEDS_OWN_BLOCKS = ["table", "pre", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"]
_CONDITION = re.compile(r"<!\[(?!CDATA\[)[^>]*>")
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_SPACE_RUN = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" *\n *")
_MAX_DEPTH = 120
_MAX_LIST = 2000


def from_html(text: str) -> Parsed:
    """The blocks, title and metadata of an HTML document or fragment."""
    import warnings

    from bs4 import BeautifulSoup
    from bs4.builder import ParserRejectedMarkup

    text = close_implied(_CONDITION.sub("", text))
    with warnings.catch_warnings():
        # Whether XML-flavoured markup deserves an XML parser is decided: it does not.
        warnings.simplefilter("ignore")
        try:
            soup = BeautifulSoup(text, "html.parser")
        except ParserRejectedMarkup:
            # A malformed declaration stops html.parser; none of them says anything to a reader.
            soup = BeautifulSoup(text.replace("<!", "&lt;!"), "html.parser")
    remove_hidden(soup)
    reader = _Reader()
    reader.read(soup)
    title = title_of(soup, reader.blocks)
    return Parsed(tuple(with_captions(reader.blocks)), title, metadata_of(soup))


class _Reader:
    """Walks the tree. Inline content gathers in a buffer until a block begins or ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._buffer: list[str] = []
        self._pictures: list[Block] = []
        self._own: dict[str, Callable[[Tag, int], None]] = {
            "ul": self._list,
            "ol": self._list,
            "dl": self._definitions,
            "table": self._table,
            "pre": self._code,
            "figure": self._figure,
            "hr": lambda _tag, _depth: None,
        }

    def read(self, root: Tag) -> None:
        """Add the blocks under ``root``."""
        self._walk(root, 0)
        self._flush()

    def _walk(self, parent: Tag, depth: int) -> None:
        for child in _shown(parent):
            if isinstance(child, str):
                self._buffer.append(_SPACE.sub(" ", child))
                continue
            heading = _HEADING.fullmatch(child.name)
            if depth > _MAX_DEPTH:
                self._buffer.append(_SPACE.sub(" ", child.get_text(" ")))
            elif heading:
                self._flush()
                self._heading(child, int(heading[1]))
            elif child.name in self._own:
                self._flush()
                self._own[child.name](child, depth)
                self._show()
            elif child.name in _BLOCKS:
                self._flush()
                self._walk(child, depth + 1)
                self._flush()
            else:
                self._inline(child, depth)

    def _inline(self, tag: Tag, depth: int) -> None:
        if tag.name == "br":
            self._buffer.append("\n")
        elif tag.name == "img":
            self._picture(tag)
        elif tag.name == "math" and tag.get("alttext"):
            self._buffer.append(str(tag["alttext"]))
        else:
            self._walk(tag, depth + 1)

    def _flush(self) -> None:
        text = _AROUND_BREAK.sub("\n", _SPACE_RUN.sub(" ", "".join(self._buffer))).strip()
        self._buffer.clear()
        if text:
            self.blocks.append(Block(Kind.TEXT, normalise(text)))
        self._show()

    def _show(self) -> None:
        self.blocks += self._pictures
        self._pictures.clear()

    def _words(self, tag: Tag, breaks: str = " ") -> str:
        """All that ``tag`` says, in one line; its pictures are kept for later."""
        parts: list[str] = []
        self._gather(tag, parts, 0)
        return _AROUND_BREAK.sub(breaks, _SPACE_RUN.sub(" ", normalise("".join(parts)))).strip()

    def _gather(self, tag: Tag, parts: list[str], depth: int) -> None:
        for child in _shown(tag):
            if isinstance(child, str):
                parts.append(_SPACE.sub(" ", child))
            elif depth > _MAX_DEPTH:
                parts.append(child.get_text(" "))
            elif child.name == "br":
                parts.append("\n")
            elif child.name == "img":
                self._picture(child)
            else:
                parts.append(" " if child.name in _BLOCKS else "")
                self._gather(child, parts, depth + 1)
                parts.append(" " if child.name in _BLOCKS else "")

    def _heading(self, tag: Tag, level: int) -> None:
        text = self._words(tag)
        if text:
            self.blocks.append(Block(Kind.HEADING, text, level))
        self._show()

    def _picture(self, tag: Tag, caption: str = "") -> None:
        source = str(tag.get("src") or tag.get("data-src") or "").strip()
        said = [caption, tidy(str(tag.get("title") or "")), tidy(str(tag.get("alt") or ""))]
        if source:
            self._pictures.append(Block(Kind.FIGURE, "", caption=joined(said), source=source))

    def _list(self, tag: Tag, depth: int) -> None:
        if tag.find(_NEEDS_OWN_BLOCKS):
            self._walk(tag, depth + 1)
            self._flush()
            return
        lines: list[str] = []
        self._items(tag, 0, lines)
        for start, stop in _portions(lines):
            self.blocks.append(Block(Kind.TEXT, "\n".join(lines[start:stop])))

    def _items(self, tag: Tag, indent: int, lines: list[str]) -> None:
        number = 0
        for item in _shown(tag):
            if isinstance(item, str):
                continue
            nested = [] if indent > 20 else item.find_all(["ul", "ol"], recursive=False)
            for inner in nested:
                inner.extract()
            number += 1
            mark = f"{number}." if tag.name == "ol" else "-"
            words = self._words(item)
            if words:
                lines.append(f"{'  ' * indent}{mark} {words}")
            for inner in nested:
                self._items(inner, indent + 1, lines)

    def _definitions(self, tag: Tag, depth: int) -> None:
        lines: list[str] = []
        for item in tag.find_all(["dt", "dd"]):
            words = self._words(item)
            if item.name == "dd" and lines:
                lines[-1] += f": {words}"
            elif words:
                lines.append(words)
        for start, stop in _portions(lines):
            self.blocks.append(Block(Kind.TEXT, "\n".join(lines[start:stop])))

    def _table(self, tag: Tag, depth: int, caption: str = "") -> None:
        named = tag.find_all("caption", limit=1)
        rows = [row for row in tag.find_all("tr") if row.find_parent("table") is tag]
        cells = [row.find_all(["td", "th"], recursive=False) for row in rows]
        if tag.find("table") or max(map(len, cells), default=0) < 2:
            self._walk(tag, depth + 1)
            self._flush()
            return
        spans = [[(self._words(cell), _span(cell)) for cell in row] for row in cells]
        text = to_markdown(spans, header=bool(cells[0]) and all(cell.name == "th" for cell in cells[0]))
        says = self._words(named[0]) if named else caption
        if text:
            self.blocks.append(Block(Kind.TABLE, text, caption=says))

    def _code(self, tag: Tag, depth: int) -> None:
        text = tag.get_text().expandtabs(4).strip("\n").rstrip()
        if text.strip():
            self.blocks.append(Block(Kind.TEXT, text, metadata={"code": True}))

    def _figure(self, tag: Tag, depth: int) -> None:
        caption = ""
        for named in tag.find_all("figcaption", limit=1):
            caption = self._words(named)
            named.extract()
        tables = tag.find_all("table")
        for picture in tag.find_all("img"):
            self._picture(picture, caption)
            picture.extract()
        if tables:
            self._table(tables[0], depth, caption)
            tables[0].extract()
        elif caption and not self._pictures:
            self._buffer.append(caption)
        self._walk(tag, depth + 1)
        self._flush()


def _shown(parent: Tag) -> Iterator[str | Tag]:
    """The children of ``parent`` that a reader sees."""
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    for child in list(parent.children):
        if isinstance(child, Tag):
            if child.name not in _SKIPPED and not _is_site_footer(child):
                yield child
        elif type(child) in (NavigableString, CData):
            yield str(child)


def _is_site_footer(tag: Tag) -> bool:
    return tag.name == "footer" and tag.parent is not None and tag.parent.name == "body"


def _portions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges of lines of about 2,000 characters, so that a list of a thousand items is several elements."""
    start, length = 0, 0
    for index, line in enumerate(lines):
        if length > _MAX_LIST:
            yield start, index
            start, length = index, 0
        length += len(line)
    if start < len(lines):
        yield start, len(lines)


def _span(cell: Tag) -> tuple[int, int]:
    """Columns and rows that a cell covers, within reason."""
    return _count(cell.get("colspan"), 50), _count(cell.get("rowspan"), 200)


def _count(value: object, most: int) -> int:
    text = str(value or "1").strip()
    return max(1, min(int(text), most)) if text.isdecimal() and len(text) < 6 else 1
