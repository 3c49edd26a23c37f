"""``itm:``: image-text matching, which looks at a candidate's picture with the question in mind.

BLIP (Li et al. 2022) and ViLT (Kim et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from mmrag.errors import ModelError
from mmrag.pictures import for_model
from mmrag.rerankers.base import Candidate
from mmrag.rerankers.scoring import score_all
from mmrag.weights.cleaning import cleaner
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_AT_ONCE = 16
_KINDS = ("BlipForImageTextRetrieval", "ViltForImageAndTextRetrieval")


class MatchingReranker:
    """BLIP's matching head (a probability) or ViLT's (an unbounded score), of picture and question.

    Args:
        name: hub id or local folder.
    """

    def __init__(self, name: str) -> None:
        self.spec = f"itm:{name}"
        self._weights = Weights(self.spec, name)

    def score(self, query: str, candidates: Sequence[Candidate]) -> list[float]:
        """How well each candidate's picture matches the question, higher is better.

        Raises:
            ModelError: if the model can't be loaded or run, or a picture can't be decoded.
        """
        return score_all(candidates, _AT_ONCE, lambda batch: self._scores(query, batch), self.spec)

    def _scores(self, query: str, batch: Sequence[Candidate]) -> list[float]:
        with running(self.spec):
            import torch

            model = self._model
            inputs = self._weights.processor(
                images=[for_model(candidate.picture()) for candidate in batch],
                text=self._clean([query]) * len(batch),
                padding=True,
                truncation=True,
                max_length=self._positions,
                return_tensors="pt",
            )
            moved = self._weights.moved(inputs)
            # ViLT draws the order of patches by lot; a fixed lot makes scores repeatable.
            with torch.inference_mode(), torch.random.fork_rng():
                torch.manual_seed(0)
                if self._kind == _KINDS[0]:
                    found = model(**moved, use_itm_head=True).itm_score.float().softmax(dim=1)[:, 1]
                else:
                    found = model(**moved).logits.float()[:, 0]
            return [float(value) for value in found.cpu()]

    @cached_property
    def _kind(self) -> str:
        (kind,) = (self._weights.config.architectures or [""])[:1]
        if kind not in _KINDS:
            raise ModelError(
                f"{self.spec} is a {kind or 'model of unknown kind'}, not one of {', '.join(_KINDS)}"
            )
        return str(kind)

    @property
    def _positions(self) -> int:
        config = self._weights.config
        return int((getattr(config, "text_config", None) or config).max_position_embeddings)

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        return cleaner(self._weights.tokenizer)

    @property
    def _model(self) -> Any:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        return self._weights.load(self._kind)
