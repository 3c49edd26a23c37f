"""Parts of LlamaIndex of our own making, whose results can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    ImageBlock,
    LLMMetadata,
    TextBlock,
)
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from pydantic import PrivateAttr

from mmrag.generators.base import Evidence, Generation
from mmrag.types import Hit


class SeeingLLM(CustomLLM):
    """Keeps the messages that it is shown, and answers with the number of pictures among them."""

    context_window: int = 100_000
    is_chat_model: bool = True
    _seen: list[list[ChatMessage]] = PrivateAttr(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context_window, num_output=256, is_chat_model=self.is_chat_model
        )

    @property
    def seen(self) -> list[list[ChatMessage]]:
        return self._seen

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        self._seen.append(list(messages))
        count = sum(isinstance(block, ImageBlock) for message in messages for block in message.blocks)
        return ChatResponse(message=ChatMessage(role="assistant", content=f"I see {count} pictures."))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        raise NotImplementedError

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise AssertionError("it is to be asked as a chat")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise AssertionError("it is to be asked as a chat")


def blocks(messages: Sequence[ChatMessage]) -> list[TextBlock | ImageBlock]:
    return [
        block
        for message in messages
        for block in message.blocks
        if isinstance(block, (TextBlock, ImageBlock))
    ]


class FirstSentence:
    """Quotes the beginning of every element of the first page, up to its first full stop."""

    spec = "tests.llama_index.fakes:FirstSentence"

    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        quotes = [
            Evidence(hits[0], element, words.partition(".")[0])
            for element in hits[0].elements
            if (words := element.text or element.caption)
        ]
        text = " ".join(f"{one.quote} [{number}]." for number, one in enumerate(quotes, 1))
        return Generation(text, tuple(quotes), refused=False, confidence=0.5)
