"""Tiny models of two towers with random weights, saved as the real ones are."""

from __future__ import annotations

import json
from pathlib import Path

from tests.tiny.tokenizers import (
    bert_tokenizer,
    byte_level,
    clip_tokenizer,
    gemma_tokenizer,
    saved,
    with_ends,
)

LAYER = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 4}


def clip(folder: Path) -> Path:
    """OpenAI's CLIP: 77 tokens, 32 × 32 pixels."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    tokenizer = clip_tokenizer(77)
    text = {
        **LAYER,
        "vocab_size": len(tokenizer),
        "bos_token_id": 512,
        "eos_token_id": 513,
        "pad_token_id": 513,
    }
    config = CLIPConfig(
        text_config=text, vision_config={**LAYER, "image_size": 32, "patch_size": 8}, projection_dim=24
    )
    torch.manual_seed(1)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return saved(folder, CLIPModel(config), CLIPProcessor(pictures, tokenizer))


def chinese_clip(folder: Path) -> Path:
    """Chinese-CLIP: a BERT beside the picture tower."""
    import torch
    from transformers import (
        ChineseCLIPConfig,
        ChineseCLIPImageProcessor,
        ChineseCLIPModel,
        ChineseCLIPProcessor,
    )

    tokenizer = bert_tokenizer(512)
    config = ChineseCLIPConfig(
        text_config={**LAYER, "vocab_size": len(tokenizer), "max_position_embeddings": 128},
        vision_config={**LAYER, "image_size": 32, "patch_size": 8},
        projection_dim=24,
    )
    torch.manual_seed(2)
    pictures = ChineseCLIPImageProcessor(
        size={"height": 32, "width": 32}, crop_size={"height": 32, "width": 32}
    )
    return saved(folder, ChineseCLIPModel(config), ChineseCLIPProcessor(pictures, tokenizer))


def siglip2(folder: Path) -> Path:
    """SigLIP 2 of a fixed resolution, which is SigLIP with another tokenizer."""
    import torch
    from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor

    tokenizer = byte_level(
        ["<pad>", "</s>"],
        pad_token="<pad>",
        eos_token="</s>",
        model_max_length=64,
        model_input_names=["input_ids"],
    )
    tokenizer = with_ends(tokenizer, "", "</s>")
    config = SiglipConfig(
        text_config={**LAYER, "vocab_size": len(tokenizer), "max_position_embeddings": 64},
        vision_config={**LAYER, "image_size": 32, "patch_size": 8},
    )
    torch.manual_seed(3)
    pictures = SiglipImageProcessor(size={"height": 32, "width": 32})
    return saved(folder, SiglipModel(config), SiglipProcessor(pictures, tokenizer))


def siglip2_naflex(folder: Path) -> Path:
    """SigLIP 2 that keeps a picture's shape: patches of any aspect ratio."""
    import torch
    from transformers import Siglip2Config, Siglip2ImageProcessor, Siglip2Model, Siglip2Processor

    tokenizer = gemma_tokenizer("Siglip2Tokenizer", model_max_length=64, padding_side="right")
    config = Siglip2Config(
        text_config={**LAYER, "vocab_size": len(tokenizer), "max_position_embeddings": 64},
        vision_config={**LAYER, "num_patches": 16, "patch_size": 8},
    )
    torch.manual_seed(4)
    pictures = Siglip2ImageProcessor(patch_size=8, max_num_patches=16)
    return saved(folder, Siglip2Model(config), Siglip2Processor(pictures, tokenizer))


def open_clip(folder: Path) -> Path:
    """A model of open_clip, with the byte pairs that come with the package."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    shape = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    torch.manual_seed(5)
    model = open_clip.CLIP(**shape)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": shape, "preprocess_cfg": {}}))
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return folder
