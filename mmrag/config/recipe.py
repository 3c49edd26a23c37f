"""`Recipe`: all that decides how an index is built and asked, as one checked value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from operator import attrgetter

from mmrag.config.choosing import require_one_of
from mmrag.config.options import (
    AnswerOptions,
    CaptionOptions,
    IngestOptions,
    JointOptions,
    RetrieveOptions,
    VisualOptions,
)
from mmrag.config.secrets import refuse_secrets
from mmrag.errors import RecipeError

STRATEGIES = ("joint", "caption", "visual")

_CHOICES = {
    "ingest.layout": ("auto", "always", "never"),
    "ingest.ocr": ("auto", "never"),
    "retrieve.fusion": ("zscore", "rrf"),
    "visual.precision": ("auto", "float32", "float16", "int8", "bit"),
}
_AT_LEAST_ONE = ("strategies", "caption.encoders", "joint.encoders", "visual.encoders")
_EACH_ONCE = (*_AT_LEAST_ONE, "visual.text_encoders")
_RANGES = {
    "ingest.workers": (0, 1024),
    "ingest.max_pixels": (1, 1 << 62),
    "ingest.max_file_mb": (1, 1 << 40),
    "ingest.max_page_points": (1, 1e9),
    "ingest.page_seconds": (0.001, 1e6),
    "ingest.memory_mb": (1, 1 << 40),
    "caption.price_in": (0, 1e6),
    "caption.price_out": (0, 1e6),
    "answer.price_in": (0, 1e6),
    "answer.price_out": (0, 1e6),
    "caption.concurrency": (1, 1000),
    "visual.pool": (1, 1000),
    "visual.dpi": (36, 600),
    "visual.exact_up_to": (0, 1 << 62),
    "ingest.dpi": (36, 600),
    "retrieve.depth": (1, 100_000),
    "retrieve.rrf_k": (1, 100_000),
    "retrieve.rerank": (1, 1000),
    "answer.top_k": (1, 1000),
    "answer.max_tokens": (1, 1_000_000),
    "answer.context_tokens": (1, 10_000_000),
    "answer.max_pictures": (0, 1000),
    "answer.refuse_below": (0, 1),
}


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
        self._check_words()
        self._check_numbers()
        self._check_llama_index()
        self._check_weights()

    def _check_words(self) -> None:
        require_one_of("strategies", self.strategies, STRATEGIES)
        for key, valid in _CHOICES.items():
            require_one_of(key, (attrgetter(key)(self),), valid)
        for key in _EACH_ONCE:
            named = attrgetter(key)(self)
            if len(set(named)) < len(named):
                raise RecipeError(f"{key}: names one twice: {', '.join(named)}")
        for key in _AT_LEAST_ONE:
            if not attrgetter(key)(self):
                raise RecipeError(f"{key}: is empty; name at least one")

    def _check_numbers(self) -> None:
        for key, (least, most) in _RANGES.items():
            value = attrgetter(key)(self)
            if not least <= value <= most:
                raise RecipeError(f"{key}: wants {least} to {most}, found {value}")

    def _check_llama_index(self) -> None:
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

    def _check_weights(self) -> None:
        for name, weight in self.retrieve.weights.items():
            if not 0 <= weight < float("inf"):
                raise RecipeError(f"retrieve.weights: {name}: wants a number from 0, found {weight}")
        if not any(self.retrieve.weights.values()):
            raise RecipeError("retrieve.weights: no list has a weight, so nothing would ever be found")
        require_one_of("retrieve.weights", self.retrieve.weights, self._lists())

    def _lists(self) -> tuple[str, ...]:
        joint = [f"joint/{spec}{part}" for spec in self.joint.encoders for part in ("", "/text", "/pictures")]
        caption = [f"caption/{spec}" for spec in self.caption.encoders]
        visual = [f"visual/{spec}" for spec in self.visual.encoders]
        visual += [f"visual/{spec}/text" for spec in self.visual.text_encoders]
        return (*STRATEGIES, *caption, *joint, *visual, "page-terms", "element-terms")
