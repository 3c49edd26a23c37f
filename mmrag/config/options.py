"""The parts of a recipe: what can be set, what it means, and what it is by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Everything that shapes what an ingestor yields.

    Attributes:
        layout: ``auto`` runs the layout model on pages with graphics or columns, ``always`` on
            every page, ``never`` on none: then there are no figures, and no pictures of tables.
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
