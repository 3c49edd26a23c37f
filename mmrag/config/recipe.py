"""Recipes: YAML files read into one typed value. Data, no code; unknown keys are errors."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mmrag.config.secrets import refuse_secrets
from mmrag.errors import RecipeError

STRATEGIES = ("joint", "caption", "visual")
_PRECISIONS = ("auto", "float32", "float16", "int8", "bit")


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Everything that shapes what an ingestor yields.

    Attributes:
        layout: ``auto`` runs the layout model on pages with graphics or columns, ``always`` on
            every page, ``never`` on none.
        ocr: ``auto`` reads pixels where there is no text layer, ``never`` reads none.
        dpi: of the crops of tables and figures and of the pages that OCR reads.
        workers: parser processes; 0 means one a processor, four at most.
        max_pixels: a picture with more is refused before it is decoded.
        max_file_mb: a larger file is refused before it is opened.
        max_page_points: a page with a longer side is reported, and its graphics are left out.
        page_seconds: the parser is stopped when opening a file, or one page, takes longer; a second engine
            then gets as long.
        memory_mb: address space of one parser process, which may fill about a third of it.
        readers: from endings of file names (``.epub``) to specs of readers of LlamaIndex, which then read all
            files with that ending.
    """

    layout: str = "auto"
    ocr: str = "auto"
    dpi: int = 144
    workers: int = 0
    max_pixels: int = 100_000_000
    max_file_mb: int = 2_000
    max_page_points: float = 14_400.0
    page_seconds: float = 120.0
    memory_mb: int = 6_000
    readers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaptionOptions:
    """Strategy ``caption``: pictures become text, text becomes vectors.

    Attributes:
        captioner: spec of the captioner.
        encoders: specs of the text encoders, one space each. Every one gets all the text that it can read;
            a question goes to the first that knows its language.
        concurrency: pictures that are described at once.
        price_in, price_out: of a captioner's tokens, per million, for the report; 0 where they cost nothing.
    """

    captioner: str = "mini:caption"
    encoders: tuple[str, ...] = ("mini:text", "mini:multilingual")
    concurrency: int = 4
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class JointOptions:
    """Strategy ``joint``: text and pictures become vectors of one space.

    Attributes:
        encoders: specs of encoders of text and pictures, one space each. Every one gets all pictures and all
            the text that it can read; a question goes to the first that knows its language.
        labels: what pictures are told apart into, by the first encoder; none turns labelling off.
    """

    encoders: tuple[str, ...] = ("mini:joint",)
    labels: tuple[str, ...] = (
        "chart",
        "diagram",
        "photo",
        "map",
        "screenshot",
        "table",
        "formula",
        "drawing",
    )


@dataclass(frozen=True, slots=True)
class VisualOptions:
    """Strategy ``visual``: each page becomes many vectors, and a question is matched with them one by one.

    Attributes:
        encoders: specs of page encoders, one space each; a question goes to the first that knows its
            language.
        text_encoders: specs of text encoders whose chunks are a list beside; none by default.
        precision: how vectors are kept for searching: ``float32``, ``float16``, ``int8`` or ``bit``, or
            ``auto``: ``float16`` up to 25 million numbers in a space, ``int8`` beyond. The best pages by
            ``int8`` or ``bit`` are scored again, exactly.
        pool: about so many neighbouring vectors of a page are pooled into one; 1 keeps all.
        dpi: of the page pictures.
        exact_up_to: vectors in a space up to which every page is scored exactly; beyond, a shortlist is.
    """

    encoders: tuple[str, ...] = ("mini:visual", "mini:visual-multilingual")
    text_encoders: tuple[str, ...] = ()
    precision: str = "auto"
    pool: int = 1
    dpi: int = 144
    exact_up_to: int = 20_000_000


