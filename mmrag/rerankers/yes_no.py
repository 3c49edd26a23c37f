"""``vlm:``: a vision language model is asked whether a candidate answers the question, yes or no.

The score is the probability of "yes" against "no" as the next token, in the manner of monoT5 (Nogueira et al.
2020) and of the rerankers of the Qwen3-VL family, whose prompt this is.
"""

from __future__ import annotations

import inspect
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

_AT_ONCE = 4
_CHARACTERS = 2000
_TASK = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
_INSTRUCT = "<Instruct>: Given a search query, retrieve relevant candidates that answer the query."


class YesNoReranker:
    """Any image-text-to-text model of transformers; it sees a candidate's picture and the start of its text.

    Args:
        name: hub id or local folder.
    """

    def __init__(self, name: str) -> None:
        self.spec = f"vlm:{name}"
        self._weights = Weights(self.spec, name)

    def score(self, query: str, candidates: Sequence[Candidate]) -> list[float]:
        """P("yes") / (P("yes") + P("no")) for each candidate, 0..1.

        Raises:
            ModelError: if the model can't be loaded or run, or a picture can't be decoded.
        """
        return score_all(candidates, _AT_ONCE, lambda batch: self._scores(query, batch), self.spec)

    def _scores(self, query: str, batch: Sequence[Candidate]) -> list[float]:
        with running(self.spec):
            import torch

            model = self._model
            (asked,) = self._clean([query[:_CHARACTERS]])
            texts = self._clean([candidate.text[:_CHARACTERS] for candidate in batch])
            inputs = self._processor.apply_chat_template(
                [
                    self._conversation(asked, text, for_model(candidate.picture()))
                    for text, candidate in zip(texts, batch, strict=True)
                ],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                processor_kwargs={"padding": True},
            )
            moved = self._weights.moved(inputs)
            with torch.inference_mode():
                logits = model(**moved, **self._last_only).logits[:, -1].float()
            yes, no = self._answers
            return [float(value) for value in (logits[:, yes] - logits[:, no]).sigmoid().cpu()]

    def _conversation(self, query: str, text: str, picture: Any) -> list[dict[str, Any]]:
        asked = [
            {"type": "text", "text": f"{_INSTRUCT}\n<Query>: {query}\n<Document>: "},
            {"type": "image", "image": picture},
            {"type": "text", "text": text},
        ]
        if self._has_system_role:
            return [
                {"role": "system", "content": [{"type": "text", "text": _TASK}]},
                {"role": "user", "content": asked},
            ]
        return [{"role": "user", "content": [{"type": "text", "text": _TASK + "\n"}, *asked]}]

    @cached_property
    def _has_system_role(self) -> bool:
        """Some chat templates refuse it."""
        from jinja2 import TemplateError

        turns = [{"role": role, "content": [{"type": "text", "text": "a"}]} for role in ("system", "user")]
        try:
            self._processor.apply_chat_template([turns], tokenize=False)
        except TemplateError:
            return False
        return True

    @cached_property
    def _last_only(self) -> dict[str, int]:
        """Logits of the last place only, where the model can: those of all places would fill the memory."""
        known = inspect.signature(self._model.forward).parameters
        return {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    @cached_property
    def _answers(self) -> tuple[int, int]:
        yes, no = self._first_token("yes"), self._first_token("no")
        if yes == no:
            raise ModelError(f'{self.spec} tells "yes" and "no" apart by no token')
        return yes, no

    def _first_token(self, word: str) -> int:
        return int(self._processor.tokenizer(word, add_special_tokens=False)["input_ids"][0])

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        return cleaner(self._processor.tokenizer)

    @cached_property
    def _processor(self) -> Any:
        processor = self._weights.processor
        if not getattr(processor, "chat_template", None):
            raise ModelError(f"{self.spec} has no chat template, so it can't be asked anything")
        processor.tokenizer.padding_side = "left"  # so that the last place of every row is its next token
        return processor

    @property
    def _model(self) -> Any:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        return self._weights.load("AutoModelForImageTextToText")
