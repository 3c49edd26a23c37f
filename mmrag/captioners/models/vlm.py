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
from mmrag.pictures import LONGEST_SIDE, framed
from mmrag.types import Usage
from mmrag.weights.cleaning import special_words
from mmrag.weights.device import import_transformers, running
from mmrag.weights.identity import identity

_MOST_TOKENS = 640
_SMALL = 2_000_000_000  # parameters below which a model rarely keeps to a form
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")


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
        self._max_tokens = max_tokens

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """See above; asking for it fetches the model's files where they are missing."""
        return (
            f"hf {identity(self._weights.folder)} prompts:{prompts_fingerprint()} "
            f"side:{LONGEST_SIDE} tokens:{self._max_tokens} v1"
        )

    def _describe(self, batch: Sequence[Shown]) -> list[Description | ModelError]:
        with running(self.spec):
            inputs = self._inputs(batch)
            answers = self._generate(inputs)
            texts = self._processor.batch_decode(answers, skip_special_tokens=True)
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
                        {"type": "image", "image": framed(picture)},
                        {"type": "text", "text": prompt(context, self._special, self._form)},
                    ],
                }
            ]
            for picture, context in batch
        ]
        inputs = self._processor.apply_chat_template(
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
        ends = self._model.generation_config.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends])
        return next((at for at, token in enumerate(answer.tolist(), 1) if token in stops), len(answer))

    @cached_property
    def _form(self) -> str:
        return "plain" if self._model.num_parameters() < _SMALL else "fields"

    @cached_property
    def _special(self) -> tuple[str, ...]:
        return special_words(self._processor)

    @cached_property
    def _processor(self) -> Any:
        processor = self._weights.processor
        if not getattr(processor, "chat_template", None):
            raise ModelError(f"{self.spec} has no chat template: take a model that was tuned to follow one")
        processor.tokenizer.padding_side = "left"  # an answer must follow its prompt at once
        return processor

    @cached_property
    def _model(self) -> Any:
        with running(self.spec):
            transformers = import_transformers(self.spec)
            known = transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
            kind = self._weights.config.model_type
            if kind not in known:
                raise ModelError(f"{self.spec} is a {kind} model, which does not describe pictures")
        model = self._weights.load("AutoModelForImageTextToText")
        settings = model.generation_config
        for name in _SAMPLING:
            setattr(settings, name, None)
        if settings.pad_token_id is None:
            settings.pad_token_id = self._processor.tokenizer.pad_token_id
        return model
