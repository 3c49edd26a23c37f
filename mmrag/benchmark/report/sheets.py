"""Pages as they stand in a ranking: small, with boxes drawn on them, and what they are called beneath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from mmrag.benchmark.counting import counted
from mmrag.benchmark.report.markup import Html, join, tag
from mmrag.benchmark.report.pages import Embedded, PageKey
from mmrag.benchmark.values import Comparison
from mmrag.types import BBox


class Sheets:
    """Draws pages whose pictures stand in the style sheet of the report, each once.

    Args:
        pages: the pictures.
        files: all that are drawn or named, to call them by no more than it takes.
        unpaged: those that have sections instead of pages.
    """

    def __init__(self, pages: Embedded, files: Iterable[str], unpaged: Collection[str] = ()) -> None:
        self._names: Mapping[PageKey, str] = {key: f"i{place}" for place, key in enumerate(pages.pictures)}
        self._pages, self._unpaged = pages, unpaged
        self._namesakes = Counter(_last(file) for file in set(files))

    def style(self) -> Html:
        """The pictures and their shapes."""
        pictures = self._pages.pictures
        return join(
            Html(f".{name}{{--r:{pictures[key].shape:.4f};background-image:url({pictures[key].uri})}}\n")
            for key, name in self._names.items()
        )

    def called(self, file: str, page: int) -> str:
        """``report.pdf p. 3``, ``notes.md section 3``; with its folder where names are shared."""
        return f"{self._file(file)} {self._number(file, page)}"

    def sheet(
        self, file: str, page: int, *, gold: Sequence[BBox] = (), found: Sequence[BBox] = ()
    ) -> Html | None:
        """The page with its boxes; where it has no picture, the boxes on an empty sheet.

        Nothing for a whole file (page 0).
        """
        if not page:
            return None
        boxes = [_rectangle(box, "gold") for box in gold] + [_rectangle(box, "found") for box in found]
        drawn = tag("svg", boxes, aria_hidden="true") if boxes else None
        name = self._names.get((file, page))
        if name is None:
            return tag("span", drawn, tag("span", "no picture"), class_="page empty")
        says = self.called(file, page)
        return tag("button", drawn, type="button", class_=f"page {name}", aria_label=f"Enlarge {says}")

    def caption(self, file: str, page: int, says: str = "", rank: int | None = None) -> Html:
        """What stands beneath."""
        return tag(
            "span",
            tag("b", f"{rank} ") if rank else None,
            tag("bdi", self._file(file), title=file),
            f" {self._number(file, page)}",
            tag("em", says) if says else None,
            class_="where",
        )

    def left_out(self) -> str:
        """Which pages have no picture, in words; empty if all have one."""
        reasons = (
            (self._pages.no_room, "for want of room"),
            (self._pages.not_drawn, "that could not be drawn"),
        )
        says = [f"{counted(count, 'page')} {reason}" for count, reason in reasons if count]
        return f"Without a picture: {' and '.join(says)}." if says else ""

    def _file(self, file: str) -> str:
        name = _last(file)
        return name if self._namesakes[name] <= 1 else file

    def _number(self, file: str, page: int) -> str:
        if not page:
            return "(the whole file)"
        return f"section\u00a0{page}" if file in self._unpaged else f"p.\u00a0{page}"


def legend() -> Html:
    """What the boxes mean."""
    return tag(
        "p",
        tag("span", _sample("gold"), " where the answer is"),
        tag("span", _sample("found"), " what brought the page"),
        class_="legend",
    )


def files_of(comparison: Comparison) -> set[str]:
    """All that a report names."""
    gold = {one.file for question in comparison.dataset.questions for one in question.gold}
    return gold | {one.file for run in comparison.runs for outcome in run.outcomes for one in outcome.ranking}


def _last(file: str) -> str:
    return file.rpartition("/")[2]


def _rectangle(box: BBox, kind: str) -> Html:
    x0, y0, x1, y1 = (100 * value for value in box.as_tuple())
    width, height = f"{x1 - x0:.1f}%", f"{y1 - y0:.1f}%"
    return tag("rect", x=f"{x0:.1f}%", y=f"{y0:.1f}%", width=width, height=height, class_=kind)


def _sample(kind: str) -> Html:
    box = tag("rect", x="8%", y="15%", width="84%", height="70%", class_=kind)
    return tag("svg", box, class_="sample", aria_hidden="true")
