"""Indexing a corpus for a comparison: parsed once, then every view laid by itself, on the clock.

Each recipe gets an index, copied from what was parsed. Views that share vectors (two that embed
the same texts by the same encoder) would make the later one look cheap, so such a view is laid a second time
over a copy without the others, and what that took counts wherever the others are not part of the setup.

What each step took is written down while it runs: a run that was killed goes on, and its figures hold.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmrag.api.builder import update
from mmrag.api.info import size_of
from mmrag.benchmark.caching import content_of
from mmrag.benchmark.ledger import Ledger, Step
from mmrag.benchmark.values import Dataset, Laying
from mmrag.config import Recipe
from mmrag.encoders.lists import ChunkList, texts_of
from mmrag.errors import FingerprintError, MissingExtraError, ModelError, UsageError
from mmrag.index.reader import Reader
from mmrag.index.store import LOCK, is_index
from mmrag.strategies import load_strategies
from mmrag.types import Progress, Report, to_dict

OnLaying = Callable[[str, Progress], None]
"""Called with what is being done (``parsing``, ``laying mini · visual``) and how far it is."""

LEDGER, INDEXES = "laying.json", "laid"
"""What there is in the folder of a comparison: the figures, and the indexes."""

ORDER = ("caption", "visual", "joint")
"""In which views are laid: those that are dear to lay twice come first."""


class Workshop:
    """The indexes of a comparison.

    Args:
        folder: where they go.
        corpus: the documents.
        on_laying: hears how far it is.
    """

    def __init__(self, folder: Path, corpus: Path, on_laying: OnLaying | None = None) -> None:
        self._folder = folder / INDEXES
        self._folder.mkdir(parents=True, exist_ok=True)
        self._corpus = corpus.resolve()
        self._on_laying = on_laying
        self._looked_at: set[Path] = set()
        self._ledger = Ledger(folder / LEDGER)
        self._forget_what_is_gone()

    def parsed(self, recipe: Recipe) -> Path:
        """The index of the corpus without views, parsed as ``recipe`` says.

        Raises:
            UsageError: if there is nothing to read, or documents have changed since an earlier run.
        """
        path = self._parsed_place(recipe)
        if path in self._looked_at:
            return path
        before = self._ledger[path.name]
        if before.done:
            # What a look at unchanged files takes belongs to no figure.
            with self._of_these_makers():
                update(path, self._corpus, recipe, lay=False)
            if _content(path) != before.content:
                raise self._stale(f"documents in {self._corpus} have changed")
        else:
            report = self._update(path.name, "parsing", path, recipe, lay=False)
            if not report.pages:
                raise UsageError(
                    f"there is nothing to read in {self._corpus}{_first_reason(report)}; documents are PDF, "
                    "pictures, Markdown, HTML and text"
                )
            if before.content not in ("", content := _content(path)):
                raise self._stale(f"documents in {self._corpus} have changed")
            self._finish(path.name, report, size_of(path), content=content)
        self._looked_at.add(path)
        return path

    def base(self, recipe: Recipe, dataset: Dataset) -> Path:
        """The same, with what the questions of ``dataset`` hide taken out."""
        parsed = self.parsed(recipe)
        hidden = sorted({element for question in dataset.questions for element in question.hidden})
        if not hidden:
            return parsed
        path = self._folder / f"hidden-{_digest(parsed.name, hidden)}"
        if not path.exists():
            from mmrag.benchmark.datasets import hidden_copy

            half = path.with_name(f".{path.name}.half")
            shutil.rmtree(half, ignore_errors=True)
            hidden_copy(parsed, dataset, half)
            half.rename(path)
        return path

    def lay(
        self, base: Path, pipeline: str, recipe: Recipe, setups: Sequence[Sequence[str]]
    ) -> tuple[Path, dict[str, str]]:
        """Lay the views that the setups ask, one after another.

        Args:
            base: the index to begin with.
            pipeline: what the recipe is called.
            recipe: its strategies do not count.
            setups: the views of each setup.

        Returns:
            The index, and why a view is not there, by its name.
        """
        path, failed = self._place(base, recipe), {}
        if not path.exists():
            _copy(base, path)
        for view in (view for view in ORDER if any(view in setup for setup in setups)):
            try:
                self._lay(path, f"{pipeline} · {view}", view, recipe)
                if any(self._is_alone(path, view, recipe, setup) for setup in setups if view in setup):
                    self._lay_alone(base, path, f"{pipeline} · {view} alone", view, recipe)
            except (ModelError, MissingExtraError) as error:
                failed[view] = str(error)
        return path, failed

    def laying(self, base: Path, recipe: Recipe, setup: Sequence[str]) -> Laying:
        """What it took to have the views of a setup, from nothing.

        Args:
            base, recipe: as of `lay`, which has been called.
            setup: its views.
        """
        path = self._place(base, recipe)
        parsing = self._ledger[self._parsed_place(recipe).name]
        steps = [parsing]
        for view in setup:
            alone = self._is_alone(path, view, recipe, setup)
            steps.append(self._ledger[_step(path, view, alone=alone)])
        tokens: Counter[str] = Counter()
        for step in steps:
            tokens.update(step.tokens)
        return Laying(
            parsing.pages,
            round(sum(step.seconds for step in steps), 3),
            sum(step.bytes for step in steps),
            dict(tokens),
            sum(step.cost for step in steps),
        )

    def _forget_what_is_gone(self) -> None:
        """Steps whose index was removed are to be done anew, of the same documents as those that are left."""
        for name in self._ledger:
            begun, index = self._ledger[name], self._folder / name.partition("/")[0]
            if begun != (afresh := Step(content=begun.content)) and not is_index(index):
                self._ledger[name] = afresh

    def _parsed_place(self, recipe: Recipe) -> Path:
        return self._folder / f"parsed-{_digest(recipe.ingest)}"

    def _place(self, base: Path, recipe: Recipe) -> Path:
        """Recipes that differ only in how they search share the views."""
        return self._folder / f"views-{_digest(base.name, recipe.caption, recipe.joint, recipe.visual)}"

    def _lay(self, path: Path, says: str, view: str, recipe: Recipe) -> None:
        """Lay a view beside those that the index has."""
        name = _step(path, view)
        if self._ledger[name].done:
            return
        after = tuple(other for other in ORDER if self._ledger[_step(path, other)].done)
        before = size_of(path)
        report = self._update(name, f"laying {says}", path, replace(recipe, strategies=(*after, view)))
        self._finish(name, report, size_of(path) - before, after)

    def _lay_alone(self, base: Path, path: Path, says: str, view: str, recipe: Recipe) -> None:
        """Lay a view over a copy that has no other, for its figures."""
        name = _step(path, view, alone=True)
        if self._ledger[name].done:
            return
        scratch = path.with_name(f"{path.name}-{view}")
        if not scratch.exists():
            _copy(base, scratch)
        report = self._update(name, f"laying {says}", scratch, replace(recipe, strategies=(view,)))
        self._finish(name, report, size_of(scratch) - size_of(base))
        shutil.rmtree(scratch)

    def _is_alone(self, path: Path, view: str, recipe: Recipe, setup: Sequence[str]) -> bool:
        """Whether a view found vectors of others that are not in the setup."""
        others = [other for other in self._ledger[_step(path, view)].after if other not in setup]
        encoders = _text_encoders(recipe, [view, *others])
        return any(encoders[view] & encoders[other] for other in others)

    def _update(self, name: str, says: str, path: Path, recipe: Recipe, *, lay: bool = True) -> Report:
        with self._ledger.clock(name) as tick:

            def tell(progress: Progress) -> None:
                tick()
                if self._on_laying is not None:
                    self._on_laying(says, progress)

            with self._of_these_makers():
                return update(path, self._corpus, recipe, progress=tell, lay=lay)

    @contextmanager
    def _of_these_makers(self) -> Iterator[None]:
        """What another version of mmrag, or of a model, has made is not mixed with what this one makes."""
        try:
            yield
        except FingerprintError as error:
            raise self._stale("mmrag or a model has changed") from error

    def _stale(self, what: str) -> UsageError:
        return UsageError(
            f"{what} since {self._folder.parent} was made: --fresh measures everything anew, --out keeps "
            "what is there"
        )

    def _finish(
        self, name: str, report: Report, grown: int, after: tuple[str, ...] = (), content: str = ""
    ) -> None:
        self._ledger[name] = replace(
            self._ledger[name],
            bytes=grown,
            tokens=report.tokens,
            cost=report.cost,
            pages=report.pages,
            after=after,
            content=content,
            done=True,
        )


def _step(path: Path, view: str, *, alone: bool = False) -> str:
    return f"{path.name}/{view}" + (" alone" if alone else "")


def _text_encoders(recipe: Recipe, views: Sequence[str]) -> dict[str, set[str]]:
    """By view, who makes the vectors of its texts. Loads no model."""
    strategies = load_strategies(replace(recipe, strategies=tuple(views)))
    return {
        strategy.name: {
            texts_of(made.encoder).fingerprint for made in strategy.lists if isinstance(made, ChunkList)
        }
        for strategy in strategies
    }


def _content(path: Path) -> str:
    with closing(Reader(path)) as reader:
        return content_of(reader)


def _copy(source: Path, target: Path) -> None:
    """A copy of an index, whole or not there. Pictures are files that never change: they are linked."""
    half = target.with_name(f".{target.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(source, half, copy_function=_link_or_copy, ignore=shutil.ignore_patterns(LOCK))
    half.rename(target)


def _link_or_copy(source: str, target: str) -> None:
    if Path(source).suffix in (".png", ".jpg", ".jpeg", ".webp"):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def _first_reason(report: Report) -> str:
    skipped = report.skipped
    return f": {skipped[0].path}: {skipped[0].reason}" if skipped else ""


def _digest(*parts: Any) -> str:
    text = json.dumps(to_dict(parts), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
