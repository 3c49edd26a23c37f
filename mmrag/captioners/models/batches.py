"""What all captioners that run on torch share: batches, and what becomes of one that fails."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from PIL.Image import Image

from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.errors import ModelError, OutOfMemoryError
from mmrag.weights.loading import Weights

log = logging.getLogger(__name__)

_ON_A_GPU = 8

Shown = tuple[Image, PictureContext]


class TorchCaptioner(Captioner):
    """Describes batches on a GPU, and one picture after the other on a CPU, where a batch gains nothing.

    Where memory runs out, the batch is halved, for good. What else fails in a batch is tried again picture by
    picture, so that one does not cost the others.

    Args:
        spec: what resolves to it.
        name: hub id or local folder.
    """

    _model: Any  # of transformers; a subclass loads it when it is first asked for

    def __init__(self, spec: str, name: str) -> None:
        self.spec = spec
        self._weights = Weights(spec, name)
        self._most = 0

    @property
    def batch_size(self) -> int:  # type: ignore[override]
        """Most pictures that the model is given at once."""
        if not self._most:
            self._most = 1 if self._weights.device.startswith("cpu") else _ON_A_GPU
        return self._most

    def caption(self, picture: Image, context: PictureContext) -> Description:
        """What the model says of the picture.

        Raises:
            ModelError: if the model can't be loaded, or can't describe it.
        """
        (outcome,) = self.caption_all([(picture, context)])
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome

    def caption_all(self, pictures: Sequence[Shown]) -> list[Description | ModelError]:
        """See `Captioner.caption_all`.

        Raises:
            MissingExtraError: if torch or transformers is not installed.
            ModelError: if the model is missing or can't be loaded.
        """
        self._load()
        outcomes: list[Description | ModelError] = []
        start = 0
        while start < len(pictures):
            batch = pictures[start : start + self.batch_size]
            made = self._try(batch)
            outcomes += made
            start += len(made)
        return outcomes

    def _try(self, batch: Sequence[Shown]) -> Sequence[Description | ModelError]:
        try:
            return self._describe(batch)
        except OutOfMemoryError as error:
            if len(batch) == 1:
                return [error]
            self._most = len(batch) // 2
            log.warning("%s; from now on %d at once", error, self._most)
            return self._try(batch[: self._most])
        except ModelError as error:
            if len(batch) == 1:
                return [error]
            return [outcome for each in batch for outcome in self._try([each])]

    def _load(self) -> None:
        """Loads the model, if it is not loaded yet; raises if that can't be done."""
        with self._weights.lock:
            self._processor, self._model  # noqa: B018 - properties that load

    @cached_property
    def _processor(self) -> Any:
        return self._weights.processor

    @abstractmethod
    def _describe(self, batch: Sequence[Shown]) -> list[Description | ModelError]:
        """One description for each, from one call of the model; raises if the call fails."""
