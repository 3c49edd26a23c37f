"""The tokenizer of BERT uncased models, from the vocabulary that comes with mmrag."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from mmrag.text import normalise

if TYPE_CHECKING:
    from tokenizers import Tokenizer

START, END = 101, 102
_UNKNOWN = "[UNK]"


class WordPiece:
    """WordPiece over lower-cased words without accents (Devlin et al. 2019), ideographs one by one."""

    def __init__(self) -> None:
        self._tokenizer = _build()

    def ids(self, text: str) -> list[int]:
        """Ids of the pieces of ``text``, without the special ones around them."""
        ids: list[int] = self._tokenizer.encode(normalise(text), add_special_tokens=False).ids
        return ids


def _build() -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    pieces = files("mmrag.encoders").joinpath("data/bert_uncased_vocab.txt").read_text(encoding="utf-8")
    vocabulary = {piece: number for number, piece in enumerate(pieces.removesuffix("\n").split("\n"))}
    tokenizer = Tokenizer(
        models.WordPiece(vocab=vocabulary, unk_token=_UNKNOWN, max_input_chars_per_word=100)
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer
