"""HTML to blocks. Scripts, styles, navigation and hidden text are left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mmrag.ingest.markup.blocks import Block, Parsed
from mmrag.ingest.markup.captions import joined, with_captions
from mmrag.ingest.markup.formulas import tex_of
from mmrag.ingest.markup.head import metadata_of, tidy, title_of
from mmrag.ingest.markup.hidden import remove_hidden
from mmrag.ingest.markup.implied import close_implied
from mmrag.ingest.markup.lists import marked, portions
from mmrag.ingest.markup.shown import BLOCKS, shown, verbatim
from mmrag.ingest.markup.spaces import collapsed, one_line, written
from mmrag.ingest.markup.tables import to_markdown
from mmrag.text.normalise import normalise
from mmrag.types import Kind

if TYPE_CHECKING:
    from bs4 import Tag


_HEADING = re.compile(r"h([1-6])")
_NEEDS_OWN_BLOCKS = ["table", "pre", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"]
_DEFINED_BLOCKS = [*_NEEDS_OWN_BLOCKS, "dl", "ul", "ol"]
_CONDITION = re.compile(r"<!\[(?!CDATA\[)[^>]*>")
_MAX_DEPTH = 120


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
        for child in shown(parent):
            self._visit(child, depth)

    def _visit(self, child: str | Tag, depth: int) -> None:
        if isinstance(child, str):
            self._buffer.append(written(child))
            return
        heading = _HEADING.fullmatch(child.name)
        if depth > _MAX_DEPTH:
            self._buffer.append(written(child.get_text(" ")))
        elif heading:
            self._flush()
            self._heading(child, int(heading[1]))
        elif child.name in self._own:
            self._flush()
            self._own[child.name](child, depth)
            self._show()
        elif child.name in BLOCKS:
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
        elif tag.name == "math" and (formula := tex_of(tag)):
            self._buffer.append(written(formula))
        else:
            self._walk(tag, depth + 1)

    def _flush(self) -> None:
        text = collapsed("".join(self._buffer))
        self._buffer.clear()
        if text:
            self.blocks.append(Block(Kind.TEXT, normalise(text)))
        self._show()

    def _show(self) -> None:
        self.blocks += self._pictures
        self._pictures.clear()

    def _words(self, tag: Tag) -> str:
        """All that ``tag`` says, in one line; its pictures are kept for later."""
        parts: list[str] = []
        self._gather(tag, parts, 0)
        return one_line("".join(parts))

    def _gather(self, tag: Tag, parts: list[str], depth: int) -> None:
        for child in shown(tag):
            if isinstance(child, str):
                parts.append(written(child))
            elif depth > _MAX_DEPTH:
                parts.append(written(child.get_text(" ")))
            elif child.name == "br":
                parts.append("\n")
            elif child.name == "img":
                self._picture(child)
            elif child.name == "math" and (formula := tex_of(child)):
                parts.append(written(formula))
            else:
                parts.append(" " if child.name in BLOCKS else "")
                self._gather(child, parts, depth + 1)
                parts.append(" " if child.name in BLOCKS else "")

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
            for mark, item in marked(tag):
                self._under(mark if tag.name == "ol" else "", item, depth + 1)
            return
        lines: list[str] = []
        self._items(tag, 0, lines)
        self._add_lines(lines)

    def _items(self, tag: Tag, indent: int, lines: list[str]) -> None:
        for mark, item in marked(tag):
            if isinstance(item, str):
                continue
            if not mark and indent <= 20:
                self._items(item, indent + 1, lines)
                continue
            nested = [] if indent > 20 else item.find_all(["ul", "ol"], recursive=False)
            for inner in nested:
                inner.extract()
            words = self._words(item)
            if words:
                lines.append(f"{'  ' * indent}{mark or '-'} {words}")
            for inner in nested:
                self._items(inner, indent + 1, lines)

    def _definitions(self, tag: Tag, depth: int) -> None:
        lines: list[str] = []
        self._define(tag, depth, lines)
        self._add_lines(lines)

    def _define(self, tag: Tag, depth: int, lines: list[str]) -> None:
        for item in shown(tag):
            if isinstance(item, str):
                continue
            if item.name == "div" and depth <= _MAX_DEPTH and item.find(["dt", "dd"], recursive=False):
                self._define(item, depth + 1, lines)
            elif item.name != "dt" and item.find(_DEFINED_BLOCKS):
                term = f"{lines.pop()}:" if lines else ""
                self._add_lines(lines)
                self._under(term, item, depth + 1)
            else:
                words = self._words(item)
                if item.name != "dt" and lines:
                    lines[-1] += f": {words}"
                elif words:
                    lines.append(words)

    def _add_lines(self, lines: list[str]) -> None:
        """Lines of a list become blocks, and are no longer needed."""
        for start, stop in portions(lines):
            self.blocks.append(Block(Kind.TEXT, "\n".join(lines[start:stop])))
        lines.clear()
        self._show()

    def _under(self, lead: str, item: str | Tag, depth: int) -> None:
        """The blocks of ``item``; the first begins with ``lead`` or, if no passage, follows it."""
        at = len(self.blocks)
        self._visit(item, depth)
        self._flush()
        if not lead:
            return
        first = self.blocks[at] if at < len(self.blocks) else None
        if first is not None and first.kind is Kind.TEXT and not first.metadata:
            gap = "\n" if "\n" in first.text else " "
            self.blocks[at] = replace(first, text=f"{lead}{gap}{first.text}")
        else:
            self.blocks.insert(at, Block(Kind.TEXT, lead))

    def _table(self, tag: Tag, depth: int, caption: str = "") -> None:
        named = tag.find_all("caption", limit=1)
        rows = [row for row in tag.find_all("tr") if row.find_parent("table") is tag]
        cells = [row.find_all(["td", "th"], recursive=False) for row in rows]
        if tag.find("table") or max(map(len, cells), default=0) < 2:
            if caption and not self._pictures:
                self.blocks.append(Block(Kind.TEXT, caption))
            self._walk(tag, depth + 1)
            self._flush()
            return
        spans = [[(self._words(cell), _span(cell)) for cell in row] for row in cells]
        text = to_markdown(spans, header=bool(cells[0]) and all(cell.name == "th" for cell in cells[0]))
        says = joined([caption, self._words(named[0]) if named else ""])
        if text:
            self.blocks.append(Block(Kind.TABLE, text, caption=says))
        elif says:
            self.blocks.append(Block(Kind.TEXT, says))

    def _code(self, tag: Tag, depth: int) -> None:
        text = verbatim(tag).expandtabs(4).strip("\n").rstrip()
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


def _span(cell: Tag) -> tuple[int, int]:
    """Columns and rows that a cell covers, within reason."""
    return _count(cell.get("colspan"), 50), _count(cell.get("rowspan"), 200)


def _count(value: object, most: int) -> int:
    text = str(value or "1").strip()
    return max(1, min(int(text), most)) if text.isdecimal() and len(text) < 6 else 1
