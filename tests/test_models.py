from __future__ import annotations

import re
from pathlib import Path

import pytest

from mmrag import captioners, encoders, generators
from mmrag.config import AnswerOptions, CaptionOptions, JointOptions, Recipe, RetrieveOptions, VisualOptions
from mmrag.errors import MissingExtraError, ModelError, SpecError
from mmrag.models import FAMILIES, Origin, RecipeModel, models_of, require
from mmrag.weights import hub


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MMRAG_OFFLINE", "HF_HUB_OFFLINE", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def look(spec: str) -> RecipeModel:
    recipe = Recipe(strategies=("caption",), caption=CaptionOptions(captioner=spec, encoders=("mini:text",)))
    return models_of(recipe)[0]


def test_a_model_with_two_roles_is_listed_once() -> None:
    recipe = Recipe(
        strategies=("caption", "joint", "visual"),
        caption=CaptionOptions(captioner="mini:caption", encoders=("mini:text",)),
        joint=JointOptions(encoders=("mini:text",)),
        visual=VisualOptions(encoders=("mini:visual",), text_encoders=("mini:text",)),
        retrieve=RetrieveOptions(reranker="cross:a/b"),
        answer=AnswerOptions(generator="mini:extractive"),
    )
    assert [(model.spec, model.roles) for model in models_of(recipe)] == [
        ("mini:caption", ("pictures become text",)),
        ("mini:text", ("text becomes vectors", "text and pictures become vectors")),
        ("mini:visual", ("pages become vectors",)),
        ("cross:a/b", ("scores the best pages again",)),
        ("mini:extractive", ("answers",)),
    ]
    assert [model.spec for model in models_of(recipe, ["visual"])] == [
        "mini:visual", "mini:text", "cross:a/b", "mini:extractive",
    ]  # fmt: skip


def test_what_is_missing_is_said_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    caption = CaptionOptions(captioner="hf:a/b", encoders=("st:c/d", "mini:text"))
    recipe = Recipe(name="mine", strategies=("caption",), caption=caption)
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: False)
    with pytest.raises(
        MissingExtraError,
        match=r"the recipe mine needs the packages torch, transformers, .*: pip install 'mmrag\[models\]'",
    ):
        require(recipe)
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: True)
    require(recipe)
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    with pytest.raises(
        ModelError, match="not on this machine: hf:a/b, st:c/d; with a network: mmrag models --pipeline mine"
    ):
        require(recipe)
    require(Recipe())


def test_a_server_without_its_key_is_said_before_anything_is_done() -> None:
    with pytest.raises(ModelError, match="openai:m can't be used: OPENAI_API_KEY is not set"):
        require(Recipe(strategies=("caption",), caption=CaptionOptions(captioner="openai:m")))


@pytest.mark.parametrize("spec", ["sst:owner/model", "st:", "mini", "owner/model"])
def test_a_spec_that_names_nothing(spec: str) -> None:
    with pytest.raises(SpecError, match=r"names no model: known are mini:…, openai:…, st:…"):
        look(spec)


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("mini:txt", "did you mean mini:text?"),
        ("mini:captoin", "did you mean mini:caption?"),
        ("mini:qqq", "known are mini:caption, mini:extractive, mini:joint, mini:multilingual, mini:text, "),
    ],
)
def test_a_misspelt_mini_names_the_nearest(spec: str, hint: str) -> None:
    with pytest.raises(SpecError, match=re.escape(f"{spec!r} names no model that comes with mmrag; {hint}")):
        look(spec)


@pytest.mark.parametrize("name", ["./gone", "../gone/model", "~/no-such-folder", "/no/such/folder"])
def test_a_folder_that_is_not_there_is_not_fetched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: True)
    found = look(f"hf:{name}")
    assert (found.origin, found.to_fetch, found.path) == (Origin.FOLDER, False, None)
    assert found.problem == f"there is no folder {name}"
    with pytest.raises(ModelError, match=f"can't be used: there is no folder {name}"):
        require(Recipe(strategies=("caption",), caption=CaptionOptions(captioner=f"hf:{name}")))


def test_every_family_that_is_resolved_anywhere_is_known_here() -> None:
    known = [spec for part in (captioners, encoders, generators) for spec in part._KNOWN]
    resolved = {spec.partition(":")[0] for spec in (*known, *encoders._PAGES)}
    assert resolved <= set(FAMILIES)


def test_a_plugin() -> None:
    assert look("email.message:Message").problem == ""
    lost = look("no_such_package.captions:Mine")
    assert (lost.origin, lost.name) == (Origin.PLUGIN, "no_such_package.captions")
    assert lost.problem == "the module no_such_package.captions can't be imported from here"


def test_weights_of_open_clip_are_found_by_its_own_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: True)
    monkeypatch.setattr(hub, "open_clip_repository", {"ViT-B-32/laion": "laion/vit-b-32"}.__getitem__)
    found = look("open_clip:ViT-B-32/laion")
    assert (found.name, found.to_fetch) == ("laion/vit-b-32", True)
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: False)
    found = look("open_clip:ViT-B-32/laion")
    assert (found.name, found.to_fetch, found.packages) == ("ViT-B-32/laion", False, ("torch", "open_clip"))


def test_a_folder_that_is_not_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: True)
    found = look(f"hf:{tmp_path}")
    assert (found.origin, found.to_fetch) == (Origin.FOLDER, False)
    assert found.problem == "the folder is not complete: config.json is missing"


@pytest.mark.parametrize(
    ("spec", "address", "problem"),
    [
        ("openai:qwen3-vl:4b@http://localhost:11434/v1", "http://localhost:11434/v1", ""),
        ("openai:m@http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1", ""),
        ("openai:m@https://example.org/v1", "https://example.org/v1", ""),
        (
            "openai:m",
            "https://api.openai.com/v1",
            "OPENAI_API_KEY is not set",
        ),
    ],
)
def test_a_server(spec: str, address: str, problem: str) -> None:
    found = look(spec)
    assert (found.origin, found.name) == (Origin.SERVER, address)
    assert found.problem.partition(":")[0] == problem


def test_offline_a_server_on_this_machine_is_allowed_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    assert look("openai:m@http://localhost:11434/v1").problem == ""
    assert look("openai:m@http://[::1]:11434/v1").problem == ""
    assert "forbids to ask https://example.org/v1" in look("openai:m@https://example.org/v1").problem
