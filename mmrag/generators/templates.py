"""Messages become the prompt of a local model, written by its template, with a slot for each picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL.Image import Image

from mmrag.errors import ModelError
from mmrag.generators.language_model import Message

_THINK = "<think>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as text.

    Attributes:
        text: with ``slot`` where a picture stands.
        pictures: in the order of their slots.
        slot: the word that stands for a picture.
    """

    text: str
    pictures: tuple[Image, ...]
    slot: str

    @property
    def thinking(self) -> bool:
        """Whether the model is to begin with its thoughts."""
        return self.text.rstrip().endswith(_THINK)

    def ends_before_slots(self) -> Iterator[str]:
        """The text before each slot."""
        at = -1
        for _ in self.pictures:
            at = self.text.index(self.slot, at + 1)
            yield self.text[:at]


def written(messages: Sequence[Message], processor: Any, spec: str) -> Prompt:
    """The prompt, by the processor's own chat template.

    A system's turn that the template does not take, or not beside pictures, goes to the head of the first
    user's. Where it puts pictures before all text, as LLaVA-1.5's does, slots are written into the texts.

    Raises:
        ModelError: if the template takes no such conversation, or the slots don't come out as many as the
            pictures and in their order among the texts.
    """
    slot = str(processor.image_token)
    pictures = tuple(part for message in messages for part in message.parts if not isinstance(part, str))
    reason = "its template leaves out a part of it, or takes one for a picture"
    for way in (messages, _with_slots(messages, slot)):
        for turns in (way, _without_system(way)):
            try:
                text = processor.apply_chat_template(
                    [_turn(message) for message in turns], add_generation_prompt=True, tokenize=False
                )
            except Exception as error:  # a template may raise whatever jinja2 or its author thought of
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                continue
            if _holds(text, turns, slot, len(pictures)):
                return Prompt(text, pictures, slot)
    raise ModelError(f"{spec} can't be prompted with this conversation: {reason}")


def _turn(message: Message) -> dict[str, Any]:
    content = [
        {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def _holds(text: str, turns: Sequence[Message], slot: str, slots: int) -> bool:
    """Whether all parts stand in ``text`` in their order, and no other slots."""
    at = 0
    for message in turns:
        for part in message.parts:
            wanted = part.strip() if isinstance(part, str) else slot
            found = text.find(wanted, at)
            if found < 0:
                return False
            at = found + len(wanted)
    return text.count(slot) == slots


def _with_slots(messages: Sequence[Message], slot: str) -> tuple[Message, ...]:
    """The same without pictures: each is a word in the text."""
    return tuple(
        replace(
            message,
            parts=("".join(part if isinstance(part, str) else f"{slot}\n" for part in message.parts),),
        )
        for message in messages
    )


def _without_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    rules = "".join(str(part) for message in messages if message.role == "system" for part in message.parts)
    others = [message for message in messages if message.role != "system"]
    first = next((place for place, message in enumerate(others) if message.role == "user"), None)
    if not rules or first is None:
        return tuple(messages)
    others[first] = replace(others[first], parts=(f"{rules}\n\n", *others[first].parts))
    return tuple(others)
