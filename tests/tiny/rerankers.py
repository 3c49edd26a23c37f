"""Tiny rerankers with random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path

from tests.tiny.tokenizers import bert_tokenizer, byte_level, saved

LAYER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}"
    "{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def cross(folder: Path, labels: int = 1) -> Path:
    """A BERT that scores pairs of texts."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = bert_tokenizer(64)
    config = BertConfig(
        **LAYER, vocab_size=len(tokenizer), max_position_embeddings=64, num_labels=labels, pad_token_id=0
    )
    torch.manual_seed(21)
    model = BertForSequenceClassification(config)
    # Random weights of the usual size give scores that are all alike.
    torch.nn.init.normal_(model.classifier.weight)
    return saved(folder, model, tokenizer)


def blip(folder: Path) -> Path:
    """BLIP with its matching head."""
    import torch
    from transformers import BlipConfig, BlipForImageTextRetrieval, BlipImageProcessor, BlipProcessor

    tokenizer = bert_tokenizer(64)
    text = {**LAYER, "vocab_size": len(tokenizer), "max_position_embeddings": 64, "encoder_hidden_size": 32}
    ids = {"bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    config = BlipConfig(
        text_config={**text, **ids},
        vision_config={**LAYER, "image_size": 32, "patch_size": 8, "initializer_range": 0.2},
        projection_dim=24,
        image_text_hidden_size=24,
    )
    torch.manual_seed(22)
    model = BlipForImageTextRetrieval(config)
    torch.nn.init.normal_(model.itm_head.weight)
    pictures = BlipImageProcessor(size={"height": 32, "width": 32})
    return saved(folder, model, BlipProcessor(pictures, tokenizer))


def vilt(folder: Path) -> Path:
    """ViLT for retrieval, which takes pictures of any shape."""
    import torch
    from transformers import ViltConfig, ViltForImageAndTextRetrieval, ViltImageProcessor, ViltProcessor

    tokenizer = bert_tokenizer(40)
    config = ViltConfig(
        **LAYER, vocab_size=len(tokenizer), max_position_embeddings=40, image_size=64, patch_size=4
    )
    torch.manual_seed(23)
    model = ViltForImageAndTextRetrieval(config)
    torch.nn.init.normal_(model.rank_output.weight)
    pictures = ViltImageProcessor(size={"shortest_edge": 64}, size_divisor=4)
    return saved(folder, model, ViltProcessor(pictures, tokenizer))


def qwen2_vl(folder: Path, chat: str = CHAT) -> Path:
    """Qwen2-VL, which answers in words."""
    import torch
    from transformers import (
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>"]
    tokenizer = byte_level(
        [*special, "<|image_pad|>", "<|video_pad|>"], pad_token="<|endoftext|>", eos_token="<|im_end|>"
    )
    ids = tokenizer.convert_tokens_to_ids
    config = Qwen2VLConfig(
        text_config={
            **LAYER,
            "vocab_size": len(tokenizer),
            "num_key_value_heads": 2,
            "initializer_range": 0.2,
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
        },
        vision_config={"embed_dim": 32, "depth": 2, "num_heads": 4, "hidden_size": 32, "mlp_ratio": 2},
        image_token_id=ids("<|image_pad|>"),
        video_token_id=ids("<|video_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
    )
    torch.manual_seed(24)
    model = Qwen2VLForConditionalGeneration(config)
    size = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
    processor = Qwen2VLProcessor(
        Qwen2VLImageProcessor(size=size), tokenizer, Qwen2VLVideoProcessor(size=size), chat_template=chat
    )
    return saved(folder, model, processor)


def chatting(folder: Path) -> Path:
    """A language model behind a chat template, which says yes or no of a pair."""
    import torch
    from sentence_transformers import CrossEncoder
    from sentence_transformers.base.modules import Transformer
    from sentence_transformers.cross_encoder.modules import LogitScore
    from transformers import Qwen2Config, Qwen2ForCausalLM

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = byte_level(special, pad_token="<|endoftext|>", eos_token="<|im_end|>", model_max_length=512)
    tokenizer.chat_template = (
        "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
        "{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
        "<|im_start|>assistant\n"
    )
    config = Qwen2Config(
        **LAYER, vocab_size=len(tokenizer), num_key_value_heads=2, max_position_embeddings=512
    )
    torch.manual_seed(25)
    plain = saved(folder / "plain", Qwen2ForCausalLM(config), tokenizer)
    words = Transformer(str(plain), transformer_task="text-generation")
    ids = tokenizer.convert_tokens_to_ids
    layers = [words, LogitScore(ids("y"), ids("n"))]
    CrossEncoder(modules=layers, device="cpu").save_pretrained(str(folder / "whole"))
    return folder / "whole"
