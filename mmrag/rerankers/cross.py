"""``cross:``: text cross-encoders, which read the question and a candidate's text together.

Nogueira & Cho 2019, "Passage re-ranking with BERT"; any such model of sentence-transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from mmrag.errors import ModelError
from mmrag.rerankers.base import Candidate
from mmrag.rerankers.scoring import score_all
from mmrag.weights.cleaning import cleaner
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_AT_ONCE = 32


class CrossReranker:
    """A cross-encoder of sentence-transformers; a text beyond its limit is read from its beginning.

    Args:
        name: hub id or local folder.
    """

    def __init__(self, name: str) -> None:
        self.spec = f"cross:{name}"
        self._weights = Weights(self.spec, name, "sentence_transformers")

    def score(self, query: str, candidates: Sequence[Candidate]) -> list[float]:
        """What the model says of each candidate's text, higher is better.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        return score_all(candidates, _AT_ONCE, lambda batch: self._scores(query, batch), self.spec)

    def _scores(self, query: str, batch: Sequence[Candidate]) -> list[float]:
        with running(self.spec):
            (asked,) = self._clean([query])
            texts = self._clean([candidate.text for candidate in batch])
            pairs = [(self._as_text(asked), self._as_text(text)) for text in texts]
            found = self._model.predict(
                pairs, batch_size=len(pairs), convert_to_tensor=True, show_progress_bar=False
            )
            return [float(value) for value in found.float().cpu()]

    def _as_text(self, text: str) -> str | dict[str, str]:
        """Models with a chat template would open a bare string that looks like an address or a path."""
        model = self._model
        chats = "message" in model.modalities and model[0].input_formatter.message_format == "structured"
        return {"text": text} if chats else text

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        return cleaner(self._model.tokenizer)

    @property
    def _model(self) -> Any:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        model = self._weights.load_sentence_transformers("CrossEncoder")
        if model.num_labels != 1:
            raise ModelError(f"{self.spec} sorts into {model.num_labels} classes; a reranker gives one score")
        return model
