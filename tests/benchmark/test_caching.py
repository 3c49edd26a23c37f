from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as draw

from mmrag.api import builder
from mmrag.benchmark.caching import OutcomeCache, outcome_key, setup_key
from mmrag.benchmark.ledger import Ledger
from mmrag.benchmark.values import Found, Gold, Outcome, Question, Setup
from mmrag.errors import CorruptError, DiskFullError
from mmrag.types import BBox
from tests.benchmark.making import CAPTION, JOINT, RECIPE, corpus

QUESTION = Question("q", "where?", (Gold("a.pdf", 1),))

boxes = draw.none() | draw.tuples(*[draw.floats(0, 0.5)] * 2, *[draw.floats(0.5, 1)] * 2).map(
    lambda corners: BBox(*corners)
)
founds = draw.builds(Found, draw.text(), draw.integers(1, 9999), draw.floats(-1e9, 1e9), boxes)
outcomes = draw.builds(
    Outcome,
    draw.just("q"),
    draw.lists(founds, max_size=4).map(tuple),
    draw.floats(0, 1e4),
    draw.none() | draw.text(draw.characters(exclude_categories=["Cs"])),
    draw.booleans(),
    draw.dictionaries(draw.sampled_from(["in", "out"]), draw.integers(0, 1 << 40)),
    draw.floats(0, 1e6),
)


@settings(max_examples=30)
@given(outcome=outcomes)
def test_what_is_kept_comes_back(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("kept") / "outcomes.sqlite"
    with OutcomeCache(path) as cache:
        cache.put("key", outcome)
    with OutcomeCache(path) as cache:
        assert cache.get("key", QUESTION) == outcome
        assert cache.get("key", replace(QUESTION, id="renamed")) == replace(outcome, question="renamed")
        assert cache.get("other", QUESTION) is None


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "outcomes.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(CorruptError, match=r"outcomes\.sqlite is damaged .*: remove it"):
        OutcomeCache(tmp_path / "outcomes.sqlite")


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"ranking": [{}]}', '{"ranking": [], "new": 1}'])
def test_an_outcome_that_can_not_be_read_is_damage(tmp_path: Path, text: str) -> None:
    with OutcomeCache(tmp_path / "outcomes.sqlite") as cache:
        cache._connection.execute("INSERT INTO outcomes VALUES (?, ?)", ("key", text))
        with pytest.raises(CorruptError, match=r"outcomes\.sqlite is damaged .*--fresh"):
            cache.get("key", QUESTION)


def test_damage_in_the_middle_and_a_full_disk_are_said(tmp_path: Path) -> None:
    path, outcome = tmp_path / "outcomes.sqlite", Outcome("q", (), 1.0, "x" * 3000)
    with OutcomeCache(path) as cache:
        for number in range(50):
            cache.put(f"key {number}", outcome)
        cache._connection.execute("PRAGMA max_page_count = 1")  # no more than there are
        with pytest.raises(DiskFullError, match=r"no space left on the device of .*outcomes\.sqlite"):
            cache.put("key 50", replace(outcome, answer="x" * 100_000))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with OutcomeCache(path) as cache, pytest.raises(CorruptError, match=r"is damaged .*--fresh"):
        cache.get("key 1", QUESTION)


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff", b'{"a": 1}', b'{"a": {}}', b'{"a": {"after": 1}}'])
def test_a_ledger_that_can_not_be_read_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "laying.json").write_bytes(text)
    with pytest.raises(CorruptError, match=r"laying\.json is damaged .*--fresh"):
        Ledger(tmp_path / "laying.json")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    builder.update(folder / "index", corpus(folder), replace(RECIPE, strategies=("caption",)))
    return folder / "index"


def test_the_key_of_a_setup_changes_with_all_that_shapes_its_outcomes(index: Path) -> None:
    key = setup_key(index, RECIPE, CAPTION, 10, None)
    other_weights = replace(RECIPE, retrieve=replace(RECIPE.retrieve, rrf_k=61))
    other_answers = replace(RECIPE, answer=replace(RECIPE.answer, top_k=9))
    keys = [
        key,
        setup_key(index, RECIPE, JOINT, 10, None),
        setup_key(index, RECIPE, CAPTION, 11, None),
        setup_key(index, RECIPE, CAPTION, 10, "mini:extractive"),
        setup_key(index, RECIPE, CAPTION, 10, "openai:x"),
        setup_key(index, other_answers, CAPTION, 10, "openai:x"),
        setup_key(index, other_weights, CAPTION, 10, None),
        setup_key(index, replace(RECIPE, visual=replace(RECIPE.visual, precision="bit")), CAPTION, 10, None),
    ]
    assert len(set(keys)) == len(keys)
    assert setup_key(index, replace(RECIPE, name="x"), Setup("y", ("caption",)), 10, None) == key
    assert setup_key(index, other_answers, CAPTION, 10, None) == key


def test_the_key_of_a_setup_changes_with_the_documents_and_the_views(index: Path, tmp_path: Path) -> None:
    key = setup_key(index, RECIPE, CAPTION, 10, None)
    folder = corpus(tmp_path)
    recipe = replace(RECIPE, strategies=("caption",))
    builder.update(tmp_path / "same", folder, recipe)
    assert setup_key(tmp_path / "same", RECIPE, CAPTION, 10, None) == key
    builder.update(tmp_path / "same", folder, replace(RECIPE, strategies=("caption", "visual")))
    assert setup_key(tmp_path / "same", RECIPE, CAPTION, 10, None) == key
    other = replace(recipe, caption=replace(RECIPE.caption, encoders=("tests.fakes:OtherLetterEncoder",)))
    builder.update(tmp_path / "other", folder, other)
    assert setup_key(tmp_path / "other", RECIPE, CAPTION, 10, None) != key
    (folder / "lake.md").rename(folder / "pond.md")
    builder.update(tmp_path / "same", folder, replace(RECIPE, strategies=("caption", "visual")))
    assert setup_key(tmp_path / "same", RECIPE, CAPTION, 10, None) != key


def test_the_key_of_an_outcome_is_of_what_is_asked(tmp_path: Path) -> None:
    picture, same, other = (str(tmp_path / name) for name in ("a.png", "b.png", "c.png"))
    for path, content in ((picture, b"1"), (same, b"1"), (other, b"2")):
        Path(path).write_bytes(content)
    key = outcome_key("setup", QUESTION)
    assert key == outcome_key("setup", replace(QUESTION, id="x", gold=(), kind="k", answers=("a",)))
    assert key != outcome_key("other", QUESTION)
    assert key != outcome_key("setup", replace(QUESTION, text="when?"))
    seen = outcome_key("setup", replace(QUESTION, picture=picture))
    assert seen != key
    assert seen == outcome_key("setup", replace(QUESTION, picture=same))
    assert seen != outcome_key("setup", replace(QUESTION, picture=other))
