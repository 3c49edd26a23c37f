"""A follow-up question becomes one that stands alone."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.generators.language_model import LanguageModel
from mmrag.synthesize.prompting import Turn, rewriting_prompt
from mmrag.synthesize.spending import Spending
from mmrag.synthesize.stating import says_unknown
from mmrag.types import Usage

_LONGEST = 128
"""Tokens of a rewritten question."""

_MARKS = (('"', '"'), ("“", "”"), ("«", "»"), ("「", "」"))


def standing_alone(question: str, history: Sequence[Turn], model: LanguageModel, spending: Spending) -> str:
    """``question`` as ``model`` writes it for someone who has not heard what was said before.

    Empty, where the model writes nothing, does not come to an end, or says that it does not know.

    Raises:
        BudgetError, ModelError: as `mmrag.synthesize.writing.Writer.write`.
    """
    messages = rewriting_prompt(question, history, model.control_tokens)
    tokens = model.count(messages)
    room = spending.room(tokens, _LONGEST)
    said, cut = "", False
    for piece in spending.metered(model.stream(messages, room), Usage(tokens)):
        said += piece.text
        cut = cut or piece.cut
    rewritten = _unquoted(said.strip().partition("\n")[0].strip())
    return "" if cut or says_unknown(rewritten) else rewritten


def _unquoted(text: str) -> str:
    """Without the marks of a quotation that is all of it."""
    inner = text[1:-1]
    for begin, end in _MARKS:
        if text == f"{begin}{inner}{end}" and begin not in inner and end not in inner:
            return inner.strip()
    return text
