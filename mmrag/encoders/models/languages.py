"""Which languages a model knows, as far as its vocabulary tells."""

from __future__ import annotations

from typing import Any

_LATIN, _CHINESE = frozenset({"Latn"}), frozenset({"Hani", "Latn"})
_ENGLISH = (_LATIN, frozenset({"en"}))
_UNKNOWN = (None, None)

_BY_VOCABULARY: dict[tuple[str, int], tuple[frozenset[str], frozenset[str]]] = {
    ("clip", 49408): _ENGLISH,  # the byte pairs of OpenAI's CLIP, which LAION's models share
    ("siglip", 32000): _ENGLISH,
    ("bert", 30522): _ENGLISH,  # English BERT, uncased; so are the next two
    ("mpnet", 30527): _ENGLISH,
    ("distilbert", 30522): _ENGLISH,
    ("bert", 28996): _ENGLISH,
    ("chinese_clip", 21128): (_CHINESE, frozenset({"zh", "en"})),
    ("bert", 21128): (_CHINESE, frozenset({"zh", "en"})),
}


def languages_of(config: Any) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Scripts (ISO 15924) and languages (ISO 639-1) by a transformers configuration; ``None`` if unknown."""
    text = getattr(config, "text_config", None) or config
    key = (str(getattr(config, "model_type", "")), int(getattr(text, "vocab_size", 0) or 0))
    return _BY_VOCABULARY.get(key, _UNKNOWN)
