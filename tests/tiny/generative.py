"""Tiny models that write text about pictures, with random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.tiny.tokenizers import bert_tokenizer, byte_level, saved

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
}
CHAT = (
    "{% for message in messages %}<|user|>{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}PICTURE{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|end|>{% endfor %}{% if add_generation_prompt %}<|model|>{% endif %}"
)


def tokenizer(*special: str) -> Any:
    """One token a byte, with the roles of a chat."""
    words = ["<pad>", "<s>", "</s>", "<|user|>", "<|end|>", "<|model|>", *special]
    return byte_level(
        words, pad_token="<pad>", bos_token="<s>", eos_token="</s>", additional_special_tokens=words[3:]
    )


def ids(words: Any, **names: str) -> dict[str, int]:
    """Token ids by the names that a configuration gives them."""
    return {name: words.convert_tokens_to_ids(token) for name, token in names.items()}


def ends(words: Any) -> dict[str, int]:
    return ids(words, pad_token_id="<pad>", bos_token_id="<s>", eos_token_id="</s>")


def llava(folder: Path, chat: str | None = CHAT.replace("PICTURE", "<image>")) -> Path:
    """LLaVA-1.5: CLIP's picture tower before a Llama."""
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    words = tokenizer("<image>")
    vision = CLIPVisionConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    )
    config = LlavaConfig(
        vision_config=vision,
        text_config=LlamaConfig(**TEXT, vocab_size=len(words), **ends(words)),
        **ids(words, image_token_index="<image>"),
    )
    processor = LlavaProcessor(
        CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        words,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat,
    )
    torch.manual_seed(11)
    return saved(folder, livelier(LlavaForConditionalGeneration(config)), processor)


def qwen2_vl(folder: Path) -> Path:
    """Qwen2-VL: pictures of any size, as many tokens as they need."""
    import torch
    from transformers import (
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
    )

    words = tokenizer("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    config = Qwen2VLConfig(
        text_config={
            **TEXT,
            "vocab_size": len(words),
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]},
            **ends(words),
        },
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "mlp_ratio": 2},
        **ids(
            words,
            vision_start_token_id="<|vision_start|>",
            vision_end_token_id="<|vision_end|>",
            image_token_id="<|image_pad|>",
            video_token_id="<|video_pad|>",
        ),
    )
    from transformers import Qwen2VLVideoProcessor

    processor = Qwen2VLProcessor(
        Qwen2VLImageProcessor(min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 16),
        words,
        Qwen2VLVideoProcessor(),
        chat_template=CHAT.replace("PICTURE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    torch.manual_seed(12)
    return saved(folder, livelier(Qwen2VLForConditionalGeneration(config)), processor)


def mllama(folder: Path) -> Path:
    """Llama 3.2 Vision: a Llama that looks at tiles of the picture by cross-attention."""
    import torch
    from transformers import (
        MllamaConfig,
        MllamaForConditionalGeneration,
        MllamaImageProcessor,
        MllamaProcessor,
    )

    words = tokenizer("<|image|>")
    config = MllamaConfig(
        vision_config={
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 2,
            "intermediate_size": 24,
            "vision_output_dim": 48,
            "image_size": 28,
            "patch_size": 14,
            "max_num_tiles": 2,
            "supported_aspect_ratios": [[1, 1], [1, 2], [2, 1]],
            "intermediate_layers_indices": [0, 1],
        },
        text_config={
            **TEXT,
            "num_hidden_layers": 3,
            "cross_attention_layers": [1],
            "vocab_size": len(words),
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
            **ends(words),
        },
        **ids(words, image_token_index="<|image|>"),
    )
    processor = MllamaProcessor(
        MllamaImageProcessor(size={"height": 28, "width": 28}, max_image_tiles=2),
        words,
        chat_template="{{ bos_token }}" + CHAT.replace("PICTURE", "<|image|>"),
    )
    torch.manual_seed(13)
    return saved(folder, livelier(MllamaForConditionalGeneration(config)), processor)


def qwen3_vl(folder: Path) -> Path:
    """Qwen3-VL: pictures of any size, seen by several layers of the text model."""
    import torch
    from transformers import (
        Qwen2VLImageProcessor,
        Qwen3VLConfig,
        Qwen3VLForConditionalGeneration,
        Qwen3VLProcessor,
        Qwen3VLVideoProcessor,
    )

    words = tokenizer("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    config = Qwen3VLConfig(
        text_config={
            **TEXT,
            "head_dim": 8,
            "vocab_size": len(words),
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]},
            **ids(words, pad_token_id="<pad>"),
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 4,
            "out_hidden_size": 32,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0],
        },
        **ids(
            words,
            vision_start_token_id="<|vision_start|>",
            vision_end_token_id="<|vision_end|>",
            image_token_id="<|image_pad|>",
            video_token_id="<|video_pad|>",
        ),
    )
    processor = Qwen3VLProcessor(
        Qwen2VLImageProcessor(min_pixels=32 * 32 * 4, max_pixels=32 * 32 * 16, patch_size=16),
        words,
        Qwen3VLVideoProcessor(),
        chat_template=CHAT.replace("PICTURE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    torch.manual_seed(15)
    return saved(folder, livelier(Qwen3VLForConditionalGeneration(config), 3), processor)


def idefics3(folder: Path) -> Path:
    """Idefics3, which the first SmolVLM is: large pictures in tiles, between tokens that say which."""
    import torch
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
    )

    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    words = tokenizer("<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>", *tiles)
    config = Idefics3Config(
        text_config={"model_type": "llama", **TEXT, "vocab_size": len(words), **ends(words)},
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 32,
            "patch_size": 8,
        },
        scale_factor=2,
        **ids(words, image_token_id="<image>"),
    )
    processor = Idefics3Processor(
        Idefics3ImageProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32}),
        words,
        image_seq_len=4,
        chat_template=CHAT.replace("PICTURE", "<image>"),
    )
    torch.manual_seed(16)
    return saved(folder, livelier(Idefics3ForConditionalGeneration(config)), processor)


def blip(folder: Path) -> Path:
    """BLIP that captions photos: a ViT before a BERT that writes."""
    import torch
    from transformers import BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, BlipProcessor

    words = bert_tokenizer(512)
    layers = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    marks = ids(words, pad_token_id="[PAD]", bos_token_id="[CLS]", eos_token_id="[SEP]", sep_token_id="[SEP]")
    config = BlipConfig(
        text_config={**layers, "vocab_size": len(words), "encoder_hidden_size": 32, **marks},
        vision_config={**layers, "image_size": 32, "patch_size": 8},
        projection_dim=16,
    )
    torch.manual_seed(14)
    pictures = BlipImageProcessor(size={"height": 32, "width": 32})
    return saved(folder, livelier(BlipForConditionalGeneration(config), 20), BlipProcessor(pictures, words))


def livelier(model: Any, factor: float = 10) -> Any:
    """The model with larger weights, above all where it looks, and with all gates open.

    As they are drawn, greedy decoding says one token for ever, whatever the picture.
    """
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("gate"):
                parameter.fill_(2)
            elif parameter.dim() > 1:
                looks = any(part in name for part in ("visual", "vision", "crossattention"))
                parameter.mul_(factor * (4 if looks else 1))
    return model
