"""``st:``: any single-vector model that sentence-transformers loads, of texts or of texts and pictures.

Sentence-BERT (Reimers & Gurevych 2019) and its successors, E5, BGE, Qwen3-Embedding and the like, and
embedders made of vision language models. Query and document prompts are those that the model itself brings.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.models.languages import languages_of
from mmrag.encoders.models.rows import no_rows, unit_rows
from mmrag.errors import ModelError
from mmrag.pictures import for_model
from mmrag.weights import hub
from mmrag.weights.cleaning import cleaner
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_PICTURE_SETTINGS = ("preprocessor_config.json", "processor_config.json")
_DIM_KEYS = ("out_features", "word_embedding_dimension", "embedding_dimension")
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")  # the names under which the library looks for one
_NO_LIMIT = 32_768

_log = logging.getLogger(__name__)


class SentenceEncoder:
    """A model of sentence-transformers.

    Args:
        name: hub id or local folder.
    """

    def __init__(self, name: str) -> None:
        self.spec = f"st:{name}"
        self._weights = Weights(self.spec, name, "sentence_transformers")

    @property
    def fingerprint(self) -> str:
        """See `mmrag.weights.loading.Weights.fingerprint`."""
        return self._weights.fingerprint

    @cached_property
    def modalities(self) -> frozenset[str]:
        """``text``, and ``picture`` where the model's files have settings for pictures."""
        folder = self._weights.folder
        looks = any(next(folder.rglob(name), None) is not None for name in _PICTURE_SETTINGS)
        return frozenset({"text", "picture"} if looks else {"text"})

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        told = _told_dim(self._weights.folder)
        if told is not None:
            return told
        with running(self.spec):
            return int(self._model.get_embedding_dimension() or self._probe().shape[1])

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole, prompt and special tokens included."""
        return int(min(self._model.max_seq_length or _NO_LIMIT, _NO_LIMIT))

    @cached_property
    def scripts(self) -> frozenset[str] | None:
        """Scripts of the training texts where they are known."""
        return languages_of(self._config)[0]

    @cached_property
    def languages(self) -> frozenset[str] | None:
        """Languages of the training texts where they are known."""
        return languages_of(self._config)[1]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, with what the model puts around it."""
        if not texts:
            return []
        with running(self.spec):
            return [len(ids) + self._around for ids in self._ids(texts)]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), dim)`` float32, rows of unit length; tokens beyond ``max_tokens`` are not read.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        return self._encode("encode_document", [self._as_text(text) for text in self._clean(texts)])

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """``(len(queries), dim)`` float32, rows of unit length, after the model's own query prompt.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        return self._encode("encode_query", [self._as_text(query) for query in self._clean(queries)])

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """``(len(pictures), dim)`` float32, rows of unit length, of pictures of any mode.

        Raises:
            ModelError: if the model reads text only, can't be loaded or run, or a picture can't be decoded.
        """
        if "picture" not in self.modalities:
            raise ModelError(f"the encoder {self.spec} reads text only; it can't encode pictures")
        return self._encode("encode_document", [{"image": for_model(picture)} for picture in pictures])

    def _as_text(self, text: str) -> str | dict[str, str]:
        """What a model that reads text only takes as it is, any other might open as a picture or a film.

        It does so where a bare string looks like an address or is a path.
        """
        return text if list(self._model.modalities) == ["text"] else {"text": text}

    def _encode(self, method: str, inputs: Sequence[Any]) -> Matrix:
        if not inputs:
            return no_rows(self.dim)
        with running(self.spec):
            return unit_rows(
                getattr(self._model, method)(
                    list(inputs), batch_size=len(inputs), convert_to_tensor=True, show_progress_bar=False
                )
            )

    def _probe(self) -> Matrix:
        return self._encode("encode_document", [self._as_text("")])

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        tokenizer = self._model.tokenizer
        if hasattr(tokenizer, "encode_batch"):  # of the library tokenizers, as static embeddings have
            return [each.ids for each in tokenizer.encode_batch(self._clean(texts))]
        return list(tokenizer(self._clean(texts), truncation=False, verbose=False)["input_ids"])

    @cached_property
    def _config(self) -> Any:
        if (self._weights.folder / "config.json").is_file():
            return self._weights.config
        return getattr(self._model[0], "config", None)

    @cached_property
    def _around(self) -> int:
        """Tokens of the document prompt and of the chat template, which the tokenizer alone does not add."""
        with running(self.spec):
            model = self._model
            names = (*_DOCUMENT_PROMPTS, model.default_prompt_name)
            prompt = next((model.prompts[name] for name in names if name in model.prompts), None)
            whole = model.preprocess([self._as_text("a")], prompt=prompt or None)
            if self._weights.is_siglip or "input_ids" not in whole:
                return 0
            return max(0, int(whole["input_ids"].shape[-1]) - len(self._ids(["a"])[0]))

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        with running(self.spec):
            return cleaner(self._model.tokenizer, lower=self._weights.is_siglip)

    @property
    def _model(self) -> Any:
        with self._weights.lock:
            return self._loaded

    def _say_what_is_made_up(self, model: Any) -> None:
        pools = any(type(module).__name__ == "Pooling" for module in model)
        if pools and not (self._weights.folder / "modules.json").is_file():
            _log.warning(
                "%s does not say how its tokens become one vector; the library's default is taken", self.spec
            )

    @cached_property
    def _loaded(self) -> Any:
        with running(self.spec):
            model = self._weights.load_sentence_transformers("SentenceTransformer")
            if self._weights.is_siglip:  # the library pads to the longest text only
                length = model[0].config.text_config.max_position_embeddings
                model[0].processing_kwargs = {"text": {"padding": "max_length", "max_length": length}}
            _limit(model)
            self._say_what_is_made_up(model)
            return model


def _limit(model: Any) -> None:
    """Keeps texts within the positions of a model's text half, which the library looks for elsewhere."""
    config = getattr(model[0], "config", None)
    positions = getattr(getattr(config, "text_config", None) or config, "max_position_embeddings", None)
    if positions and positions > 0 and (model.max_seq_length or positions + 1) > positions:
        model.max_seq_length = int(positions)


def _told_dim(folder: Path) -> int | None:
    """Length of a vector as the last module's settings say it, so that asking for it loads no weights."""
    modules, whole = (
        hub.read_json(folder / "modules.json"),
        hub.read_json(folder / "config_sentence_transformers.json"),
    )
    if not isinstance(modules, list) or any(len(_modes(_settings(folder, each))) > 1 for each in modules):
        return None
    found = [_settings(folder, each) for each in modules]
    told = [each[key] for each in found for key in _DIM_KEYS if isinstance(each.get(key), int)]
    cut = whole.get("truncate_dim") if isinstance(whole, dict) else None
    return min(told[-1], cut or told[-1]) if told else None


def _settings(folder: Path, module: Any) -> dict[str, Any]:
    own = folder / str(module.get("path", "")) if isinstance(module, dict) else None
    found = hub.read_json(own / "config.json") if own else None
    return found if isinstance(found, dict) else {}


def _modes(pooling: dict[str, Any]) -> list[str]:
    """The ways in which tokens are pooled, whose vectors are put end to end; as written now, and formerly."""
    now = pooling.get("pooling_mode", [])
    formerly = [key for key, value in pooling.items() if key.startswith("pooling_mode_") and value is True]
    return [*([now] if isinstance(now, str) else now), *formerly]
