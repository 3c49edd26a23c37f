"""Text of documents without the words by which a tokenizer is told what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

_SHORTEST = 3


def cleaner(tokenizer: Any, lower: bool = False) -> Callable[[Sequence[str]], list[str]]:
    """A function that puts a space in place of every special token of ``tokenizer``, such as ``<image>``.

    In a document such words are quoted data. Left in, they would end the text early, or stand for a picture
    that is not there. Tokens that ordinary text has too, such as ``!``, stay. Half surrogates, which no
    tokenizer takes, become question marks.

    Args:
        tokenizer: of transformers or of tokenizers.
        lower: whether the model was trained on text in lower case.
    """
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    special = {str(token) for token in added if getattr(token, "special", False)}
    special |= {str(token) for token in getattr(tokenizer, "all_special_tokens", ())}
    words = sorted(
        (word for word in special if len(word) >= _SHORTEST and not word[0].isalnum()), key=len, reverse=True
    )
    pattern = re.compile("|".join(re.escape(word) for word in words) or r"(?!)")

    def clean(texts: Sequence[str]) -> list[str]:
        valid = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        plain = [pattern.sub(" ", text) for text in valid]
        return [text.lower() for text in plain] if lower else plain

    return clean
