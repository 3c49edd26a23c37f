"""Comparisons with fakes: what is asked, what is kept, what is said where something is wrong."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

import mmrag
from mmrag.api import builder
from mmrag.benchmark.caching import OutcomeCache
from mmrag.benchmark.laying import Workshop
from mmrag.benchmark.ledger import Ledger
from mmrag.benchmark.running import Plan, compare
from mmrag.benchmark.values import Dataset, Gold, Question, Setup
from mmrag.errors import ModelError, UsageError
from mmrag.types import to_dict
from tests.benchmark.making import ALL, CAPTION, JOINT, QUESTIONS, RECIPE, VISUAL, WORDS, corpus, run
from tests.fakes import LetterEncoder, LinesEncoder


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset("animals", corpus(tmp_path), QUESTIONS)


def searches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Every search from here on."""
    made: list[tuple[str, tuple[str, ...]]] = []
    real = mmrag.Index.search

    def search(
        self: mmrag.Index,
        query: str | mmrag.Query,
        top_k: int = 10,
        filters: mmrag.Filters | None = None,
        strategies: Sequence[str] | None = None,
    ) -> list[mmrag.Hit]:
        made.append((query if isinstance(query, str) else query.text, tuple(strategies or ())))
        return real(self, query, top_k, filters, strategies)

    monkeypatch.setattr(mmrag.Index, "search", search)
    return made


def test_every_setup_answers_every_question_in_order(dataset: Dataset, tmp_path: Path) -> None:
    compared = run(tmp_path / "out", dataset)
    runs = compared.comparison.runs
    assert [found.setup for found in runs] == [JOINT, CAPTION, VISUAL, ALL]
    assert compared.failed == {}
    for found in runs:
        assert [outcome.question for outcome in found.outcomes] == ["q1", "q2", "q3"]
        for outcome, question in zip(found.outcomes, QUESTIONS, strict=True):
            assert (outcome.ranking[0].file, outcome.ranking[0].page) == (question.gold[0].file, 1)
            assert len(outcome.ranking) == 3
            assert outcome.seconds > 0
            assert outcome.answer is None


def test_a_search_gives_what_mmrag_search_gives(dataset: Dataset, tmp_path: Path) -> None:
    compared = run(tmp_path / "out", dataset, JOINT, ALL)
    with mmrag.open(compared.indexes["fake"]) as index:
        for found in compared.comparison.runs:
            hits = index.search("quiet lake", strategies=found.setup.strategies)
            ranking = found.outcomes[1].ranking
            assert [(hit.document.path, hit.page.number, hit.score) for hit in hits] == [
                (one.file, one.page, one.score) for one in ranking
            ]


def test_what_was_asked_is_not_asked_again(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path / "out", dataset)
    made = searches(monkeypatch)
    monkeypatch.setattr(LetterEncoder, "_encode", lambda *_: pytest.fail("a model was asked"))
    assert run(tmp_path / "out", dataset).comparison == first.comparison
    assert made == []


def test_a_killed_run_goes_on_with_the_next_question(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = OutcomeCache.put
    kept = []

    def stop(self: OutcomeCache, key: str, outcome: object) -> None:
        if len(kept) == 4:
            raise KeyboardInterrupt
        kept.append(key)
        put(self, key, outcome)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(OutcomeCache, "put", stop)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "out", dataset, CAPTION, VISUAL)
    made = searches(monkeypatch)
    run(tmp_path / "out", dataset, CAPTION, VISUAL)
    # The first is a warm-up; models are loaded before the clock runs.
    texts = ["zebra stripes", "quiet lake", "oboe"]
    assert made == [(text, ("visual",)) for text in texts]


