"""Embedding models and LLMs of our own making, as a package for LlamaIndex would bring them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.embeddings import MockEmbedding, MultiModalEmbedding
from llama_index.core.llms import CustomLLM
from llama_index.core.readers.base import BaseReader
from llama_index.core.schema import BaseNode, Document, MediaResource, TextNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    VectorStoreQuery,
    VectorStoreQueryResult,
)
from PIL import Image
from pydantic import PrivateAttr

from tests.fakes import LETTERS


def letters(text: str) -> list[float]:
    """How often each letter stands in the text."""
    return [float(text.lower().count(letter)) for letter in LETTERS]


class LetterEmbedding(MockEmbedding):
    """Counts letters, not brought to unit length. A question is marked by a z."""

    _batches: list[int] = PrivateAttr(default_factory=list)

    def __init__(self, embed_dim: int = 26, **kwargs: Any) -> None:
        super().__init__(embed_dim, **kwargs)

    def _get_text_embedding(self, text: str) -> list[float]:
        if text == "broken":
            raise ConnectionError("the server\nis gone")
        return letters(text)[: self.embed_dim]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        self._batches.append(len(texts))
        return super()._get_text_embeddings(texts)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query + "z")


class ColourEmbedding(MultiModalEmbedding):
    """Texts by their letters, pictures by their size and mean colour."""

    max_length: int = 64
    _read: list[str] = PrivateAttr(default_factory=list)

    def _get_text_embedding(self, text: str) -> list[float]:
        self._read.append(text)
        return letters(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        raise NotImplementedError

    def _get_image_embedding(self, img_file_path: str | io.BytesIO) -> list[float]:
        with Image.open(img_file_path) as picture:
            mean = np.asarray(picture.convert("RGB")).mean((0, 1))
            return [1.0, *picture.size, *mean, *[0.0] * 20]

    async def _aget_image_embedding(self, img_file_path: str | io.BytesIO) -> list[float]:
        raise NotImplementedError


class Echo(CustomLLM):
    """Says again what stands last in the prompt, word by word, as the fields say."""

    temperature: float = 0.7
    max_tokens: int = 5
    deltas: bool = True
    streams: bool = True
    counts: bool = True
    fails: bool = False
    raises_at: int = -1
    chats: bool = True
    context: int = 777
    _closed: list[bool] = PrivateAttr(default_factory=list)
    _asked: list[tuple[list[ChatMessage], float, int]] = PrivateAttr(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=self.context, is_chat_model=self.chats)

    @property
    def asked(self) -> list[tuple[list[ChatMessage], float, int]]:
        return self._asked

    def _words(self, messages: Sequence[ChatMessage]) -> list[str]:
        self._asked.append((list(messages), self.temperature, self.max_tokens))
        if self.fails:
            raise ConnectionError("no route to the server")
        said = str(messages[-1].content).split()
        return [word if at == 0 else f" {word}" for at, word in enumerate(said)]

    def _response(self, text: str, delta: str | None, *, last: bool, cut: bool) -> ChatResponse:
        raw: dict[str, Any] = {"done_reason": "length" if cut else "stop"} if last else {}
        if last and self.counts:
            raw |= {"prompt_eval_count": 11, "eval_count": 7}
        return ChatResponse(message=ChatMessage(role="assistant", content=text), delta=delta, raw=raw)

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        words = self._words(messages)
        kept = words[: self.max_tokens]
        return self._response("".join(kept), None, last=True, cut=kept != words)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        if not self.streams:
            raise NotImplementedError
        words = self._words(messages)
        kept = words[: self.max_tokens]

        def responses() -> ChatResponseGen:
            try:
                for at, word in enumerate(kept):
                    if at == self.raises_at:
                        raise ConnectionError("broken off")
                    last = at + 1 == len(kept)
                    text = "".join(kept[: at + 1])
                    yield self._response(text, word if self.deltas else None, last=last, cut=kept != words)
            finally:
                self._closed.append(True)

        return responses()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise NotImplementedError


class Citing(Echo):
    """Says one sentence, and where it has it from."""

    def _words(self, messages: Sequence[ChatMessage]) -> list[str]:
        super()._words(messages)
        return ["A zebra has", " stripes [1]."]


class Endless(Echo):
    """Takes no notice of its limit, and never stops."""

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        def responses() -> ChatResponseGen:
            while True:
                yield self._response("", "on and ", last=False, cut=False)

        return responses()


class NoModel:
    """No class of LlamaIndex at all."""


class Sheets(BaseReader):
    """Sheets between form feeds. A first line ``@LABEL`` is the sheet's label; ``!`` makes it fail."""

    def __init__(self, separator: str = "\f", label: str = "page_label", mimetype: str | None = None) -> None:
        self.separator, self.label, self.mimetype = separator, label, mimetype

    def load_data(self, file: Path, extra_info: dict[str, Any] | None = None) -> list[Document]:
        text = file.read_text("utf-8")
        if text.startswith("!"):
            raise {"!import": ImportError, "!os": PermissionError}.get(text.strip(), ValueError)("can't\nbe")
        found = []
        for sheet in text.split(self.separator) if text else []:
            head, _, rest = sheet.partition("\n")
            label: dict[str, Any] = {self.label: head[1:]} if head.startswith("@") else {}
            if self.label == "source":
                label["total_pages"] = text.count(self.separator) + 1
            words = rest if label else sheet
            found.append(
                Document(
                    text_resource=MediaResource(text=words, mimetype=self.mimetype),
                    metadata={
                        "title": "Sheets",
                        "file_name": file.name,
                        "year": 2024,
                        "size": len(words),
                        **label,
                    },
                )
            )
        return found


class Album(BaseReader):
    """One document with a picture for each line: a colour (as data), or a path."""

    def load_data(self, file: Path) -> list[Document]:
        return [
            Document(text="", image_resource=self._picture(line)) for line in file.read_text().splitlines()
        ]

    def _picture(self, line: str) -> MediaResource:
        if "/" in line:
            return MediaResource(path=Path(line))
        buffer = io.BytesIO()
        Image.new("RGB", (50, 60), line).save(buffer, "PNG")
        return MediaResource(data=buffer.getvalue(), mimetype="image/png")


SERVERS: dict[str, dict[str, list[float]]] = {}
"""What `ServedStore` keeps, by collection: it outlives the objects, as a server does."""


class ServedStore(BasePydanticVectorStore):
    """Keeps vectors elsewhere and finds them exactly; deletes by document alone, if at all."""

    stores_text: bool = False
    collection: str
    deletes: bool = True
    renames: bool = False
    down: bool = False

    @property
    def client(self) -> dict[str, list[float]]:
        if self.down:
            raise ConnectionError("no route to the store")
        return SERVERS.setdefault(self.collection, {})

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        self.client.update({node.node_id: node.get_embedding() for node in nodes})
        return [node.node_id for node in nodes]

    def delete(self, ref_doc_id: str, **kwargs: Any) -> None:
        if not self.deletes:
            raise NotImplementedError
        del self.client[ref_doc_id]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        wanted = np.array(query.query_embedding)
        near = {name: float(np.array(vector) @ wanted) for name, vector in self.client.items()}
        best = sorted(near, key=lambda name: -near[name])[: query.similarity_top_k]
        nodes = [TextNode(id_=str(at) if self.renames else name) for at, name in enumerate(best)]
        return VectorStoreQueryResult(nodes=nodes, similarities=[near[name] for name in best])
