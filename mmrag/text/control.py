"""Text of documents as quoted data: without the words by which a model is told what to do."""

from __future__ import annotations

import re
from collections.abc import Collection

# Written into a text, these would end a turn, begin another, or stand for a picture, wherever a server or a
# processor reads special tokens in plain text.
CONTROL = re.compile(
    r"<[|｜][^<>|｜]{1,60}[|｜]>|<[|｜][\w-]{1,40}>|<[\w-]{1,40}[|｜]>|\[\|[^\[\]|]{1,40}\|\]|<<?/?SYS>>?"
    r"|\[/?(?:INST|IMG|IMG_END|IMG_BREAK|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT|THINK|AUDIO"
    r"|BEGIN_AUDIO|[gs]MASK)\]"
    r"|</?(?:s|pad|unk|bos|eos|mask|sop|eop|image|img|video|audio|think|tool_call|tool_response|function_call"
    r"|im_(?:start|end|patch|col_tok)|(?:start|end)_of_[a-z_]{1,30}|fake_token_around_image"
    r"|(?:image|audio)_soft_token|image_pad|image_placeholder|image_newline|image_?\d+|IMG_CONTEXT|ImageHere"
    r"|[be]oi|global-img|row_\d+_col_\d+|unused_?\d+)>",
    re.IGNORECASE,
)
# Letters and marks that leave no trace on paper, in which text can be hidden: variation selectors, fillers of
# Hangul and the like. Formatting and tag characters are not printable by Unicode's own account.
_UNSEEN = dict.fromkeys(
    code
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)


# Of many models' tokens only those between these may hold a blank, and so what another was taken out of.
_BRACKETS = re.compile(r"(?:[<\[][|｜]|[|｜][>\]])+")
_PASSES = 8


def without_control_tokens(text: str, special: Collection[str] = ()) -> str:
    """``text`` with a blank in place of each control token, and without characters that can't be seen.

    Idempotent and in linear time: of tokens within tokens, more than eight deep, the brackets go too.

    Args:
        text: of a document.
        special: the model's own control tokens, beside those that many models know.
    """
    text = "".join(char for char in text.translate(_UNSEEN) if char.isprintable() or char.isspace())
    for _ in range(_PASSES):  # what is taken out may bring together what makes another
        before, text = text, _once(text, special)
        if text == before:
            return text
    return _once(_BRACKETS.sub(" ", text), special)


def _once(text: str, special: Collection[str]) -> str:
    for token in special:  # a token that holds a blank must not grow together from a blank left in it
        text = text.replace(token, "\n" if " " in token.strip() else " ")
    return CONTROL.sub(" ", text)


def quoted(text: str, most: int, special: Collection[str] = ()) -> str:
    """``text`` in one line of at most ``most`` characters, without control tokens and our quotation marks."""
    text = without_control_tokens(text, special)
    text = " ".join(text.replace("«", '"').replace("»", '"').split())
    return text if len(text) <= most else f"{text[:most].rstrip()} …"