def test_what_was_kept_before_a_kill_is_there(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from mmrag.benchmark.caching import OutcomeCache
from mmrag.benchmark.values import Dataset
from tests.benchmark.making import QUESTIONS, run

real, kept = OutcomeCache.put, []

def put(self, key, outcome):
    real(self, key, outcome)
    kept.append(key)
    if len(kept) == 5:
        os.kill(os.getpid(), signal.SIGKILL)

OutcomeCache.put = put
run(Path(sys.argv[1]) / "out", Dataset("animals", Path(sys.argv[1]) / "corpus", QUESTIONS))
"""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, str(tmp_path)]
    killed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    put: list[str] = []
    real = OutcomeCache.put
    monkeypatch.setattr(
        OutcomeCache, "put", lambda self, key, outcome: (put.append(key), real(self, key, outcome))
    )
    assert len(run(tmp_path / "out", dataset).comparison.runs) == 4
    assert len(put) == 12 - 5


def test_one_new_question_is_one_search(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "out", dataset, CAPTION)
    made = searches(monkeypatch)
    more = replace(dataset, questions=(*QUESTIONS, Question("q4", "sounds low", (Gold("oboe.md", 1),))))
    run(tmp_path / "out", more, CAPTION)
    assert [text for text, _ in made] == ["zebra stripes", "sounds low"]


def test_other_weights_are_asked_anew_over_the_same_views(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path / "out", dataset, CAPTION)
    calls = LetterEncoder.calls
    other = replace(RECIPE, retrieve=replace(RECIPE.retrieve, weights={"caption": 1.0}))
    made = searches(monkeypatch)
    second = run(tmp_path / "out", dataset, CAPTION, recipe=other)
    assert len(made) == 4
    assert LetterEncoder.calls == calls
    assert second.indexes == first.indexes
    scores = [found.comparison.runs[0].outcomes[0].ranking[0].score for found in (first, second)]
    assert scores[0] != scores[1]


def test_documents_are_parsed_once_and_views_laid_once(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: list[tuple[str, ...]] = []
    parsed: list[int] = []
    real = builder.ParserPool.parse

    def parse(self: object, jobs: list[object]) -> object:
        parsed.append(len(jobs))
        return real(self, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(builder.ParserPool, "parse", parse)
    monkeypatch.setattr(
        "mmrag.benchmark.laying.update",
        lambda path, root, recipe, **rest: (
            laid.append(recipe.strategies if rest["lay"] else ()),
            builder.update(path, root, recipe, **rest),
        )[1],
    )
    run(tmp_path / "out", dataset)
    assert parsed == [3]
    # Strategy joint shares its text vectors with caption, so it is laid once more for its own figures.
    assert laid == [(), ("caption",), ("caption", "visual"), ("caption", "visual", "joint"), ("joint",)]


def test_what_a_setup_takes_is_counted_from_nothing(dataset: Dataset, tmp_path: Path) -> None:
    compared = run(tmp_path / "out", dataset, JOINT, CAPTION, Setup("fake", ("joint", "caption")))
    joint, caption, both = (found.laying for found in compared.comparison.runs)
    assert joint.pages == caption.pages == both.pages == 3
    steps = Ledger(tmp_path / "out/laying.json")
    took = {name.rpartition("/")[2].partition("-")[0]: steps[name].seconds for name in steps}
    assert set(took) == {"parsed", "caption", "joint", "joint alone"}
    assert joint.seconds == round(took["parsed"] + took["joint alone"], 3)
    assert caption.seconds == round(took["parsed"] + took["caption"], 3)
    assert both.seconds == round(took["parsed"] + took["caption"] + took["joint"], 3)
    assert max(joint.bytes, caption.bytes) <= both.bytes < joint.bytes + caption.bytes
    assert sorted(found.name.partition("-")[0] for found in (tmp_path / "out/laid").iterdir()) == [
        "parsed",
        "views",
    ]


def test_time_of_a_killed_laying_counts(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1_000_000, 10))
    monkeypatch.setattr("mmrag.benchmark.ledger.time.perf_counter", lambda: float(next(clock)))
    with monkeypatch.context() as patch:
        patch.setattr(LinesEncoder, "encode_pages", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "out", dataset, VISUAL)
    steps = Workshop(tmp_path / "out", dataset.corpus)._ledger._steps
    (stopped,) = (step for name, step in steps.items() if name.endswith("/visual"))
    assert stopped.seconds > 0
    assert not stopped.done
    run(tmp_path / "out", dataset, VISUAL)
    steps = Workshop(tmp_path / "out", dataset.corpus)._ledger._steps
    (whole,) = (step for name, step in steps.items() if name.endswith("/visual"))
    assert whole.done
    assert whole.seconds > stopped.seconds


@pytest.mark.parametrize("gone", ["*", "parsed-*", "views-*"])
def test_indexes_that_were_removed_are_made_again(dataset: Dataset, tmp_path: Path, gone: str) -> None:
    first = run(tmp_path / "out", dataset, CAPTION).comparison.runs[0]
    ledger = Ledger(tmp_path / "out/laying.json")
    steps = {name: replace(ledger[name], seconds=1e6) for name in ledger}  # longer than a step may take
    (tmp_path / "out/laying.json").write_text(json.dumps(to_dict(steps)), encoding="utf-8")
    for index in (tmp_path / "out/laid").glob(gone):
        shutil.rmtree(index)
    (tmp_path / "out/outcomes.sqlite").unlink()
    again = run(tmp_path / "out", dataset, CAPTION).comparison.runs[0]
    assert [one.ranking for one in again.outcomes] == [one.ranking for one in first.outcomes]
    assert again.laying.pages == 3
    ledger = Ledger(tmp_path / "out/laying.json")
    kept = {name for name, step in steps.items() if ledger[name] == step}
    assert kept == {name for name in steps if not fnmatch(name, gone)}
    assert all(ledger[name].done for name in steps)


def test_documents_that_changed_since_are_told_though_what_was_parsed_is_gone(
    dataset: Dataset, tmp_path: Path
) -> None:
    run(tmp_path / "out", dataset, CAPTION)
    for index in (tmp_path / "out/laid").glob("parsed-*"):
        shutil.rmtree(index)
    (dataset.corpus / "lake.md").write_text("# Lake\n\nIt has dried up.\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(UsageError, match=r"documents in .* have changed since"):
            run(tmp_path / "out", dataset, CAPTION)


def test_a_view_that_fails_is_left_out_and_said(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ModelError("no eyes today")

    with monkeypatch.context() as patch:
        patch.setattr(LinesEncoder, "encode_pages", fail)
        compared = run(tmp_path / "out", dataset)
        assert [found.setup for found in compared.comparison.runs] == [JOINT, CAPTION]
        assert list(compared.failed) == [VISUAL.name, ALL.name]
        assert "visual: " in compared.failed[VISUAL.name]
        assert "no eyes today" in compared.failed[VISUAL.name]
        with pytest.raises(ModelError, match="nothing can be compared: visual: .*no eyes today"):
            run(tmp_path / "other", dataset, VISUAL)
    assert len(run(tmp_path / "out", dataset).comparison.runs) == 4


def test_gold_pages_that_are_not_there_are_named(dataset: Dataset, tmp_path: Path) -> None:
    wrong = tuple(
        Question(f"w{number}", "x", (Gold("zebra.md", 1), Gold("lake.md", number))) for number in range(2, 9)
    )
    with pytest.raises(
        UsageError, match=r"7 gold pages are not .*lake.md#2 of w2, .*lake.md#6 of w6 and 2 more"
    ):
        run(tmp_path / "out", replace(dataset, questions=(*QUESTIONS, *wrong)))


def test_a_file_that_cannot_be_read_counts_as_missed(dataset: Dataset, tmp_path: Path) -> None:
    (dataset.corpus / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    more = replace(dataset, questions=(*QUESTIONS, Question("q4", "zebra", (Gold("broken.pdf", 2),))))
    outcome = run(tmp_path / "out", more, CAPTION).comparison.runs[0].outcomes[3]
    assert "broken.pdf" not in [found.file for found in outcome.ranking]


def test_no_questions_is_an_error(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the dataset animals has no questions"):
        run(tmp_path / "out", replace(dataset, questions=()))


def test_nothing_to_read_is_an_error(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="there is nothing to read in"):
        run(tmp_path / "out", replace(dataset, corpus=tmp_path / "empty"))


def test_changed_documents_are_not_mixed_with_old_figures(dataset: Dataset, tmp_path: Path) -> None:
    run(tmp_path / "out", dataset, CAPTION)
    (dataset.corpus / "lake.md").write_text("# lake.md\n\nA loud lake.\n")
    for _ in range(2):
        with pytest.raises(UsageError, match="documents in .* have changed .*--fresh"):
            run(tmp_path / "out", dataset, CAPTION)


def test_what_other_versions_have_made_is_not_mixed(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path / "out", dataset, CAPTION)
    monkeypatch.setattr("mmrag.ingest.INGEST_VERSION", "another")
    with pytest.raises(UsageError, match="mmrag or a model has changed since .*out was made: --fresh"):
        run(tmp_path / "out", dataset, CAPTION)


def test_a_question_by_picture_is_asked_of_who_sees(dataset: Dataset, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (20, 20), (200, 0, 0)).save(tmp_path / "red.png")
    asked = Question("p", "", (Gold("lake.md", 1),), picture=str(tmp_path / "red.png"))
    with_picture = replace(dataset, questions=(*QUESTIONS, asked))
    compared = run(tmp_path / "out", with_picture, JOINT, CAPTION)
    joint, caption = compared.comparison.runs
    with mmrag.open(compared.indexes["fake"]) as index:
        hits = index.search(mmrag.Query(picture=asked.picture), strategies="joint")
    assert [hit.document.path for hit in hits] == [found.file for found in joint.outcomes[3].ranking] != []
    assert caption.outcomes[3].ranking == ()
    answered = run(tmp_path / "out", with_picture, JOINT, answers=True).comparison.runs[0].outcomes
    assert [outcome.answer is None for outcome in answered] == [False, False, False, True]
    assert (answered[3].refused, answered[3].ranking) == (True, joint.outcomes[3].ranking)
    missing = replace(asked, picture=str(tmp_path / "blue.png"))
    with pytest.raises(UsageError, match=r"question p has no picture .*blue\.png"):
        run(tmp_path / "out", replace(dataset, questions=(missing,)), JOINT)


def test_two_recipes_share_one_parse(dataset: Dataset, tmp_path: Path) -> None:
    other = replace(RECIPE.caption, encoders=("tests.fakes:OtherLetterEncoder",))
    recipes = {"fake": RECIPE, "other": replace(RECIPE, caption=other)}
    setups = tuple(Setup(name, ("caption",)) for name in recipes)
    with OutcomeCache(tmp_path / "out/outcomes.sqlite") as cache:
        compared = compare(dataset, Plan(setups, recipes), Workshop(tmp_path / "out", dataset.corpus), cache)
    assert [found.setup.name for found in compared.comparison.runs] == ["fake · caption", "other · caption"]
    assert len(set(compared.indexes.values())) == 2
    names = sorted(found.name.partition("-")[0] for found in (tmp_path / "out/laid").iterdir())
    assert names == ["parsed", "views", "views"]


def test_recipes_that_differ_only_in_how_they_search_share_their_views(
    dataset: Dataset, tmp_path: Path
) -> None:
    reciprocal = replace(RECIPE, retrieve=replace(RECIPE.retrieve, fusion="rrf"))
    recipes = {"fake": RECIPE, "rrf": reciprocal}
    setups = tuple(Setup(name, ("caption",)) for name in recipes)
    with OutcomeCache(tmp_path / "out/outcomes.sqlite") as cache:
        compared = compare(dataset, Plan(setups, recipes), Workshop(tmp_path / "out", dataset.corpus), cache)
    assert len(set(compared.indexes.values())) == 1
    ours, theirs = (found.outcomes[0].ranking for found in compared.comparison.runs)
    assert ours[0].score != theirs[0].score


def test_bm25_alone_asks_no_model_and_needs_no_view(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LetterEncoder, "_encode", lambda *_: pytest.fail("a model was asked"))
    (found,) = run(tmp_path / "out", dataset, WORDS).comparison.runs
    assert found.setup.name == "fake · bm25"
    # Each word stands on one page, so no other page is found.
    assert [[one.file for one in outcome.ranking] for outcome in found.outcomes] == [
        ["zebra.md"],
        ["lake.md"],
        ["oboe.md"],
    ]


def test_bm25_finds_the_same_beside_views(dataset: Dataset, tmp_path: Path) -> None:
    alone = run(tmp_path / "alone", dataset, WORDS).comparison.runs[0]
    beside = run(tmp_path / "beside", dataset, JOINT, WORDS).comparison.runs
    assert [outcome.ranking for outcome in beside[1].outcomes] == [
        outcome.ranking for outcome in alone.outcomes
    ]
    steps = Ledger(tmp_path / "beside/laying.json")
    (parsed,) = (steps[name].seconds for name in steps if name.startswith("parsed-"))
    assert beside[1].laying.seconds == round(parsed, 3)


def test_bm25_without_weight_is_refused_before_anything_is_read(dataset: Dataset, tmp_path: Path) -> None:
    weights = {**RECIPE.retrieve.weights, "page-terms": 0.0, "element-terms": 0.0}
    mute = replace(RECIPE, retrieve=replace(RECIPE.retrieve, weights=weights))
    with pytest.raises(UsageError, match="fake · bm25 would find nothing: the recipe gives page-terms and"):
        run(tmp_path / "out", dataset, JOINT, WORDS, recipe=mute)
    assert list((tmp_path / "out/laid").iterdir()) == []
