"""Tiny models of late interaction with random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path

from tests.tiny.tokenizers import bert_tokenizer, byte_level, gemma_tokenizer, saved

LAYER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}


def colpali(folder: Path) -> Path:
    """ColPali: 32 × 32 pixels, a grid of 4 × 4 patches."""
    import torch
    from transformers import (
        ColPaliConfig,
        ColPaliForRetrieval,
        ColPaliProcessor,
        GemmaConfig,
        PaliGemmaConfig,
        SiglipImageProcessor,
        SiglipVisionConfig,
    )

    tokenizer = gemma_tokenizer("GemmaTokenizer", ("<image>",))
    seen = SiglipVisionConfig(**LAYER, image_size=32, patch_size=8, projection_dim=32)
    text = GemmaConfig(**LAYER, vocab_size=len(tokenizer), num_key_value_heads=1, head_dim=8, pad_token_id=0)
    vlm = PaliGemmaConfig(
        vision_config=seen,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=32,
        hidden_size=32,
    )
    torch.manual_seed(11)
    pictures = SiglipImageProcessor(size={"height": 32, "width": 32})
    pictures.image_seq_length = 16
    processor = ColPaliProcessor(pictures, tokenizer)
    return saved(folder, ColPaliForRetrieval(ColPaliConfig(vlm_config=vlm, embedding_dim=16)), processor)


def colqwen2(folder: Path) -> Path:
    """ColQwen2: pictures of any shape, patches of 14 pixels merged two by two."""
    import torch
    from transformers import (
        ColQwen2Config,
        ColQwen2ForRetrieval,
        ColQwen2Processor,
        Qwen2VLConfig,
        Qwen2VLImageProcessor,
    )

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
    special += ["<|image_pad|>", "<|video_pad|>"]
    tokenizer = byte_level(special, pad_token="<|endoftext|>", eos_token="<|im_end|>")
    ids = tokenizer.convert_tokens_to_ids
    vlm = Qwen2VLConfig(
        text_config={
            **LAYER,
            "vocab_size": len(tokenizer),
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        },
        vision_config={"embed_dim": 32, "depth": 2, "num_heads": 4, "hidden_size": 32, "mlp_ratio": 2},
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
    )
    torch.manual_seed(12)
    pictures = Qwen2VLImageProcessor(size={"shortest_edge": 56 * 56, "longest_edge": 112 * 112})
    model = ColQwen2ForRetrieval(ColQwen2Config(vlm_config=vlm, embedding_dim=16))
    return saved(folder, model, ColQwen2Processor(pictures, tokenizer))


def colmodernvbert(folder: Path) -> Path:
    """ColModernVBERT: tiles of 32 × 32 pixels with 2 × 2 vectors each, and the whole page once more."""
    import torch
    from transformers import (
        ColModernVBertConfig,
        ColModernVBertForRetrieval,
        ColModernVBertProcessor,
        Idefics3ImageProcessor,
        ModernVBertConfig,
    )

    special = ["<pad>", "<|begin_of_text|>", "<image>", "<fake_token_around_image>", "<end_of_utterance>"]
    special += [
        "<global-img>",
        *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
    ]
    tokenizer = byte_level(
        special,
        pad_token="<pad>",
        bos_token="<|begin_of_text|>",
        cls_token="<|begin_of_text|>",
        sep_token="<end_of_utterance>",
    )
    vlm = ModernVBertConfig(
        text_config={
            **LAYER,
            "model_type": "modernbert",
            "vocab_size": len(tokenizer),
            "pad_token_id": 0,
            "max_position_embeddings": 2048,
            "bos_token_id": 1,
            "eos_token_id": 4,
            "cls_token_id": 1,
            "sep_token_id": 4,
        },
        vision_config={**LAYER, "model_type": "siglip_vision_model", "image_size": 32, "patch_size": 4},
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pixel_shuffle_factor=4,
    )
    torch.manual_seed(13)
    pictures = Idefics3ImageProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    model = ColModernVBertForRetrieval(ColModernVBertConfig(vlm_config=vlm, embedding_dim=16))
    return saved(folder, model, ColModernVBertProcessor(pictures, tokenizer, image_seq_len=4))


def multi_vector(folder: Path) -> Path:
    """ColQwen2 in the format of sentence-transformers."""
    from sentence_transformers import MultiVectorEncoder

    plain = colqwen2(folder / "plain")
    MultiVectorEncoder(str(plain), device="cpu", local_files_only=True).save(str(folder / "whole"))
    return folder / "whole"


def text_only(folder: Path) -> Path:
    """ColBERT: late interaction of texts."""
    import torch
    from sentence_transformers import MultiVectorEncoder

    torch.manual_seed(14)
    plain = saved(folder / "plain", *bert_parts())
    MultiVectorEncoder(str(plain), device="cpu", local_files_only=True).save(str(folder / "whole"))
    return folder / "whole"


def bert_parts() -> tuple[object, object]:
    """A BERT and its tokenizer."""
    from transformers import BertConfig, BertModel

    tokenizer = bert_tokenizer(64)
    config = BertConfig(**LAYER, vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=0)
    return BertModel(config), tokenizer
