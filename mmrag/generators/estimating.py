"""How many tokens a prompt may come to, where the model's tokenizer can't be asked: estimates from above."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from PIL.Image import Image

from mmrag.generators.language_model import Message

_PROMPT = 32  # a template may bring a few words of its own
_MESSAGE = 8  # who speaks, and where it ends

_LETTER, _BLANK = 0.3, 0.2  # of ASCII; every other character of ASCII counts as one token
_BEFORE_DIGIT = re.compile(r" (?=\d)")  # a blank that many tokenizers make a token of its own
_CJK = 1.5
_LAST_OF_EUROPE = 0x0500
_CJK_BLOCKS = ((0x2E80, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))

_PATCH = 28  # pixels of a side for which Qwen2-VL and GLM-4.1V take one token
_WHOLE, _SHORT, _TILE = 2048, 768, 512  # pixels, in OpenAI's rule
_PER_PICTURE, _PER_TILE = 85, 170


def tokens_of(messages: Sequence[Message], side: int) -> int:
    """Tokens of a prompt whose pictures are shown with no side longer than ``side`` pixels."""
    parts = [part for message in messages for part in message.parts]
    total = _PROMPT + _MESSAGE * len(messages)
    for part in parts:
        total += text_tokens(part) if isinstance(part, str) else picture_tokens(part, side)
    return total


def least_tokens(messages: Sequence[Message]) -> int:
    """Tokens of the texts that no tokenizer gets below.

    None takes two words with a blank between them for one token, nor Chinese, in the mean, five characters
    for two.
    """
    words = [
        word
        for message in messages
        for part in message.parts
        if isinstance(part, str)
        for word in part.split()
    ]
    characters = [sum(map(_is_cjk, word)) for word in words]
    spelled = sum(
        not cjk and any(map(str.isalpha, word)) for cjk, word in zip(characters, words, strict=True)
    )
    return spelled + int(sum(characters) / 2.5)


def text_tokens(text: str) -> int:
    """Tokens of a text.

    The weights stay above what the tokenizers of GPT-4, GPT-4o, Qwen and Claude 2 make of pages of manuals,
    papers and listings in English, German, French, Chinese and Japanese; one that was made for English alone
    may take two tokens for a Chinese character instead of 1.5. In scripts that those know little of, each
    byte counts as a token: a tokenizer of bytes never makes more of it.
    """
    characters = sum(count * _weight(char) for char, count in Counter(text).items())
    return math.ceil(characters + (1 - _BLANK) * len(_BEFORE_DIGIT.findall(text)))


def picture_tokens(picture: Image, side: int) -> int:
    """Tokens of a picture: the most that the published rules of OpenAI and of Qwen2-VL come to.

    Some small models of OpenAI's bill several times of it.
    """
    scale = min(1.0, side / max(picture.size))
    width, height = (max(1, round(length * scale)) for length in picture.size)
    patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH) + 2
    return max(patches, _PER_PICTURE + _PER_TILE * _tiles(width, height))


def _tiles(width: int, height: int) -> int:
    """Squares of 512 pixels in a picture once it is fitted into 2048 × 2048, and its short side to 768."""
    scale = min(1.0, _WHOLE / max(width, height))
    scale *= min(1.0, _SHORT / (min(width, height) * scale))
    return math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)


def _weight(char: str) -> float:
    if char.isascii():
        return _LETTER if char.isalpha() else _BLANK if char == " " else 1.0
    if ord(char) < _LAST_OF_EUROPE:
        return 1.0
    return _CJK if _is_cjk(char) else float(len(char.encode("utf-8", "replace")))


def _is_cjk(char: str) -> bool:
    return any(first <= ord(char) <= last for first, last in _CJK_BLOCKS)
