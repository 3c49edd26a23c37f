"""Tokenizers that need no vocabulary file: one token a byte, or one a character."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!:中文图表猫狗一二三"


def byte_level(special: list[str], **roles: Any) -> Any:
    """One token a byte, and the special ones; ``roles`` as PreTrainedTokenizerFast takes them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*special, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles)


def with_ends(tokenizer: Any, start: str, end: str) -> Any:
    """The same tokenizer, putting ``start`` before and ``end`` after every text."""
    from tokenizers import processors

    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in {start, end} - {""}}
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}".strip(),
        pair=f"{start} $A {end} $B:1 {end}:1".strip(),
        special_tokens=list(ids.items()),
    )
    return tokenizer


def clip_tokenizer(length: int) -> Any:
    """CLIP's own kind, without merges."""
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(letter + "</w>" for letter in alphabet), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={word: number for number, word in enumerate(words)}, merges=[], model_max_length=length
    )


def bert_tokenizer(length: int) -> Any:
    """BERT's own kind: single characters."""
    from transformers import BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{each}" for each in CHARACTERS)]
    return BertTokenizer(
        vocab={word: number for number, word in enumerate(words)}, do_lower_case=True, model_max_length=length
    )


def gemma_tokenizer(kind: str, extra: tuple[str, ...] = (), **options: Any) -> Any:
    """Gemma's kind (class ``kind`` of transformers), which falls back to bytes for all but blanks."""
    import transformers

    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *extra]
    words = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581"]
    tokenizer = getattr(transformers, kind)(
        vocab={word: number for number, word in enumerate(words)}, merges=[], **options
    )
    tokenizer.add_special_tokens({"extra_special_tokens": list(extra)})
    return tokenizer


def saved(folder: Path, *parts: Any) -> Path:
    """``folder``, after each part has written itself there."""
    for part in parts:
        part.save_pretrained(folder)
    return folder
