"""End tags that HTML allows to leave out: written in, because html.parser does not know them."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import accumulate

_CLOSES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu", "table"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl", "table"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "table"})),
    "td": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "th": (frozenset({"td", "th"}), frozenset({"tr", "table"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "thead": (frozenset({"tr", "thead", "tbody", "tfoot"}), frozenset({"table"})),
    "tbody": (frozenset({"tr", "thead", "tbody", "tfoot"}), frozenset({"table"})),
    "tfoot": (frozenset({"tr", "thead", "tbody", "tfoot"}), frozenset({"table"})),
}
"""For a start tag: the open elements that it ends, and those that keep it from looking further out."""

_TRACKED = frozenset(_CLOSES) | {"ul", "ol", "menu", "dl", "table"}


def close_implied(text: str) -> str:
    """``text`` with the end tags of list items, definitions, rows and cells in their places.

    Follows the rules for omitted tags of the HTML standard (section 13.1.2.4), as far as they matter for
    reading lists and tables.
    """
    finder = _Finder(text)
    parts, start = [], 0
    for position, tags in finder.missing:
        parts += [text[start:position], tags]
        start = position
    return "".join([*parts, text[start:]])


class _Finder(HTMLParser):
    """Finds where end tags are missing."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.missing: list[tuple[int, str]] = []
        self._open: list[str] = []
        self._lines = [0, *accumulate(len(line) for line in text.split("\n"))]
        try:
            self.feed(text)
        except AssertionError:
            # A malformed declaration stops html.parser; what stands before it is known.
            return

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what ``tag`` ends, and that it is open."""
        if tag not in _TRACKED:
            return
        if tag in _CLOSES:
            self._end(*_CLOSES[tag])
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """``tag`` is no longer open, nor is anything inside it; what is inside is ended here."""
        if tag in _TRACKED and tag in self._open:
            inside = len(self._open) - self._open[::-1].index(tag)
            self._write(self._open[inside:])
            del self._open[inside - 1 :]

    def _end(self, ended: frozenset[str], until: frozenset[str]) -> None:
        depth = len(self._open)
        found = depth
        while depth and self._open[depth - 1] not in until:
            depth -= 1
            if self._open[depth] in ended:
                found = depth
        self._write(self._open[found:])
        del self._open[found:]

    def _write(self, tags: list[str]) -> None:
        if tags:
            line, column = self.getpos()
            position = self._lines[line - 1] + line - 1 + column
            self.missing.append((position, "".join(f"</{tag}>" for tag in reversed(tags))))
