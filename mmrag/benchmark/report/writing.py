"""Writing the report."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from mmrag.benchmark.counting import counted
from mmrag.benchmark.report.browsing import questions_section
from mmrag.benchmark.report.costs import costs_section
from mmrag.benchmark.report.marks import symbols
from mmrag.benchmark.report.markup import Html, escape, join, tag
from mmrag.benchmark.report.pages import PictureOf
from mmrag.benchmark.report.pairs import pairs_section, verdict
from mmrag.benchmark.report.quality import quality_section
from mmrag.benchmark.report.results import Results
from mmrag.benchmark.statistics import Difference
from mmrag.benchmark.tables import Measured, differences, measured
from mmrag.benchmark.values import Comparison
from mmrag.errors import UsageError

LARGEST = 15_000_000
"""Bytes of a report, about: what fits into a letter."""


def write_report(
    comparison: Comparison,
    folder: Path,
    *,
    found: Measured | None = None,
    pairs: Sequence[Difference] | None = None,
    picture_of: PictureOf | None = None,
    failed: Mapping[str, str] | None = None,
    unpaged: Collection[str] = (),
    seed: int = 0,
    largest: int = LARGEST,
) -> Path:
    """Write ``report.html``: tables, plots and every question, in one file that asks for no other.

    Args:
        comparison: with at least one run.
        folder: where it goes; made if it is missing, and a file of that name replaced.
        found: the measures, as `mmrag.benchmark.tables.measured` gives them; made if ``None``.
        pairs: the setups compared, as `mmrag.benchmark.tables.differences` gives them; made if ``None``.
        picture_of: gives pictures of pages, as `IndexPages` does; none are shown if ``None``.
        failed: why a setup is not there, by its name.
        unpaged: files that have sections instead of pages, as `IndexPages` knows them.
        seed: of the intervals and tests.
        largest: bytes the file may have, about; pictures are left out for it.

    Returns:
        Its path.

    Raises:
        UsageError: if the comparison has no run or no question.
    """
    if not comparison.runs or not comparison.dataset.questions:
        raise UsageError("a report needs at least one setup and one question")
    found = measured(comparison) if found is None else found
    pairs = differences(comparison, found, seed=seed) if pairs is None else pairs
    results = Results(comparison, found, tuple(pairs), failed or {}, unpaged, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.html"
    half = path.with_suffix(".half")
    half.write_text(page(results, picture_of, largest), encoding="utf-8")
    half.replace(path)
    return path


def page(results: Results, picture_of: PictureOf | None, largest: int) -> str:
    """The whole file."""
    style, script, shell = (_part(name) for name in ("report.css", "report.js", "page.html"))
    before = join(
        symbols(len(results.setups)),
        _header(results),
        quality_section(results),
        pairs_section(results),
        costs_section(results),
    )
    after = join(_made_with(results))
    room = largest - len(before) - len(after) - len(style) - len(script)
    questions = questions_section(results, picture_of, room)
    return Template(shell).substitute(
        title=escape(f"{results.comparison.dataset.name}: which strategy serves it best"),
        style=style,
        pictures=questions.style,
        body=join(before, questions.section, after),
        script=script,
    )


def _part(name: str) -> str:
    return files("mmrag.benchmark.report").joinpath(name).read_text(encoding="utf-8")


def _header(results: Results) -> Html:
    dataset = results.comparison.dataset
    documents = len({gold.file for question in dataset.questions for gold in question.gold})
    pages = max(run.laying.pages for run in results.comparison.runs)
    facts = [
        counted(len(results.setups), "setup"),
        counted(len(dataset.questions), "question"),
        f"on {counted(documents, 'document')}",
        f"{counted(pages, 'page')} searched",
    ]
    links = {"quality": "Quality", "pairs": "Differences", "costs": "Cost", "questions": "Questions"}
    if not results.pairs:
        del links["pairs"]
    return tag(
        "header",
        tag("p", "mmrag bench", class_="kicker"),
        tag("h1", tag("bdi", dataset.name), tag("span", ": which strategy serves it best?")),
        tag("p", verdict(results), class_="lead"),
        tag("p", " · ".join(facts), class_="facts"),
        tag("p", dataset.note, class_="dataset-note") if dataset.note else None,
        tag(
            "ul",
            [tag("li", tag("bdi", name), f" was left out: {why}") for name, why in results.failed.items()],
            class_="failed",
        )
        if results.failed
        else None,
        tag(
            "nav",
            [tag("a", text, href=f"#{id_}") for id_, text in (links | {"made": "Made with"}).items()],
            aria_label="Sections",
        ),
    )


def _made_with(results: Results) -> Html:
    made = results.comparison.made_with
    rows = [
        (tag("dt", name), tag("dd", tag("code", value) if name == "command" else value))
        for name, value in made.items()
    ]
    return tag(
        "section",
        tag("h2", "Made with"),
        tag("dl", rows, class_="made")
        if rows
        else tag("p", "What this comparison was made with was not written down."),
        id="made",
    )
