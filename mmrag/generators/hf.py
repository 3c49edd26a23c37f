"""``hf:``: an image-text-to-text model of transformers on this machine answers.

LLaVA-1.5, Qwen2/2.5/3-VL, GLM-4.1V, Llama 3.2 Vision, SmolVLM, InternVL, Idefics3 and their kin; what is
special about each is in `mmrag.generators.families`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from PIL import Image

from mmrag.errors import ModelError
from mmrag.generators.decoding import Texts, tokens_written
from mmrag.generators.families import family_of, side_of
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.generators.templates import Prompt, written
from mmrag.types import Usage
from mmrag.weights.device import running
from mmrag.weights.vision_language import VisionLanguageWeights


class TransformersModel(LanguageModel):
    """Runs on a GPU if there is one, decodes greedily, and fetches nothing that is on this machine.

    Args:
        name: hub id or local folder.
    """

    concurrent = True  # callers wait for its weights one by one

    def __init__(self, name: str) -> None:
        self.spec = f"hf:{name}"
        self._weights = VisionLanguageWeights(self.spec, name)
        self._costs: dict[tuple[int, int], tuple[int, int]] = {}

    @cached_property
    def control_tokens(self) -> tuple[str, ...]:  # type: ignore[override]
        """The words by which its tokenizer and its processor are told what to do."""
        with self._weights.lock:
            return self._weights.control_tokens

    @cached_property
    def limits(self) -> Limits:
        """From its configuration: positions of the text model; pictures and their size by its family."""
        with self._weights.lock, running(self.spec):
            config = self._weights.config
            family = family_of(config.model_type)
            side = side_of(family, self._weights.processor.image_processor)
            return Limits(config.get_text_config().max_position_embeddings, family.pictures, side)

    def check(self) -> None:
        """See `LanguageModel.check`: the model is loaded, and writes a word.

        Raises:
            MissingExtraError, OutOfMemoryError, ModelError: as `stream`.
        """
        for _ in self.stream([Message("user", ("When does the tide turn?",))], 1):
            pass

    def count(self, messages: Sequence[Message]) -> int:
        """Exactly what the model reads. A picture's tokens are counted once for each size."""
        limits = self.limits
        with self._weights.lock, running(self.spec):
            prompt = self._prompt(messages, limits)
            return self._length(prompt.text, prompt) + sum(
                self._cost(picture.size, prompt)[0] for picture in prompt.pictures
            )

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        """See `LanguageModel.stream`.

        Raises:
            MissingExtraError: if torch or transformers is not installed.
            OutOfMemoryError: if the device has not memory enough for so long a prompt.
            ModelError: if the model can't be loaded, takes no such conversation, or has too short a context.
        """
        limits = self.limits
        with self._weights.lock, running(self.spec):
            prompt = self._prompt(messages, limits)
            inputs = self._inputs(prompt)
            ids = inputs["input_ids"][0].tolist()
            if len(ids) >= limits.tokens:
                raise ModelError(
                    f"{self.spec} has room for {limits.tokens:,} tokens with its answer, and the prompt has "
                    f"{len(ids):,}: lower answer.context_tokens in the recipe"
                )
            self._check_slots(ids, prompt)
            ends = self._weights.ends
        room = min(max_tokens, limits.tokens - len(ids))
        yield from self._pieces(prompt, inputs, room, ends)

    def _pieces(self, prompt: Prompt, inputs: Any, room: int, ends: frozenset[int]) -> Iterator[Piece]:
        read, wrote, last = inputs["input_ids"].shape[1], 0, -1
        texts = Texts(self._weights.tokenizer, self._family.marks, prompt.thinking)
        for token in tokens_written(self._weights, inputs, room):
            wrote, last = wrote + 1, token
            if text := texts.add(token):
                yield Piece(text)
        if text := texts.end():
            yield Piece(text)
        yield Piece(usage=Usage(read, wrote, len(prompt.pictures)), cut=wrote >= room and last not in ends)

    @property
    def _family(self) -> Any:
        return family_of(self._weights.config.model_type)

    def _prompt(self, messages: Sequence[Message], limits: Limits) -> Prompt:
        shown = [
            Message(
                message.role,
                tuple(
                    part if isinstance(part, str) else self._weights.shown(part, limits.side)
                    for part in message.parts
                ),
            )
            for message in messages
        ]
        return written(shown, self._weights.processor, self.spec)

    def _inputs(self, prompt: Prompt) -> Any:
        inputs = self._weights.processor(
            text=[prompt.text],
            images=[list(prompt.pictures)] if prompt.pictures else None,
            add_special_tokens=not self._begun(prompt.text),
            return_tensors="pt",
        )
        return self._weights.moved(inputs)

    def _begun(self, text: str) -> bool:
        """Whether the template has written the token that begins a text, which must not stand there twice."""
        begin = self._weights.tokenizer.bos_token
        return begin is not None and text.startswith(begin)

    def _length(self, text: str, prompt: Prompt) -> int:
        ids = self._weights.tokenizer(text, add_special_tokens=not self._begun(prompt.text))["input_ids"]
        return len(ids)

    def _cost(self, size: tuple[int, int], prompt: Prompt) -> tuple[int, int]:
        """What a picture of a size adds to the tokens of its slot, and how many of its tokens are pixels'."""
        if size not in self._costs:
            text = f"{self._weights.tokenizer.bos_token or ''}{prompt.slot}"
            picture = Image.new("RGB", size)
            with_picture = self._weights.processor(text=[text], images=[[picture]], add_special_tokens=False)
            ids = list(with_picture["input_ids"][0])
            plain = self._weights.tokenizer(text, add_special_tokens=False)["input_ids"]
            self._costs[size] = len(ids) - len(plain), ids.count(self._slot_id(prompt))
        return self._costs[size]

    def _slot_id(self, prompt: Prompt) -> int:
        return int(self._weights.tokenizer.convert_tokens_to_ids(prompt.slot))

    def _check_slots(self, ids: Sequence[int], prompt: Prompt) -> None:
        """Raises, unless each picture has all its tokens in the place where it stands among the texts."""
        slot, begin, found = self._slot_id(prompt), 0, 0
        added = 0
        for before, picture in zip(prompt.ends_before_slots(), prompt.pictures, strict=True):
            cost, marks = self._cost(picture.size, prompt)
            begin = self._length(before, prompt) + added
            found += ids[begin : begin + cost + 1].count(slot) == marks
            added += cost
        total = sum(self._cost(picture.size, prompt)[1] for picture in prompt.pictures)
        if found < len(prompt.pictures) or list(ids).count(slot) != total:
            raise ModelError(
                f"{self.spec} was given {len(prompt.pictures)} pictures, and its prompt has the tokens of "
                f"{found} in their places: this version of transformers does not fit the model"
            )
