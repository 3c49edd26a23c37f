"""``llama-index:`` as a generator: any chat LLM of LlamaIndex answers."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mmrag.errors import ModelError
from mmrag.generators.estimating import text_tokens, tokens_of
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.llama_index import usage
from mmrag.llama_index.part import Part
from mmrag.pictures import LONGEST_SIDE, data_uri, framed
from mmrag.text.thoughts import Thoughts
from mmrag.types import Usage

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock

_BASE = "llama_index.core.llms.llm:LLM"
_LIMITS = ("max_tokens", "max_new_tokens", "max_output_tokens")

PICTURES = 16
"""Pictures that a model is taken to read in one prompt: no class of LlamaIndex tells, and most take more."""


class LlamaIndexModel(LanguageModel):
    """Shows the messages to an `LLM` as text and image blocks, and reads the answer as it is written.

    Args:
        name: ``package.module:Class?key=value``, see `mmrag.llama_index.part.Part`. Where the class has a
            ``temperature`` it is 0, unless the name gives another.
    """

    def __init__(self, name: str) -> None:
        self._part = Part(name, _BASE, "LLM", {"temperature": 0.0})
        self.spec = self._part.spec

    @cached_property
    def limits(self) -> Limits:
        """The context window that the class tells. Of pictures it tells nothing: 16 are assumed, and none
        where it is not for chats, and would leave them out without a word.

        Raises:
            SpecError, ModelError: if the class can't be imported or made.
        """
        model = self._part.made
        with self._part.running():
            told = model.metadata
            return Limits(int(told.context_window), PICTURES if told.is_chat_model else 0, LONGEST_SIDE)

    def count(self, messages: Sequence[Message]) -> int:
        """An estimate from above, as `mmrag.generators.estimating` makes it."""
        return tokens_of(messages, LONGEST_SIDE)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        """See `LanguageModel.stream`. Usage that the class does not tell is estimated from above.

        Raises:
            SpecError: if the class can't be imported.
            ModelError: if it can't be made, fails, says nothing, or a picture can't be decoded.
        """
        pictures = sum(not isinstance(part, str) for message in messages for part in message.parts)
        model = self._part.made
        if pictures > self.limits.pictures == 0:
            raise ModelError(f"{self.spec} is not for chats (metadata.is_chat_model): it sees no pictures")
        prompt = [_shown(message) for message in messages]
        hint = (
            f" (with {pictures} pictures: where the model takes fewer or none, say so by answer.max_pictures "
            "in a recipe)"
        )
        text, counted, cut, thoughts = "", None, False, Thoughts()
        answered = False
        with self._part.running(hint if pictures else ""):
            _limit(model, max_tokens)
            for response in _responses(model, prompt):
                counted = usage.tokens_of(response) or counted
                cut = cut or usage.is_cut(response)
                new = _new(response, text)
                text += new
                if shown := thoughts.add(new):
                    answered = True
                    yield Piece(shown)
                if len(text.split()) > max_tokens:  # the class took no limit; two words are never one token
                    cut = True
                    break
        if shown := thoughts.end():
            answered = True
            yield Piece(shown)
        tokens_in, tokens_out = counted or (self.count(messages), text_tokens(text))
        yield Piece(usage=Usage(tokens_in, tokens_out, pictures), cut=cut)
        if not answered:
            raise ModelError(
                f"{self.spec} answered nothing"
                + (f" within {max_tokens} tokens: raise answer.max_tokens in the recipe" if cut else "")
            )


def _responses(model: Any, prompt: list[ChatMessage]) -> Iterator[Any]:
    try:
        responses = model.stream_chat(prompt)
        first = next(responses, None)
    except NotImplementedError:
        yield model.chat(prompt)
        return
    if first is not None:
        yield first
        yield from responses


def _new(response: Any, before: str) -> str:
    """What is new in a response, which brings it as such, or all that was written so far."""
    if response.delta is not None:
        return str(response.delta)
    whole = str(response.message.content or "")
    return whole[len(before) :] if whole.startswith(before) else ""


def _limit(model: Any, max_tokens: int) -> None:
    for name in _LIMITS:
        if name in type(model).model_fields:
            setattr(model, name, max_tokens)
            return


def _shown(message: Message) -> ChatMessage:
    from llama_index.core.base.llms.types import ChatMessage

    return ChatMessage(role=message.role, blocks=list(_blocks(message)))


def _blocks(message: Message) -> Iterator[TextBlock | ImageBlock]:
    from llama_index.core.base.llms.types import ImageBlock, TextBlock

    for plain, group in groupby(message.parts, key=lambda part: isinstance(part, str)):
        if plain:
            yield TextBlock(text="".join(map(str, group)))
            continue
        for picture in group:
            kind, _, data = data_uri(framed(picture)).removeprefix("data:").partition(";base64,")  # type: ignore[arg-type]
            yield ImageBlock(image=base64.b64decode(data), image_mimetype=kind)
