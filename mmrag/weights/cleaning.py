"""Text of documents without the words by which a tokenizer is told what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

_SHORTEST = 3  # characters of a control token; shorter ones ordinary text has too


def special_words(speaker: Any) -> tuple[str, ...]:
    """The words by which a tokenizer is told what to do, such as ``<image>``, the longest first.

    Tokens that ordinary text has too, such as ``!``, are left out.

    Args:
        speaker: a tokenizer of transformers or of tokenizers; or a processor of transformers, which brings
            words of its own for what it puts into a text.
    """
    tokenizer = getattr(speaker, "tokenizer", speaker)
    added = getattr(tokenizer, "added_tokens_decoder", {}).values()
    words = {str(token) for token in added if getattr(token, "special", False)}
    words |= {str(token) for token in getattr(tokenizer, "all_special_tokens", ())}
    if tokenizer is not speaker:
        words |= {str(value) for name, value in vars(speaker).items() if name.endswith("_token")}
    kept = (word for word in words if len(word) >= _SHORTEST and not word[0].isalnum())
    return tuple(sorted(kept, key=lambda word: (-len(word), word)))


def cleaner(tokenizer: Any, lower: bool = False) -> Callable[[Sequence[str]], list[str]]:
    """A function that puts a space in place of every special token of ``tokenizer``, such as ``<image>``.

    In a document such words are quoted data. Left in, they would end the text early, or stand for a picture
    that is not there. Half surrogates, which no tokenizer takes, become question marks.

    Args:
        tokenizer: of transformers or of tokenizers.
        lower: whether the model was trained on text in lower case.
    """
    pattern = re.compile("|".join(re.escape(word) for word in special_words(tokenizer)) or r"(?!)")

    def clean(texts: Sequence[str]) -> list[str]:
        valid = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        plain = [pattern.sub(" ", text) for text in valid]
        return [text.lower() for text in plain] if lower else plain

    return clean
