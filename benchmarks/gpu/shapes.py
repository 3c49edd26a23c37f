"""The architectures of ``architectures.py`` with random weights, as published or tiny.

Each function's docstring names the checkpoint whose ``config.json`` has these numbers. No file of it is
needed: an image processor is made of its numbers, and a prompt is ids that only have to be as many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL.Image import Image

from mmrag.weights.device import import_transformers

transformers = import_transformers("this benchmark")

TINY = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
SO400M = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16}
TEXT_A_PROMPT = 6
"""Tokens of ColPali's prompt."""

Inputs = dict[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Shape:
    """A model with random weights and how to use it.

    Attributes:
        model: on the default device, of the default type.
        prepare: pictures to the model's inputs, on the CPU.
        encode: the model's vectors for them, ``(pictures, vectors, dim)``.
        late: whether it gives many vectors a page.
    """

    model: torch.nn.Module
    prepare: Callable[[Sequence[Image]], Inputs]
    encode: Callable[..., torch.Tensor]
    late: bool


def colpali(tiny: bool) -> Shape:
    """vidore/colpali-v1.3-hf: PaliGemma 3B at 448 pixels, 1,024 patches and a prompt."""
    side, patch = (32, 8) if tiny else (448, 14)
    width = 32 if tiny else 2048
    seen = transformers.SiglipVisionConfig(
        **(TINY if tiny else SO400M),
        image_size=side,
        patch_size=patch,
        projection_dim=width,
        vision_use_head=False,
    )
    layers = {"hidden_size": 2048, "intermediate_size": 16_384}
    layers |= {"num_hidden_layers": 18, "num_attention_heads": 8}
    text = transformers.GemmaConfig(
        **(TINY if tiny else layers),
        num_key_value_heads=1,
        head_dim=8 if tiny else 256,
        vocab_size=100 if tiny else 257_216,
        pad_token_id=0,
    )
    picture_id = text.vocab_size - 64
    vlm = transformers.PaliGemmaConfig(
        vision_config=seen,
        text_config=text,
        image_token_index=picture_id,
        projection_dim=width,
        hidden_size=width,
    )
    model = transformers.ColPaliForRetrieval(transformers.ColPaliConfig(vlm_config=vlm, embedding_dim=128))
    processor = transformers.SiglipImageProcessor(size={"height": side, "width": side})
    ids = torch.tensor([picture_id] * (side // patch) ** 2 + [2] * TEXT_A_PROMPT, device="cpu")

    def prepare(pictures: Sequence[Image]) -> Inputs:
        rows = ids.repeat(len(pictures), 1)
        return {
            "input_ids": rows,
            "attention_mask": torch.ones_like(rows),
            "pixel_values": processor(list(pictures), return_tensors="pt")["pixel_values"],
        }

    return Shape(model, prepare, lambda **given: model(**given).embeddings, True)


def colqwen(tiny: bool) -> Shape:
    """vidore/colqwen2.5-v0.2: Qwen2.5-VL 3B, at most 768 patches of 28 pixels."""
    most = 16 if tiny else 768
    vision = {"hidden_size": 1280, "intermediate_size": 3420, "depth": 32, "num_heads": 16}
    layers = {"hidden_size": 2048, "intermediate_size": 11_008, "num_hidden_layers": 36}
    layers |= {"num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151_936}
    if tiny:
        vision = {"hidden_size": 32, "intermediate_size": 64, "depth": 2, "num_heads": 4}
        layers = {**TINY, "num_key_value_heads": 2, "vocab_size": 100}
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [1, 1, 2] if tiny else [16, 24, 24]}
    picture_id = layers["vocab_size"] - 10
    vlm = transformers.Qwen2_5_VLConfig(
        text_config={**layers, "rope_parameters": rope},
        vision_config={**vision, "out_hidden_size": layers["hidden_size"]},
        image_token_id=picture_id,
        tie_word_embeddings=True,
    )
    model = transformers.ColQwen2ForRetrieval(transformers.ColQwen2Config(vlm_config=vlm, embedding_dim=128))
    pixels = {"shortest_edge": 4 * 28 * 28, "longest_edge": most * 28 * 28}
    processor = transformers.Qwen2VLImageProcessor(size=pixels)

    def prepare(pictures: Sequence[Image]) -> Inputs:
        made = processor(list(pictures), return_tensors="pt")
        grids = made["image_grid_thw"]
        patches = int(grids[0].prod())
        rows = torch.tensor([2] * 4 + [picture_id] * (patches // 4) + [2] * 7, device="cpu")
        rows = rows.repeat(len(pictures), 1)
        return {
            "input_ids": rows,
            "attention_mask": torch.ones_like(rows),
            "pixel_values": made["pixel_values"].reshape(len(pictures), patches, -1),
            "image_grid_thw": grids,
        }

    return Shape(model, prepare, lambda **given: model(**given).embeddings, True)


def siglip(tiny: bool) -> Shape:
    """google/siglip-so400m-patch14-384, its picture half."""
    side = 28 if tiny else 384
    config = transformers.SiglipVisionConfig(**(TINY if tiny else SO400M), image_size=side, patch_size=14)
    model = transformers.SiglipVisionModel(config)
    processor = transformers.SiglipImageProcessor(size={"height": side, "width": side})
    return _one_vector(model, processor, lambda found: found.pooler_output)


def clip(tiny: bool) -> Shape:
    """openai/clip-vit-base-patch32, its picture half."""
    side = 64 if tiny else 224
    layers = {"hidden_size": 768, "intermediate_size": 3072}
    layers |= {"num_hidden_layers": 12, "num_attention_heads": 12}
    config = transformers.CLIPVisionConfig(
        **(TINY if tiny else layers), image_size=side, patch_size=32, projection_dim=32 if tiny else 512
    )
    model = transformers.CLIPVisionModelWithProjection(config)
    processor = transformers.CLIPImageProcessor(
        size={"shortest_edge": side}, crop_size={"height": side, "width": side}
    )
    return _one_vector(model, processor, lambda found: found.image_embeds)


def _one_vector(model: torch.nn.Module, processor: Any, take: Callable[[Any], torch.Tensor]) -> Shape:
    return Shape(
        model,
        lambda pictures: {"pixel_values": processor(list(pictures), return_tensors="pt")["pixel_values"]},
        lambda **given: take(model(**given))[:, None],
        False,
    )


SHAPES: dict[str, Callable[[bool], Shape]] = {
    "ColPali-3B": colpali,
    "ColQwen2.5-3B": colqwen,
    "SigLIP-so400m": siglip,
    "CLIP B/32": clip,
}
