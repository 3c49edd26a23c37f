"""The recipe that the benchmarks compare beside the shipped ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mmrag.config import load_recipe
from mmrag.index.lexical import Terms

FOLDER = Path(__file__).parents[2] / "benchmarks"


def test_vectors_is_mini_without_bm25() -> None:
    mini, vectors = load_recipe("mini"), load_recipe(FOLDER / "vectors.yaml")
    words = {table.list for table in Terms}
    weights = {name: weight for name, weight in mini.retrieve.weights.items() if name not in words}
    expected = replace(mini, retrieve=replace(mini.retrieve, weights=weights))
    assert replace(vectors, name=mini.name, description=mini.description) == expected
    assert not any(vectors.retrieve.weight(name) for name in words)
