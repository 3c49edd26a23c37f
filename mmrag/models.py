"""The models that a recipe names: what each is for, whether it is on this machine, and what is missing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mmrag import captioners, encoders, generators
from mmrag.config import Recipe
from mmrag.config.offline import is_offline
from mmrag.config.specs import is_importable, package_of
from mmrag.endpoint import EndpointError, split_model
from mmrag.errors import MissingExtraError, ModelError, SpecError
from mmrag.weights import hub

FAMILIES: dict[str, tuple[str, ...]] = {
    "mini": (),
    "openai": (),
    "st": ("torch", "sentence_transformers"),
    "clip": ("torch", "transformers"),
    "siglip": ("torch", "transformers"),
    "col": ("torch", "sentence_transformers"),
    "cross": ("torch", "sentence_transformers"),
    "open_clip": ("torch", "open_clip"),
    "hf": ("torch", "transformers"),
    "blip": ("torch", "transformers"),
    "itm": ("torch", "transformers"),
    "vlm": ("torch", "transformers"),
    "llama-index": (),
}
"""Packages that the specs of a family need beyond the base installation; the extra ``models`` brings them."""

EXTRA = "pip install 'mmrag[models]'"
_LLAMA_INDEX = "llama_index.core"

SIZES: dict[str, int] = {
    "HuggingFaceTB/SmolVLM-500M-Instruct": 1_020_000_000,
    "ModernVBERT/colmodernvbert-merged": 1_010_000_000,
    "OFA-Sys/chinese-clip-vit-base-patch16@refs/pr/1": 753_000_000,
    "Qwen/Qwen3-Embedding-0.6B": 1_200_000_000,
    "Qwen/Qwen3-VL-2B-Instruct": 4_270_000_000,
    "Qwen/Qwen3-VL-4B-Instruct": 8_890_000_000,
    "Qwen/Qwen3-VL-Embedding-2B": 4_270_000_000,
    "google/siglip2-base-patch16-256": 1_540_000_000,
    "ibm-granite/granite-embedding-97m-multilingual-r2": 210_000_000,
    "vidore/colqwen2-v1.0-hf": 4_440_000_000,
}
"""About how many bytes are fetched for the models of the recipes that come with mmrag."""


class Origin(StrEnum):
    """Where a model comes from."""

    INSTALLED = "installed"
    HUB = "hub"
    FOLDER = "folder"
    SERVER = "server"
    PLUGIN = "plugin"


@dataclass(frozen=True, slots=True)
class RecipeModel:
    """One model that a recipe names.

    Attributes:
        spec: as the recipe names it.
        roles: what it is for, in words.
        origin: where it comes from.
        name: the hub id, the folder, the server's address or the plugin's module; the spec itself where the
            model comes with the installation.
        path: the folder that holds it on this machine; ``None`` where there is none, or none is needed.
        size: bytes of that folder, or about how many have to be fetched; ``None`` if that is not known.
        packages: packages that are not installed, without which it can't run.
        problem: in one line, what keeps it from being used here; empty if nothing does.
    """

    spec: str
    roles: tuple[str, ...]
    origin: Origin
    name: str
    path: str | None = None
    size: int | None = None
    packages: tuple[str, ...] = ()
    problem: str = ""

    @property
    def to_fetch(self) -> bool:
        """Whether `mmrag.weights.hub.fetch` can bring what is missing."""
        known = "open_clip" not in self.packages  # which alone knows where on the hub its weights are
        return self.origin is Origin.HUB and self.path is None and known


def models_of(recipe: Recipe, strategies: Sequence[str] = ()) -> list[RecipeModel]:
    """Every model that the recipe needs, once each, in the order in which an index run meets them.

    Args:
        recipe: the recipe.
        strategies: views to be laid; those of the recipe if none are named.

    Raises:
        SpecError: if a spec is of no known family, or names no model that comes with mmrag.
    """
    roles: dict[str, list[str]] = {}
    for spec, role in _named(recipe, strategies or recipe.strategies):
        told = roles.setdefault(spec, [])
        if role not in told:
            told.append(role)
    return [_look(spec, tuple(told)) for spec, told in roles.items()]


def require(recipe: Recipe, strategies: Sequence[str] = ()) -> None:
    """Raise at once what would otherwise come up one by one, in the middle of a run.

    What can still be fetched is no reason to raise, unless the network is forbidden.

    Args:
        recipe, strategies: as for `models_of`.

    Raises:
        SpecError: as `models_of`.
        MissingExtraError: if packages are not installed.
        ModelError: if models are missing and can't be fetched, or can't be used for another reason.
    """
    found = models_of(recipe, strategies)
    packages = list(dict.fromkeys(package for model in found for package in model.packages))
    if packages:
        raise MissingExtraError(f"the recipe {recipe.name}", ", ".join(packages), "models")
    if any(model.spec.startswith("llama-index:") for model in found) and not is_importable(_LLAMA_INDEX):
        raise MissingExtraError(f"the recipe {recipe.name}", "llama-index-core", "llama-index")
    absent = [model for model in found if model.to_fetch]
    if absent and is_offline():
        raise ModelError(
            f"not on this machine: {', '.join(model.spec for model in absent)}; with a network: "
            f"mmrag models --pipeline {recipe.name} --fetch"
        )
    for model in found:
        if model.problem and not model.to_fetch:
            raise ModelError(f"{model.spec} can't be used: {model.problem}")


def _named(recipe: Recipe, strategies: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from ((spec, "files become elements") for spec in recipe.ingest.readers.values())
    if recipe.vector_store:
        yield recipe.vector_store, "searches vectors"
    if "caption" in strategies:
        yield recipe.caption.captioner, "pictures become text"
        yield from ((spec, "text becomes vectors") for spec in recipe.caption.encoders)
    if "joint" in strategies:
        yield from ((spec, "text and pictures become vectors") for spec in recipe.joint.encoders)
    if "visual" in strategies:
        yield from ((spec, "pages become vectors") for spec in recipe.visual.encoders)
        yield from ((spec, "text becomes vectors") for spec in recipe.visual.text_encoders)
    if recipe.retrieve.reranker:
        yield recipe.retrieve.reranker, "scores the best pages again"
    yield recipe.answer.generator, "answers"


def _look(spec: str, roles: tuple[str, ...]) -> RecipeModel:
    family, _, name = spec.partition(":")
    if "." in family and name.isidentifier():
        problem = "" if is_importable(family) else f"the module {family} can't be imported from here"
        return RecipeModel(spec, roles, Origin.PLUGIN, family, problem=problem)
    if family not in FAMILIES or not name:
        raise SpecError(
            f"{spec!r} names no model: known are {', '.join(f'{known}:…' for known in FAMILIES)}, "
            "and package.module:Class"
        )
    if family == "mini":
        _require_mini(spec)
        return RecipeModel(spec, roles, Origin.INSTALLED, spec)
    if family == "openai":
        return _server(spec, roles, name)
    if family == "llama-index":
        return _of_llama_index(spec, roles, name)
    packages = tuple(each for each in FAMILIES[family] if not is_importable(each))
    if family == "open_clip" and not packages:
        name = hub.open_clip_repository(name)
    return _weights(spec, roles, name, packages)


def _require_mini(spec: str) -> None:
    parts = (captioners._KNOWN, encoders._KNOWN, encoders._PAGES, generators._KNOWN)
    known = sorted({each for part in parts for each in part if each.startswith("mini:")})
    if spec not in known:
        near = difflib.get_close_matches(spec, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise SpecError(f"{spec!r} names no model that comes with mmrag; {hint}")


def _weights(spec: str, roles: tuple[str, ...], name: str, packages: tuple[str, ...]) -> RecipeModel:
    there = hub.is_local(name)
    origin = Origin.FOLDER if there or hub.looks_local(name) else Origin.HUB
    folder = hub.locate(name)
    size = SIZES.get(name) if folder is None else _bytes_of(folder)
    problems = []
    if packages:
        problems.append(f"needs {' and '.join(packages)}")
    if origin is Origin.FOLDER and not there:
        problems.append(f"there is no folder {name}")
    elif folder is None and there:
        problems.append(f"the folder is not complete: {hub.missing_from(Path(name).expanduser())[0]}")
    elif folder is None:
        problems.append("not on this machine")
    path = None if folder is None else str(folder)
    return RecipeModel(spec, roles, origin, name, path, size, packages, "; ".join(problems))


def _server(spec: str, roles: tuple[str, ...], name: str) -> RecipeModel:
    _, address = split_model(name)
    problem = ""
    try:
        address.check_allowed()
        address.key()
    except EndpointError as error:
        problem = str(error)
    return RecipeModel(spec, roles, Origin.SERVER, address.url, problem=problem)


def _of_llama_index(spec: str, roles: tuple[str, ...], name: str) -> RecipeModel:
    module, problem = name.partition(":")[0], ""
    if not is_importable(_LLAMA_INDEX):
        problem = "needs llama-index-core: pip install 'mmrag[llama-index]'"
    elif not is_importable(module):
        problem = f"the module {module} can't be imported from here: pip install {package_of(module)}"
    return RecipeModel(spec, roles, Origin.PLUGIN, module, problem=problem)


def _bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