@dataclass(frozen=True, slots=True)
class RetrieveOptions:
    """How ranked lists are made and fused.

    Attributes:
        fusion: ``zscore`` (sum of per-query normalised scores) or ``rrf`` (reciprocal ranks).
        weights: weight of each list: of a view's encoder (``caption/mini:text``), or of a view for all its
            lists (``caption``), and of BM25 over pages (``page-terms``) and over elements
            (``element-terms``). Strategy ``joint`` has two lists an encoder, told apart as
            ``joint/mini:joint/text`` and ``joint/mini:joint/pictures``. The longest key that fits counts; a
            list that none fits does not take part.
        depth: pages that each list brings into the fusion.
        rrf_k: the constant of reciprocal rank fusion.
        reranker: spec of what scores the best pages once more; empty for nothing.
        rerank: pages that the reranker scores.
    """

    fusion: str = "zscore"
    weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "joint": 0.5,
            "caption": 0.75,
            "visual": 0.5,
            "page-terms": 0.15,
            "element-terms": 0.3,
        }
    )
    depth: int = 200
    rrf_k: int = 60
    reranker: str = ""
    rerank: int = 20

    def weight(self, name: str) -> float:
        """The weight of the list of that name, 0 where it does not take part."""
        parts = name.split("/")
        keys = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.weights[key] for key in keys if key in self.weights), 0.0)


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """Who answers, and from how much.

    Attributes:
        generator: spec of the generator.
        top_k: hits that it is given.
        max_tokens: of an answer of a language model.
        context_tokens: most tokens of text and pictures that it is shown, where its own limit is higher.
        max_pictures: most pictures that it is shown, where its own limit is higher.
        refuse_below: a language model is not asked where the confidence that the pages answer the question,
            0..1, is lower. By default 98 % of answerable questions pass (benchmarks/calibrate_refusal.py).
        price_in, price_out: of its tokens, per million; 0 where they cost nothing.
    """

    generator: str = "mini:extractive"
    top_k: int = 8
    max_tokens: int = 1024
    context_tokens: int = 12_000
    max_pictures: int = 8
    refuse_below: float = 0.2
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides how an index is built and asked.

    Attributes:
        name: of the file it was read from, without its ending.
        description: one line for people.
        strategies: views to lay over the parsed documents.
        vector_store: spec of a vector store of LlamaIndex that searches spaces of one vector a chunk; empty
            for FAISS.
    """

    name: str = "mini"
    description: str = ""
    strategies: tuple[str, ...] = ("joint", "visual")
    vector_store: str = ""
    ingest: IngestOptions = field(default_factory=IngestOptions)
    caption: CaptionOptions = field(default_factory=CaptionOptions)
    joint: JointOptions = field(default_factory=JointOptions)
    visual: VisualOptions = field(default_factory=VisualOptions)
    retrieve: RetrieveOptions = field(default_factory=RetrieveOptions)
    answer: AnswerOptions = field(default_factory=AnswerOptions)

    def __post_init__(self) -> None:
        refuse_secrets(self)
        _one_of("strategies", self.strategies, STRATEGIES)
        _one_of("ingest.layout", (self.ingest.layout,), ("auto", "always", "never"))
        _one_of("ingest.ocr", (self.ingest.ocr,), ("auto", "never"))
        _one_of("retrieve.fusion", (self.retrieve.fusion,), ("zscore", "rrf"))
        for key, specs in (
            ("caption.encoders", self.caption.encoders),
            ("joint.encoders", self.joint.encoders),
            ("visual.encoders", self.visual.encoders),
            ("visual.text_encoders", self.visual.text_encoders),
            ("strategies", self.strategies),
        ):
            if len(set(specs)) < len(specs):
                raise RecipeError(f"{key}: names one twice: {', '.join(specs)}")
        for key, named in (
            ("strategies", self.strategies),
            ("caption.encoders", self.caption.encoders),
            ("joint.encoders", self.joint.encoders),
            ("visual.encoders", self.visual.encoders),
        ):
            if not named:
                raise RecipeError(f"{key}: is empty; name at least one")
        for key, value, least, most in (
            ("caption.concurrency", self.caption.concurrency, 1, 1000),
            ("visual.pool", self.visual.pool, 1, 1000),
            ("visual.dpi", self.visual.dpi, 36, 600),
            ("visual.exact_up_to", self.visual.exact_up_to, 0, 1 << 62),
            ("ingest.dpi", self.ingest.dpi, 36, 600),
            ("retrieve.depth", self.retrieve.depth, 1, 100_000),
            ("retrieve.rrf_k", self.retrieve.rrf_k, 1, 100_000),
            ("retrieve.rerank", self.retrieve.rerank, 1, 1000),
            ("answer.top_k", self.answer.top_k, 1, 1000),
            ("answer.max_tokens", self.answer.max_tokens, 1, 1_000_000),
            ("answer.context_tokens", self.answer.context_tokens, 1, 10_000_000),
            ("answer.max_pictures", self.answer.max_pictures, 0, 1000),
            ("answer.refuse_below", self.answer.refuse_below, 0, 1),
        ):
            if not least <= value <= most:
                raise RecipeError(f"{key}: wants {least} to {most}, found {value}")
        if self.vector_store and not self.vector_store.startswith("llama-index:"):
            raise RecipeError(
                "vector_store: wants one of LlamaIndex, such as llama-index:package.module:Class, or "
                f"nothing, found {self.vector_store!r}"
            )
        for ending, spec in self.ingest.readers.items():
            if not re.fullmatch(r"\.[^./\\A-Z]+", ending) or not spec.startswith("llama-index:"):
                raise RecipeError(
                    "ingest.readers: wants endings in lower case and readers, such as "
                    f"{{.epub: llama-index:package.module:Class}}, found {ending!r}: {spec!r}"
                )
        for name, weight in self.retrieve.weights.items():
            if not 0 <= weight < float("inf"):
                raise RecipeError(f"retrieve.weights: {name}: wants a number from 0, found {weight}")
        if not any(self.retrieve.weights.values()):
            raise RecipeError("retrieve.weights: no list has a weight, so nothing would ever be found")
        _one_of("visual.precision", (self.visual.precision,), _PRECISIONS)
        _one_of("retrieve.weights", tuple(self.retrieve.weights), self._lists())

    def _lists(self) -> tuple[str, ...]:
        joint = [f"joint/{spec}{part}" for spec in self.joint.encoders for part in ("", "/text", "/pictures")]
        caption = [f"caption/{spec}" for spec in self.caption.encoders]
        visual = [f"visual/{spec}" for spec in self.visual.encoders]
        visual += [f"visual/{spec}/text" for spec in self.visual.text_encoders]
        return (*STRATEGIES, *caption, *joint, *visual, "page-terms", "element-terms")


def recipe_names() -> list[str]:
    """Names of the recipes that come with mmrag."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def load_recipe(name: str | Path) -> Recipe:
    """The recipe of that name, or in that YAML file.

    Raises:
        RecipeError: if there is no such recipe, it is not YAML, a key is unknown (the message names
            the nearest valid one) or a value has the wrong kind.
    """
    import yaml

    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = _shipped() / f"{name}.yaml"
        if not path.is_file():
            raise RecipeError(
                f"no recipe is named {str(name)!r}; there are {', '.join(recipe_names())}, "
                "or give the path of a .yaml file"
            )
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise RecipeError(f"the recipe {path} can't be read: {error.strerror}") from error
    # A ValueError comes of bytes that are no text, and of a 13th month.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"the recipe {path} is not YAML: {reason}") from error
    return parse_recipe(data, path.stem)


