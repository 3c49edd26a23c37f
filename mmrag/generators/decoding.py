"""What a model of transformers writes, as it writes it: tokens from a thread, texts from tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import Any

from mmrag.text.thoughts import Thoughts, overlap
from mmrag.weights.device import running
from mmrag.weights.vision_language import VisionLanguageWeights

_HALF = "\ufffd"  # what a tokenizer makes of a character whose other bytes are to come


def tokens_written(weights: VisionLanguageWeights, inputs: Any, most: int) -> Iterator[int]:
    """The tokens of an answer, greedily decoded, each as soon as it is chosen. Closing it stops the model.

    Args:
        weights: whose model writes; it does so for one caller at a time.
        inputs: of its processor, for one prompt.
        most: tokens.

    Raises:
        OutOfMemoryError: if the device has not memory enough.
        ModelError: if the model fails in another way.
    """
    found: SimpleQueue[int | BaseException | None] = SimpleQueue()
    stop = threading.Event()

    def write() -> None:
        try:
            with weights.lock, running(weights.spec):
                _generate(weights.model, inputs, most, found, stop)
        except BaseException as error:  # it belongs to the caller, in whose thread it is raised
            found.put(error)
        else:
            found.put(None)

    thread = threading.Thread(target=write, name=weights.spec, daemon=True)
    thread.start()
    try:
        while (item := found.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


def _generate(model: Any, inputs: Any, most: int, found: SimpleQueue[Any], stop: threading.Event) -> None:
    import torch
    from transformers import StoppingCriteriaList

    def stopped(input_ids: Any, scores: Any, **_: Any) -> Any:
        return torch.full((len(input_ids),), stop.is_set(), dtype=torch.bool, device=input_ids.device)

    with torch.inference_mode():
        model.generate(
            **inputs,
            max_new_tokens=most,
            do_sample=False,
            num_beams=1,
            streamer=_Streamer(found),
            stopping_criteria=StoppingCriteriaList([stopped]),
        )


class _Streamer:
    """Takes tokens as `generate` hands them out, which begins with the prompt."""

    def __init__(self, found: SimpleQueue[Any]) -> None:
        self._found = found
        self._begun = False

    def put(self, value: Any) -> None:
        if self._begun:
            for token in value.flatten().tolist():
                self._found.put(token)
        self._begun = True

    def end(self) -> None:
        return


class Texts:
    """Turns tokens into text, piece by piece: without thoughts, and without words around the answer.

    Args:
        tokenizer: of transformers.
        marks: words that the model writes around its answer.
        thinking: whether it begins in the middle of its thoughts.
    """

    def __init__(self, tokenizer: Any, marks: Sequence[str], thinking: bool) -> None:
        self._tokenizer, self._marks = tokenizer, marks
        self._thoughts = Thoughts(thinking)
        self._tokens: list[int] = []
        self._given = ""

    def add(self, token: int) -> str:
        """What can be given now that ``token`` is written."""
        self._tokens.append(token)
        text = self._decoded()
        if text.endswith(_HALF):
            return ""
        held = max((overlap(text, mark) for mark in self._marks), default=0)
        return self._new(text[: len(text) - held])

    def end(self) -> str:
        """What is left when the answer has ended."""
        return self._new(self._decoded()) + self._thoughts.end()

    def _new(self, text: str) -> str:
        # All is decoded each time: what a token means may depend on those before it.
        new = text[len(self._given) :]
        self._given = text
        return self._thoughts.add(new)

    def _decoded(self) -> str:
        text = str(
            self._tokenizer.decode(self._tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )
        for mark in self._marks:
            text = text.replace(mark, "")
        return text
