"""What the models of the recipe ``base`` cost on this machine: ``python benchmarks/base_on_cpu.py``.

Architectures of full size with random weights, which cost what the real ones do and say nothing of
quality. Needs the extra ``models``, and no network.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from mmrag.benchmark.machine import print_machine
from mmrag.weights.device import import_transformers

transformers = import_transformers("this benchmark")

TILE, TILES, TOKENS_A_TILE = 512, 13, 64
"""A page of A4, or a figure, as SmolVLM and ColModernVBERT see it: 3 by 4 tiles and one of the whole."""

WRITTEN = 128
"""Tokens of a description."""

VISION = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}


def text_encoder() -> tuple[torch.nn.Module, Callable[[], object]]:
    """granite-embedding-97m-multilingual-r2, on 16 texts of 128 tokens."""
    config = transformers.ModernBertConfig(
        vocab_size=180_000,
        hidden_size=384,
        intermediate_size=1536,
        num_hidden_layers=12,
        num_attention_heads=12,
    )
    model = transformers.ModernBertModel(config)
    texts = torch.randint(10, 50_000, (16, 128))
    return model, lambda: model(input_ids=texts, attention_mask=torch.ones_like(texts))


def joint_encoder() -> tuple[torch.nn.Module, Callable[[], object]]:
    """siglip2-base-patch16-256, on one picture."""
    text = {**VISION, "vocab_size": 256_000, "max_position_embeddings": 64}
    config = transformers.SiglipConfig(
        text_config=text, vision_config={**VISION, "image_size": 256, "patch_size": 16}
    )
    model = transformers.SiglipModel(config)
    return model, lambda: model.get_image_features(torch.rand(1, 3, 256, 256))


def captioner() -> tuple[torch.nn.Module, Callable[[], object]]:
    """SmolVLM-500M-Instruct, on one picture."""
    config = transformers.Idefics3Config(
        image_token_id=49_190,
        scale_factor=4,
        vision_config={**VISION, "image_size": TILE, "patch_size": 16},
        text_config={
            "model_type": "llama",
            "vocab_size": 49_280,
            "hidden_size": 960,
            "intermediate_size": 2560,
            "num_hidden_layers": 32,
            "num_attention_heads": 15,
            "num_key_value_heads": 5,
            "pad_token_id": 2,
        },
    )
    model = transformers.Idefics3ForConditionalGeneration(config)
    prompt = torch.full((1, TILES * TOKENS_A_TILE + 100), config.image_token_id)
    prompt[:, TILES * TOKENS_A_TILE :] = 5
    pixels = torch.rand(1, TILES, 3, TILE, TILE)
    limits = {"min_new_tokens": WRITTEN, "max_new_tokens": WRITTEN, "do_sample": False}
    return model, lambda: model.generate(input_ids=prompt, pixel_values=pixels, **limits)


def page_encoder() -> tuple[torch.nn.Module, Callable[[], object]]:
    """ColModernVBERT, on one page: its vision tower on all tiles, its text tower on what comes of them."""
    eyes = transformers.SiglipModel(
        transformers.SiglipConfig(vision_config={**VISION, "image_size": TILE, "patch_size": 16})
    ).vision_model
    reader = transformers.ModernBertModel(transformers.ModernBertConfig())
    pixels, seen = torch.rand(TILES, 3, TILE, TILE), torch.rand(1, TILES * TOKENS_A_TILE, 768)
    return torch.nn.ModuleList([eyes, reader]), lambda: (eyes(pixels), reader(inputs_embeds=seen))


def measure(make: Callable[[], tuple[torch.nn.Module, Callable[[], object]]], times: int) -> None:
    torch.manual_seed(0)
    model, step = make()
    model.eval()
    parameters = sum(weights.numel() for weights in model.parameters())
    seconds = []
    with torch.inference_mode():
        step()
        for _ in range(times):
            begin = time.perf_counter()
            step()
            seconds.append(time.perf_counter() - begin)
    print(f"| {make.__doc__} | {parameters / 1e6:.0f} M | {statistics.median(seconds):.2f} |", flush=True)


def main() -> None:
    print_machine()
    print(
        f"\ntorch {torch.__version__}, {torch.get_num_threads()} threads, float32, {WRITTEN} tokens written\n"
    )
    print("| model | parameters | seconds (median) |\n|---|---|---|")
    measure(text_encoder, 5)
    measure(joint_encoder, 5)
    measure(page_encoder, 3)
    measure(captioner, 1)


if __name__ == "__main__":
    main()
