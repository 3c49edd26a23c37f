"""``openai:``: a model of a server with the OpenAI interface answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from PIL.Image import Image

from mmrag.endpoint import ChatModel, RejectedError, Reply, split_model
from mmrag.endpoint.listing import context_of, models_at
from mmrag.errors import ModelError
from mmrag.generators.estimating import least_tokens, text_tokens, tokens_of
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.pictures import LONGEST_SIDE, data_uri, framed
from mmrag.types import Usage

CONTEXT = 32_768
"""Tokens that a model is taken to read where its server does not say: what current ones read at least."""

PICTURES = 16
"""Pictures that a model is taken to read in one prompt: no server tells, and most take more."""

_SMALLEST_CONTEXT = 1000  # servers that count fewer tokens leave out those that they had in their cache


class OpenAIModel(LanguageModel):
    """Sends the messages, pictures as data URIs, and reads the answer as it is written.

    Args:
        name: ``MODEL``, or ``MODEL@BASE_URL`` for a server other than OpenAI's.
        seconds: until an answer begins, and again from there to its end: a small machine may read a long
            prompt for minutes.
        attempts: most attempts, of which none is made once a part of the answer has been given.
        sleep: waits for so many seconds.

    Raises:
        SpecError: if the base URL is none.
    """

    concurrent = True

    def __init__(
        self,
        name: str,
        *,
        seconds: float = 900.0,
        attempts: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model, self._address = split_model(name)
        self.spec = f"openai:{name}"
        self._chat = ChatModel(self._model, self._address, seconds=seconds, attempts=attempts, sleep=sleep)

    @cached_property
    def limits(self) -> Limits:
        """The context that the server's list of models tells, if it does; else 32,768 tokens.

        No server tells how many pictures a prompt may hold: 16 are assumed. They are shown with 1,536 pixels
        a side at most. A recipe bounds it by ``answer.context_tokens`` and ``answer.max_pictures``.
        """
        return Limits(context_of(self._model, self._address) or CONTEXT, PICTURES, LONGEST_SIDE)

    def check(self) -> None:
        """See `LanguageModel.check`: the server is asked for its list of models, if it keeps one.

        Raises:
            ModelError: if it can't be reached, or refuses the key.
        """
        models_at(self._address)

    def count(self, messages: Sequence[Message]) -> int:
        """An estimate from above, as `mmrag.generators.estimating` makes it; nothing is sent."""
        return tokens_of(messages, LONGEST_SIDE)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        """See `LanguageModel.stream`. Where the server counts no tokens, the usage is estimated from above.

        Raises:
            ModelError: if a picture can't be decoded or stands elsewhere than in a user's message, if the
                server does not answer or refuses, if all tokens went into thoughts, or if the server counts
                fewer tokens than it was sent words, which means that it cut the prompt.
        """
        pictures = sum(not isinstance(part, str) for message in messages for part in message.parts)
        payload = [_payload(message) for message in messages]
        try:
            for delta in self._chat.stream(payload, max_tokens):
                if delta.reply is None:
                    yield Piece(delta.text)
                else:
                    yield from self._last(delta.reply, messages, pictures, max_tokens)
        except RejectedError as error:
            if not pictures or error.fatal:
                raise
            raise ModelError(
                f"{error} (with {pictures} pictures: where the model takes fewer or none, say so by "
                "answer.max_pictures in a recipe)"
            ) from error

    def _last(
        self, reply: Reply, messages: Sequence[Message], pictures: int, max_tokens: int
    ) -> Iterator[Piece]:
        """What the answer took, which has to be paid even where it is worth nothing."""
        tokens_in = reply.tokens_in or self.count(messages)
        tokens_out = reply.tokens_out or text_tokens(reply.text)
        yield Piece(usage=Usage(tokens_in, tokens_out, pictures), cut=reply.cut)
        if reply.cut and not reply.text:
            raise ModelError(
                f"{self.spec} spent all of its {max_tokens} tokens before it answered: raise "
                "answer.max_tokens in the recipe, or take a model that does not reason"
            )
        if _SMALLEST_CONTEXT <= reply.tokens_in < (least := least_tokens(messages)):
            raise ModelError(
                f"the server read only {reply.tokens_in:,} of at least {least:,} tokens, so its answer is "
                "worth nothing: give it a larger context (ollama: OLLAMA_CONTEXT_LENGTH), or lower "
                "answer.context_tokens in the recipe"
            )


def _payload(message: Message) -> dict[str, Any]:
    """The message as the interface has it: plain text, or parts where there are pictures."""
    if all(isinstance(part, str) for part in message.parts):
        return {"role": message.role, "content": "".join(map(str, message.parts))}
    if message.role != "user":
        raise ModelError(
            f"the interface takes pictures in a user's message alone, not in the {message.role}'s"
        )
    return {"role": message.role, "content": list(_parts(message.parts))}


def _parts(parts: Sequence[str | Image]) -> Iterator[Mapping[str, Any]]:
    for plain, group in groupby(parts, key=lambda part: isinstance(part, str)):
        if plain:
            yield {"type": "text", "text": "".join(map(str, group))}
        else:
            for picture in group:
                shown = data_uri(framed(picture))  # type: ignore[arg-type]
                yield {"type": "image_url", "image_url": {"url": shown}}
