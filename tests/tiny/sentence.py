"""Tiny models in the format of sentence-transformers, with random weights."""

from __future__ import annotations

from pathlib import Path

from tests.tiny.rerankers import qwen2_vl as vision_language_model
from tests.tiny.tokenizers import bert_tokenizer, byte_level, saved

LAYER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
QUERY, DOCUMENT = "query: ", "passage: "


def bert(folder: Path, pooling: object = "mean", dense: bool = True, cut: int | None = None) -> Path:
    """A BERT with pooling, a dense layer, and prompts, as E5 has them."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models
    from transformers import BertConfig, BertModel

    tokenizer = bert_tokenizer(64)
    torch.manual_seed(31)
    config = BertConfig(**LAYER, vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=0)
    plain = saved(folder / "plain", BertModel(config), tokenizer)
    words = models.Transformer(str(plain))
    layers = [words, models.Pooling(32, pooling_mode=pooling), *([models.Dense(32, 20)] if dense else [])]
    prompts = {"query": QUERY, "document": DOCUMENT}
    whole = SentenceTransformer(modules=layers, prompts=prompts, device="cpu", truncate_dim=cut)
    whole.save(str(folder / "whole"))
    return folder / "whole"


def static(folder: Path) -> Path:
    """One vector a token, averaged: no layers at all."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models

    torch.manual_seed(32)
    tokenizer = byte_level(["<pad>"], pad_token="<pad>").backend_tokenizer
    SentenceTransformer(modules=[models.StaticEmbedding(tokenizer, embedding_dim=16)], device="cpu").save(
        str(folder)
    )
    return folder


def qwen2_vl(folder: Path) -> Path:
    """A vision language model as an embedder: the state at the last token."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models

    words = models.Transformer(str(vision_language_model(folder / "plain")), max_seq_length=512)
    layers = [words, models.Pooling(32, pooling_mode="lasttoken"), models.Normalize()]
    SentenceTransformer(modules=layers, device="cpu").save(str(folder / "whole"))
    return folder / "whole"
