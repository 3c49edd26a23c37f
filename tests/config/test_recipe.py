from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.config import IngestOptions, Recipe, load_recipe, parse_recipe, recipe_names
from mmrag.errors import RecipeError
from mmrag.types import to_dict


def test_every_shipped_recipe_is_read() -> None:
    assert "mini" in recipe_names()
    for name in recipe_names():
        assert load_recipe(name).name == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"ingset": {}}, "recipe x: unknown key 'ingset'; did you mean 'ingest'?"),
        ({"ingest": {"dip": 90}}, "recipe x: ingest: unknown key 'dip'; did you mean 'dpi'?"),
        ({"ingest": {"dpi": "high"}}, "recipe x: ingest: dpi: wants int, found 'high'"),
        ({"ingest": {"dpi": True}}, "recipe x: ingest: dpi: wants int, found True"),
        ({"ingest": []}, "recipe x: ingest: wants keys and values, found []"),
        ({"strategies": "caption"}, "recipe x: strategies: wants a list, found 'caption'"),
        (
            {"strategies": ["captoin"]},
            "'captoin' is not one of joint, caption, visual; did you mean 'caption'?",
        ),
        ({"retrieve": {"fusion": "zcore"}}, "retrieve.fusion: 'zcore' is not one of zscore, rrf"),
        ({"retrieve": {"weights": {"visaul": 1}}}, "did you mean 'visual'?"),
        ({"strategies": []}, "strategies: is empty; name at least one"),
        ({"strategies": ["visual", "visual"]}, "strategies: names one twice: visual, visual"),
        ({"visual": {"encoders": []}}, "visual.encoders: is empty; name at least one"),
        ({"caption": {"encoders": ["a:b", "a:b"]}}, "caption.encoders: names one twice: a:b, a:b"),
        ({"visual": {"pool": 0}}, "visual.pool: wants 1 to 1000, found 0"),
        (
            {"ingest": {"page_seconds": float("nan")}},
            "ingest.page_seconds: wants 0.001 to 1000000.0, found nan",
        ),
        ({"ingest": {"page_seconds": -1}}, "ingest.page_seconds: wants 0.001 to 1000000.0, found -1"),
        ({"ingest": {"memory_mb": 0}}, "ingest.memory_mb: wants 1 to 1099511627776, found 0"),
        ({"answer": {"price_in": float("inf")}}, "answer.price_in: wants 0 to 1000000.0, found inf"),
        ({"visual": {"dpi": 100000}}, "visual.dpi: wants 36 to 600, found 100000"),
        ({"visual": {"precision": "half"}}, "'half' is not one of auto, float32, float16, int8, bit"),
        ({"retrieve": {"weights": {"joint": 0}}}, "no list has a weight, so nothing would ever be found"),
        ({"retrieve": {"weights": {"joint": -1.0}}}, "joint: wants a number from 0, found -1.0"),
        ({"retrieve": {"weights": {"joint": float("nan")}}}, "joint: wants a number from 0, found nan"),
        ([], "recipe x: wants keys and values, found []"),
    ],
)
def test_a_mistake_is_named(data: object, message: str) -> None:
    with pytest.raises(RecipeError, match=re.escape(message)):
        parse_recipe(data, "x")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="no recipe is named 'mni'; there are .*mini"):
        load_recipe("mni")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="can't be read: No such file"):
        load_recipe(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", [b"a: [1", b"\xff\xfe", b"a: 2020-13-01"])
def test_what_is_not_yaml_is_said_so(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(text)
    with pytest.raises(RecipeError, match="is not YAML"):
        load_recipe(tmp_path / "bad.yaml")


def test_a_file_overrides_defaults(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("ingest: {dpi: 200}\nretrieve: {weights: {caption: 1}}\n")
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert (recipe.name, recipe.ingest.dpi, dict(recipe.retrieve.weights)) == ("mine", 200, {"caption": 1.0})
    assert recipe.ingest.ocr == "auto"


@given(st.sampled_from(["auto", "always", "never"]), st.integers(36, 600), st.floats(1, 1e6))
def test_a_recipe_survives_its_plain_form(layout: str, dpi: int, seconds: float) -> None:
    recipe = Recipe(name="r", ingest=IngestOptions(layout=layout, dpi=dpi, page_seconds=seconds))
    assert parse_recipe(to_dict(recipe), "other") == recipe


@pytest.mark.parametrize(
    ("part", "spec"),
    [
        ("answer", {"generator": "openai:m@https://joe:hunter2@example.org/v1"}),
        ("answer", {"generator": "openai:m@https://example.org/v1?api_key=hunter2"}),
        ("answer", {"generator": 'llama-index:a.b:C?headers={"Authorization": "hunter2"}'}),
        ("caption", {"captioner": "llama-index:a.b:C?model=x&token=hunter2"}),
        ("visual", {"encoders": ["col:x?api-key=hunter2"]}),
        ("ingest", {"readers": {".epub": "llama-index:a.b:C?secret=hunter2"}}),
    ],
)
def test_no_secret_gets_into_a_recipe(part: str, spec: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=f"^{part}.*: holds a key or a password") as caught:
        parse_recipe({part: spec}, "x")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "spec",
    [
        "openai:qwen3-vl:4b@http://localhost:11434/v1",
        "openai:a@b@http://localhost:11434/v1",
        "llama-index:llama_index.llms.ollama:Ollama?model=a@b&max_tokens=5&keyword=x&base_url=http://localhost",
        "hf:owner/secret-token@refs/pr/1",
    ],
)
def test_what_only_looks_like_one_is_none(spec: str) -> None:
    assert parse_recipe({"answer": {"generator": spec}}, "x").answer.generator == spec
