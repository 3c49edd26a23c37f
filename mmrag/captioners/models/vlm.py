"""``hf:``: any image-text-to-text model of transformers that follows a chat template.

LLaVA (Liu et al. 2023), Qwen2-VL (Wang et al. 2024), Llama 3.2 Vision (Grattafiori et al. 2024), SmolVLM
(Marafioti et al. 2025) and their kin.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmrag.captioners.answers import described
from mmrag.captioners.base import Description
from mmrag.captioners.models.batches import Shown, TorchCaptioner
from mmrag.captioners.models.stopping import stops_loops
from mmrag.captioners.prompting import prompt, prompts_fingerprint
from mmrag.errors import ModelError
from mmrag.pictures import LONGEST_SIDE
from mmrag.types import Usage
from mmrag.weights.device import running
from mmrag.weights.identity import identity
from mmrag.weights.vision_language import VisionLanguageWeights

_MOST_TOKENS = 640
_SMALL = 2_000_000_000  # parameters below which a model rarely keeps to a form


class VisionLanguageCaptioner(TorchCaptioner):
    """Shows the model each picture with its context, and decodes greedily until it ends or repeats itself.

    A small model is asked for a few sentences, a larger one for description, visible words and data.

    Its fingerprint names the state of the model's files, the prompts and the limits. Versions of libraries
    and the precision are left out: they may change a word, and would have every picture described again.

    Args:
        name: hub id or local folder.
        max_tokens: longest answer.
    """

    def __init__(self, name: str, max_tokens: int = _MOST_TOKENS) -> None:
        super().__init__(f"hf:{name}", name)
        self._weights: VisionLanguageWeights = VisionLanguageWeights(self.spec, name)
        self._max_tokens = max_tokens

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """See above; asking for it fetches the model's files where they are missing."""
        return (
            f"hf {identity(self._weights.folder)} prompts:{prompts_fingerprint()} "
            f"side:{LONGEST_SIDE} tokens:{self._max_tokens} v2"
        )

    def _describe(self, batch: Sequence[Shown]) -> list[Description | ModelError]:
        with running(self.spec):
            inputs = self._inputs(batch)
            answers = self._generate(inputs)
            texts = self._weights.processor.batch_decode(answers, skip_special_tokens=True)
            read = inputs["attention_mask"].sum(dim=1).tolist()
        usages = [
            Usage(tokens_in, self._length(answer), 1) for tokens_in, answer in zip(read, answers, strict=True)
        ]
        return [described(text, usage) for text, usage in zip(texts, usages, strict=True)]

    def _inputs(self, batch: Sequence[Shown]) -> Any:
        chats = [
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "image": self._weights.shown(picture)},
                        {"type": "text", "text": prompt(context, self._weights.control_tokens, self._form)},
                    ],
                }
            ]
            for picture, context in batch
        ]
        inputs = self._weights.processor.apply_chat_template(
            chats,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        )
        return self._weights.moved(inputs)

    def _generate(self, inputs: Any) -> Any:
        import torch

        length = inputs["input_ids"].shape[1]
        with torch.inference_mode():
            whole = self._model.generate(
                **inputs,
                max_new_tokens=self._max_tokens,
                do_sample=False,
                num_beams=1,
                stopping_criteria=stops_loops(length),
            )
        return whole[:, length:]

    def _length(self, answer: Any) -> int:
        """Tokens of an answer up to its end, which is counted; what follows is padding."""
        stops = self._weights.ends
        return next((at for at, token in enumerate(answer.tolist(), 1) if token in stops), len(answer))

    @property
    def _model(self) -> Any:
        return self._weights.model

    @cached_property
    def _form(self) -> str:
        return "plain" if self._model.num_parameters() < _SMALL else "fields"
