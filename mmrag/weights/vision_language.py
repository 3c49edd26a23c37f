"""Vision-language models that follow a chat template: loaded once in one way, and made to decode greedily."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from PIL.Image import Image

from mmrag.errors import ModelError
from mmrag.pictures import LONGEST_SIDE, framed, squared
from mmrag.weights.cleaning import special_words
from mmrag.weights.device import import_transformers, running
from mmrag.weights.loading import Weights

_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")


class VisionLanguageWeights(Weights):
    """The weights of one image-text-to-text model of transformers. Nothing is loaded before it is asked for.

    Args:
        spec: what messages call the model.
        name: hub id or local folder.
    """

    @cached_property
    def processor(self) -> Any:
        """What makes the model's inputs of conversations.

        Raises:
            ModelError: if it can't be loaded, or has no chat template.
        """
        processor = super().processor
        if not getattr(processor, "chat_template", None):
            raise ModelError(f"{self.spec} has no chat template: take a model that was tuned to follow one")
        processor.tokenizer.padding_side = "left"  # an answer must follow its prompt at once
        return processor

    @cached_property
    def model(self) -> Any:
        """The model, which takes the likeliest token each time.

        Raises:
            ModelError: if it can't be loaded, or does not write about pictures.
        """
        with running(self.spec):
            transformers = import_transformers(self.spec)
            known = transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
            kind = self.config.model_type
            if kind not in known:
                raise ModelError(f"{self.spec} is a {kind} model, which does not describe pictures")
        model = self.load("AutoModelForImageTextToText")
        settings = model.generation_config
        for name in _SAMPLING:
            setattr(settings, name, None)
        if settings.pad_token_id is None:
            settings.pad_token_id = self.tokenizer.pad_token_id
        return model

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:
        """The words by which the model is told what to do."""
        return special_words(self.processor)

    @property
    def ends(self) -> frozenset[int]:
        """The tokens that end an answer."""
        ends = self.model.generation_config.eos_token_id
        return frozenset(ends if isinstance(ends, list) else [ends])

    def shown(self, picture: Image, side: int = LONGEST_SIDE) -> Image:
        """The picture as the model is to be shown it: as `framed`, and whole.

        Raises:
            ModelError: if it can't be decoded.
        """
        plain = framed(picture, side)
        # Of anything but a square, LLaVA-1.5's processor keeps the middle alone; it was trained on squares.
        return squared(plain) if getattr(self.processor.image_processor, "do_center_crop", False) else plain
