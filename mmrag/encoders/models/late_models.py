"""The two ways to run a model of late interaction: transformers' own classes, and sentence-transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from PIL.Image import Image

from mmrag.errors import ModelError
from mmrag.weights.loading import Weights


@dataclass(frozen=True, slots=True)
class Tokens:
    """One page or query, without padding.

    Attributes:
        vectors: torch tensor ``(n, dim)``.
        ids: the n tokens.
        grid: rows and columns of patches, where the model tells.
    """

    vectors: Any
    ids: list[int]
    grid: tuple[int, int] | None = None


class LateModel(Protocol):
    """A loaded model.

    Attributes:
        tokenizer: of transformers.
        dim: length of a vector.
        picture_id: the token that stands for a patch.
    """

    tokenizer: Any
    dim: int
    picture_id: int

    def see(self, pictures: Sequence[Image]) -> list[Tokens]:
        """The tokens of each picture, in RGB."""
        ...

    def read(self, queries: Sequence[str]) -> list[Tokens]:
        """The tokens of each query, with what the model puts around it."""
        ...


def load_late_model(weights: Weights) -> LateModel:
    """The model in its format: of sentence-transformers, or a ``…ForRetrieval`` class of transformers.

    Raises:
        ModelError: if it is neither, or reads text only.
    """
    if (weights.folder / "modules.json").is_file():
        return _SentenceTransformers(weights)
    architecture = (getattr(weights.config, "architectures", None) or ["model of unknown kind"])[0]
    if not architecture.endswith("ForRetrieval"):
        raise ModelError(
            f"{weights.spec} is a {architecture}, not one of many vectors a page such "
            "as ColPali, ColQwen2 and ColModernVBERT: for one vector a page, name it st:"
        )
    return _Transformers(weights, architecture)


class _Transformers:
    """ColPali, ColQwen2, ColModernVBERT and others of their interface.

    Not through sentence-transformers, whose way to call the processor leaves out the prompt of some of them.
    """

    def __init__(self, weights: Weights, architecture: str) -> None:
        self._model = weights.load(architecture)
        self._weights = weights
        self._processor = weights.processor
        self.tokenizer = weights.tokenizer
        self.dim = int(self._model.config.embedding_dim)
        self.picture_id = _picture_id(self._processor)

    def see(self, pictures: Sequence[Image]) -> list[Tokens]:
        return self._run(self._processor.process_images(list(pictures), padding=True, return_tensors="pt"))

    def read(self, queries: Sequence[str]) -> list[Tokens]:
        return self._run(self._processor.process_queries(list(queries), padding=True, return_tensors="pt"))

    def _run(self, inputs: Any) -> list[Tokens]:
        import torch

        inputs.pop("labels", None)
        moved = self._weights.moved(inputs)
        with torch.inference_mode():
            vectors = self._model(**moved).embeddings
        grids = moved.get("image_grid_thw")
        return [
            _without_padding(
                vectors[at],
                moved["attention_mask"][at],
                moved["input_ids"][at],
                None if grids is None else _merged(grids[at], self._processor),
            )
            for at in range(len(vectors))
        ]


class _SentenceTransformers:
    """A multi-vector encoder in the format of sentence-transformers."""

    def __init__(self, weights: Weights) -> None:
        self._model = weights.load_sentence_transformers("MultiVectorEncoder")
        if not self._model.supports("image"):
            raise ModelError(f"{weights.spec} reads text only, and strategy visual looks at pages")
        self.tokenizer = self._model.tokenizer
        self.dim = int(self._model.get_embedding_dimension())
        self.picture_id = _picture_id(self._model.processor)

    def see(self, pictures: Sequence[Image]) -> list[Tokens]:
        return self._run(self._model.encode_document, [{"image": picture} for picture in pictures])

    def read(self, queries: Sequence[str]) -> list[Tokens]:
        # A bare string that looks like an address or a path would be opened as a picture.
        return self._run(self._model.encode_query, [{"text": query} for query in queries])

    def _run(self, encode: Any, inputs: list[dict[str, Any]]) -> list[Tokens]:
        found = encode(inputs, batch_size=len(inputs), output_value=None, show_progress_bar=False)
        return [
            _without_padding(
                each["token_embeddings"],
                each["attention_mask"],
                each["input_ids"],
                _merged(each["image_grid_thw"], self._model.processor) if "image_grid_thw" in each else None,
            )
            for each in found
        ]


def _without_padding(vectors: Any, mask: Any, ids: Any, grid: tuple[int, int] | None) -> Tokens:
    kept = mask.bool()
    return Tokens(vectors[kept], ids[kept].tolist(), grid)


def _merged(grid: Any, processor: Any) -> tuple[int, int]:
    """Rows and columns of vectors: a vector stands for several of the grid's patches."""
    merge = int(getattr(processor.image_processor, "merge_size", 1))
    _, rows, columns = (int(value) for value in grid.reshape(-1).tolist())
    return rows // merge, columns // merge


def _picture_id(processor: Any) -> int:
    found = getattr(processor, "image_token_id", None)
    if found is None:
        found = processor.tokenizer.convert_tokens_to_ids(getattr(processor, "image_token", "<image>"))
    return int(found)
