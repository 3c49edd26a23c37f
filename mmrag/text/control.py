"""Text of documents as quoted data: without the words by which a model is told what to do."""

from __future__ import annotations

import re
from collections.abc import Collection

# Written into a text, these would end a turn, begin another, or stand for a picture, wherever a server or a
# processor reads special tokens in plain text.
CONTROL = re.compile(
    r"<[|｜][^<>|｜]{1,60}[|｜]>|<<?/?SYS>>?|\[/?(?:INST|IMG|IMG_END|IMG_BREAK|AVAILABLE_TOOLS|TOOL_CALLS)\]"
    r"|</?(?:s|pad|unk|bos|eos|mask|image|img|video|audio|think|start_of_turn|end_of_turn|start_of_image"
    r"|end_of_image|fake_token_around_image|image_soft_token|image_pad|global-img|row_\d+_col_\d+)>",
    re.IGNORECASE,
)


def without_control_tokens(text: str, special: Collection[str] = ()) -> str:
    """``text`` with a blank in place of each control token, and without characters that can't be seen.

    Args:
        text: of a document.
        special: the model's own control tokens, beside those that many models know.
    """
    text = "".join(char for char in text if char.isprintable() or char.isspace())
    before = None
    while before != text:  # what is taken out may bring together what makes another
        before = text
        for token in special:
            text = text.replace(token, " ")
        text = CONTROL.sub(" ", text)
    return text


def quoted(text: str, most: int, special: Collection[str] = ()) -> str:
    """``text`` in one line of at most ``most`` characters, without control tokens and our quotation marks."""
    text = without_control_tokens(text, special)
    text = " ".join(text.replace("«", '"').replace("»", '"').split())
    return text if len(text) <= most else f"{text[:most].rstrip()} …"
