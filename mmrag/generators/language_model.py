"""The seam of language models: messages of text and pictures go in, text comes out as it is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL.Image import Image

from mmrag.types import Usage


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: who speaks.
        parts: texts and RGB pictures, in the order in which the model is to read them.
    """

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | Image, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model takes.

    Attributes:
        tokens: of prompt and answer together.
        pictures: in one prompt.
        side: longest side of a picture, in pixels, beyond which the model sees no more.
    """

    tokens: int
    pictures: int
    side: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an answer as it is written.

    Attributes:
        text: what is new.
        usage: of the whole answer; with the last piece alone.
        cut: whether the answer ran into the limit of tokens; with the last piece alone.
    """

    text: str = ""
    usage: Usage | None = None
    cut: bool = False


class LanguageModel(ABC):
    """Answers messages. A plugin subclasses it and writes `limits`, `count` and `stream`.

    Attributes:
        spec: what resolves to it, e.g. ``openai:gpt-5-mini``.
        control_tokens: words by which its tokenizer is told what to do, such as ``<image>``: texts of
            documents are freed of them before they get here.
        concurrent: whether several threads may call it at once; those of a `mmrag.SharedIndex` take turns
            where it does not say so.
    """

    spec: str
    control_tokens: tuple[str, ...] = ()
    concurrent: bool = False

    @property
    @abstractmethod
    def limits(self) -> Limits:
        """What it takes; asking may load its files.

        Raises:
            ModelError: if they are missing.
        """

    @abstractmethod
    def count(self, messages: Sequence[Message]) -> int:
        """Tokens of these messages, pictures included; where that can't be known, an estimate from above."""

    @abstractmethod
    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        """The answer, piece by piece; as deterministic as the model can be asked for (temperature 0).

        The last piece carries the usage. Closing the iterator stops the model.

        Args:
            messages: the prompt. Nothing of it is cut off: what is too long is an error.
            max_tokens: longest answer.

        Raises:
            ModelError: if the model can't answer, or breaks off; what was written before has then been given.
        """

    def check(self) -> None:
        """Does nothing, unless it shows, without an answer that may cost money, that there will be none.

        Raises:
            ModelError: saying what is in the way.
        """
        _ = self.limits
