"""A small dataset over text files, and a recipe of pure fakes to compare strategies with."""

from __future__ import annotations

from pathlib import Path

import mmrag
from mmrag.benchmark.caching import OutcomeCache
from mmrag.benchmark.laying import Workshop
from mmrag.benchmark.running import Compared, Plan, compare
from mmrag.benchmark.values import Dataset, Gold, Question, Setup
from mmrag.config import CaptionOptions, IngestOptions, JointOptions, VisualOptions

RECIPE = mmrag.Recipe(
    name="fake",
    ingest=IngestOptions(workers=1, ocr="never", layout="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    joint=JointOptions(encoders=("tests.fakes:ColourEncoder",), labels=()),
    visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)),
)
JOINT, CAPTION, VISUAL = (Setup("fake", (view,)) for view in ("joint", "caption", "visual"))
WORDS = Setup("fake", ())
ALL = Setup("fake", ("joint", "caption", "visual"))

TEXTS = {"zebra.md": "A zebra has stripes.", "lake.md": "A quiet lake.", "oboe.md": "An oboe sounds low."}
QUESTIONS = (
    Question("q1", "zebra stripes", (Gold("zebra.md", 1),), kind="text"),
    Question("q2", "quiet lake", (Gold("lake.md", 1),), kind="text"),
    Question("q3", "oboe", (Gold("oboe.md", 1),), kind="figure", language="de"),
)


def corpus(folder: Path) -> Path:
    """The documents."""
    made = folder / "corpus"
    made.mkdir()
    for name, text in TEXTS.items():
        (made / name).write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    return made


def run(
    folder: Path, dataset: Dataset, *setups: Setup, recipe: mmrag.Recipe = RECIPE, **options: object
) -> Compared:
    """A comparison in ``folder``."""
    plan = Plan(setups or (JOINT, CAPTION, VISUAL, ALL), {"fake": recipe}, **options)  # type: ignore[arg-type]
    with OutcomeCache(folder / "outcomes.sqlite") as cache:
        return compare(dataset, plan, Workshop(folder, dataset.corpus), cache)
