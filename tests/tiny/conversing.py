"""More tiny models that converse about pictures, with random weights, saved as the real ones are."""

from __future__ import annotations

from pathlib import Path

from tests.tiny.generative import CHAT, TEXT, ends, ids, livelier, tokenizer
from tests.tiny.tokenizers import saved

_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}


def qwen2_5_vl(folder: Path) -> Path:
    """Qwen2.5-VL: as Qwen2-VL, but its picture tower looks at windows."""
    import torch
    from transformers import (
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    words = tokenizer("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
    config = Qwen2_5_VLConfig(
        text_config={**TEXT, "vocab_size": len(words), "rope_parameters": _ROPE, **ends(words)},
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 4,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [1],
        },
        **ids(
            words,
            vision_start_token_id="<|vision_start|>",
            vision_end_token_id="<|vision_end|>",
            image_token_id="<|image_pad|>",
            video_token_id="<|video_pad|>",
        ),
    )
    processor = Qwen2_5_VLProcessor(
        Qwen2VLImageProcessor(min_pixels=28 * 28 * 4, max_pixels=28 * 28 * 16),
        words,
        Qwen2VLVideoProcessor(),
        chat_template=CHAT.replace("PICTURE", "<|vision_start|><|image_pad|><|vision_end|>"),
    )
    torch.manual_seed(17)
    return saved(folder, livelier(Qwen2_5_VLForConditionalGeneration(config)), processor)


def glm4v(folder: Path) -> Path:
    """GLM-4.1V: pictures of any size; it thinks aloud, and marks its answer."""
    import torch
    from transformers import (
        Glm4vConfig,
        Glm4vForConditionalGeneration,
        Glm4vImageProcessor,
        Glm4vProcessor,
        Glm4vVideoProcessor,
    )

    marks = ("<|begin_of_image|>", "<|end_of_image|>", "<|begin_of_video|>", "<|end_of_video|>")
    words = tokenizer("<|image|>", "<|video|>", *marks)
    config = Glm4vConfig(
        text_config={**TEXT, "vocab_size": len(words), "rope_parameters": _ROPE, **ends(words)},
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_heads": 4,
            "out_hidden_size": 32,
            "image_size": 56,
        },
        **ids(
            words,
            image_token_id="<|image|>",
            video_token_id="<|video|>",
            image_start_token_id=marks[0],
            image_end_token_id=marks[1],
            video_start_token_id=marks[2],
            video_end_token_id=marks[3],
        ),
    )
    processor = Glm4vProcessor(
        Glm4vImageProcessor(size={"shortest_edge": 28 * 28 * 4, "longest_edge": 28 * 28 * 32}),
        words,
        Glm4vVideoProcessor(),
        chat_template=CHAT.replace("PICTURE", "<|begin_of_image|><|image|><|end_of_image|>"),
    )
    torch.manual_seed(18)
    return saved(folder, livelier(Glm4vForConditionalGeneration(config)), processor)


def internvl(folder: Path) -> Path:
    """InternVL: large pictures in tiles of one size, each as many tokens."""
    import torch
    from transformers import (
        GotOcr2ImageProcessor,
        InternVLConfig,
        InternVLForConditionalGeneration,
        InternVLProcessor,
        InternVLVideoProcessor,
    )

    words = tokenizer("<img>", "</img>", "<IMG_CONTEXT>", "<video>")
    roles = {
        "start_image_token": "<img>",
        "end_image_token": "</img>",
        "context_image_token": "<IMG_CONTEXT>",
        "video_token": "<video>",
    }
    words._set_model_specific_special_tokens(roles)
    words.init_kwargs["extra_special_tokens"] = roles
    config = InternVLConfig(
        text_config={"model_type": "qwen2", **TEXT, "vocab_size": len(words), **ends(words)},
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 32,
            "patch_size": 8,
        },
        image_seq_length=4,
        **ids(words, image_token_id="<IMG_CONTEXT>"),
    )
    processor = InternVLProcessor(
        GotOcr2ImageProcessor(size={"height": 32, "width": 32}, max_patches=4),
        words,
        InternVLVideoProcessor(),
        image_seq_length=4,
        chat_template=CHAT.replace("PICTURE", "<IMG_CONTEXT>\n"),
    )
    torch.manual_seed(19)
    return saved(folder, livelier(InternVLForConditionalGeneration(config)), processor)


def smolvlm(folder: Path) -> Path:
    """SmolVLM2: Idefics3's tiles and tokens, with a processor of its own."""
    import torch
    from transformers import (
        SmolVLMConfig,
        SmolVLMForConditionalGeneration,
        SmolVLMImageProcessor,
        SmolVLMProcessor,
        SmolVLMVideoProcessor,
    )

    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
    words = tokenizer("<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>", *tiles)
    config = SmolVLMConfig(
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
    processor = SmolVLMProcessor(
        SmolVLMImageProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32}),
        words,
        SmolVLMVideoProcessor(),
        image_seq_len=4,
        chat_template=CHAT.replace("PICTURE", "<image>"),
    )
    torch.manual_seed(20)
    return saved(folder, livelier(SmolVLMForConditionalGeneration(config)), processor)
