"""``col:``: visual document encoders of many vectors a page.

ColPali and ColQwen2 (Faysse et al. 2024, "ColPali: efficient document retrieval with vision language
models"), ColModernVBERT (Teiletche et al. 2025), and multi-vector encoders of sentence-transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from mmrag.encoders.base import Matrix, PageVectors, PageView
from mmrag.encoders.models.late_models import LateModel, Tokens, load_late_model
from mmrag.encoders.models.places import places
from mmrag.encoders.models.rows import unit_rows
from mmrag.pictures import for_model
from mmrag.weights.cleaning import cleaner
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_LONGEST_QUERY = 2000
_ENGLISH = ("colmodernvbert",)  # its text half is an English one


class LateInteraction:
    """Sees a page as patches, and a question as tokens.

    Vectors of padding are dropped, so that a page's do not depend on the pages beside it. Those of the prompt
    stay, as in the models' own scoring; they are of no place.

    Args:
        name: hub id or local folder.

    Attributes:
        sees_pixels: true; every page is drawn, ahead of its turn.
    """

    sees_pixels = True

    def __init__(self, name: str) -> None:
        self.spec = f"col:{name}"
        self._weights = Weights(self.spec, name, "sentence_transformers")

    @property
    def fingerprint(self) -> str:
        """See `mmrag.weights.loading.Weights.fingerprint`."""
        return self._weights.fingerprint

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return int(getattr(self._weights.config, "embedding_dim", 0) or self._model.dim)

    @property
    def scripts(self) -> frozenset[str] | None:
        """Scripts of the training texts where they are known."""
        return frozenset({"Latn"}) if self._is_english else None

    @property
    def languages(self) -> frozenset[str] | None:
        """Languages of the training texts where they are known."""
        return frozenset({"en"}) if self._is_english else None

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        """For each page its patches and the tokens of the model's prompt; the boxes of the latter are NaN.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        if not pages:
            return []
        with running(self.spec):
            drawn = [for_model(page.picture()) for page in pages]
            return [self._page(tokens) for tokens in self._model.see(drawn)]

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """For each query ``(m, dim)`` float32, rows of unit length: its tokens and those that the model adds.

        Of a query over 2,000 characters the first 2,000 are read: every token is matched with every page.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        if not queries:
            return []
        with running(self.spec):
            asked = [query[:_LONGEST_QUERY] for query in self._clean(queries)]
            return [unit_rows(tokens.vectors) for tokens in self._model.read(asked)]

    def _page(self, tokens: Tokens) -> PageVectors:
        model = self._model
        boxes = places(tokens.ids, model.picture_id, tokens.grid, model.tokenizer.convert_ids_to_tokens)
        return PageVectors(unit_rows(tokens.vectors), boxes)

    @property
    def _is_english(self) -> bool:
        return self._weights.config.model_type in _ENGLISH

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        return cleaner(self._model.tokenizer)

    @property
    def _model(self) -> LateModel:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> LateModel:
        with running(self.spec):
            return load_late_model(self._weights)
