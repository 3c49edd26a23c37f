"""The recipes that come with mmrag: what each names can be resolved, and what it says of itself holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmrag.config import STRATEGIES, Recipe, load_recipe, recipe_names
from mmrag.models import SIZES, Origin, models_of

SHIPPED = ("api", "base", "large", "mini", "zh")


@pytest.fixture(params=SHIPPED)
def recipe(request: pytest.FixtureRequest) -> Recipe:
    return load_recipe(request.param)


def test_these_and_no_others_are_shipped() -> None:
    assert tuple(recipe_names()) == SHIPPED


def test_each_says_in_one_line_what_it_is_for(recipe: Recipe) -> None:
    assert 20 < len(recipe.description) < 110


def test_every_list_has_a_weight(recipe: Recipe) -> None:
    """Of strategies that are off too: they may be laid by name, and a list without a weight is not heard."""
    lists = [f"caption/{spec}" for spec in recipe.caption.encoders]
    lists += [f"joint/{spec}/{kind}" for spec in recipe.joint.encoders for kind in ("text", "pictures")]
    lists += [f"visual/{spec}" for spec in (*recipe.visual.encoders, *recipe.visual.text_encoders)]
    for name in (*lists, "page-terms", "element-terms"):
        assert recipe.retrieve.weight(name) > 0, name


def test_hub_models_have_a_size_and_the_sizes_are_of_shipped_models() -> None:
    named = {
        model.name
        for name in SHIPPED
        for model in models_of(load_recipe(name), STRATEGIES)
        if model.origin is Origin.HUB
    }
    assert named == set(SIZES)


def test_mini_and_api_need_nothing_of_the_hub() -> None:
    for name in ("mini", "api"):
        origins = {model.origin for model in models_of(load_recipe(name), STRATEGIES)}
        assert origins <= {Origin.INSTALLED, Origin.SERVER}


def test_api_is_mini_with_a_server_that_describes_and_answers() -> None:
    mini, api = load_recipe("mini"), load_recipe("api")
    assert api.caption.captioner.startswith("openai:")
    assert api.answer.generator == api.caption.captioner
    assert api.strategies == ("joint", "caption")
    for part in ("joint", "visual", "retrieve", "ingest"):
        assert getattr(api, part) == getattr(mini, part)
    assert api.caption.encoders == mini.caption.encoders


def test_nothing_leaves_the_machine_by_default() -> None:
    for name in SHIPPED:
        for model in models_of(load_recipe(name), STRATEGIES):
            if model.origin is Origin.SERVER:
                assert model.name.startswith("http://localhost:")


def test_the_models_page_argues_every_model() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    for name in SIZES:
        assert name.partition("@")[0] in page