def parse_recipe(data: Any, name: str) -> Recipe:
    """A recipe from plain data, as `load_recipe` reads it or a store keeps it.

    Raises:
        RecipeError: as `load_recipe`.
    """
    if isinstance(data, Mapping):
        data = {"name": name, **data}
    recipe: Recipe = _parse(Recipe, data, f"recipe {name}")
    return recipe


def _shipped() -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "pipelines"
    return inside if inside.is_dir() else package.parent / "pipelines"


def _one_of(key: str, values: tuple[str, ...], valid: tuple[str, ...]) -> None:
    for value in values:
        if value not in valid:
            raise RecipeError(f"{key}: {value!r} is not one of {', '.join(valid)}{_near(value, valid)}")


def _near(word: str, valid: Any) -> str:
    near = difflib.get_close_matches(str(word), list(valid), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _parse(kind: Any, data: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(data, Mapping):
            raise RecipeError(f"{where}: wants keys and values, found {data!r}")
        hints = get_type_hints(kind)
        for key in data:
            if key not in hints:
                raise RecipeError(f"{where}: unknown key {key!r}{_near(key, hints)}")
        return kind(**{key: _parse(hints[key], value, f"{where}: {key}") for key, value in data.items()})
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise RecipeError(f"{where}: wants a list, found {data!r}")
        return tuple(_parse(get_args(kind)[0], item, where) for item in data)
    if origin is not None:
        if not isinstance(data, Mapping):
            raise RecipeError(f"{where}: wants keys and values, found {data!r}")
        return {str(key): _parse(get_args(kind)[1], value, f"{where}: {key}") for key, value in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise RecipeError(f"{where}: wants {kind.__name__}, found {data!r}")
    return data
