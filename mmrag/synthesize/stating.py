"""Sentences that state nothing which a source could bear out: courtesies, and that something is not known."""

from __future__ import annotations

import re

_UNKNOWN = (
    # English
    r"\b(?:do(?:es)?|did|is|are|was|were|can|could)(?: not|n[’']t) (?:\w+ )?"
    r"(?:say|state|mention|contain|include|specif|provide|give|report|answer|cover|know|find|tell|determine|"
    r"discuss|indicate|list|explain|describe|address)",
    r"\bcannot (?:be )?(?:say|answer|find|tell|determine|know)",
    r"\bno (?:\w+ )?(?:information|mention|evidence|data|answer)\b|\bnothing (?:in|about)\b",
    r"\bI(?: am|[’']m)? (?:sorry|afraid|unable)\b|\bunfortunately\b",
    r"\bnot (?:\w+ )?(?:mentioned|stated|given|specified|known|available|found)\b",
    # Chinese
    r"没有(?:提到|提及|说明|给出|找到|相关|包含|列出)|未(?:提及|提到|说明|给出|找到|列出)",
    r"无法(?:确定|回答|得知|判断)|不(?:知道|清楚)|抱歉|找不到",
    # French
    r"\bn[’'](?:y a pas|est pas (?:mentionné|indiqué|précisé)|indique|mentionne|ai (?:pas|rien) trouvé)",
    r"\bne (?:sais|dit|disent|mentionne|contien|précise|donne|permet)",
    r"\baucune? (?:information|mention|indication)",
    # German
    r"\bkeine? (?:Angabe|Information|Hinweis|Antwort)|\bweiß ich nicht\b",
    r"\bnicht (?:\w+ )?(?:genannt|erwähnt|angegeben|bekannt|enthalten|hervor|finden)",
    # Spanish
    r"\bno (?:se (?:menciona|indica|dice)|menciona|indica|dice|hay información|encuentro)",
)
_COURTESIES = (
    r"hello|hi\b|sure|certainly|of course|thank|you[’']re welcome|i hope|let me know|feel free",
    r"here (?:is|are)\b|please\b|great question",
    r"你好|您好|好的|当然|希望|以下|如有|谢谢|请",
    r"bonjour|bien sûr|voici|merci|j[’']espère|n[’']hésitez",
    r"hallo|gerne|natürlich|hier (?:ist|sind)\b|ich hoffe",
    r"hola|claro|gracias|espero que",
)
_SAYS_UNKNOWN = re.compile("|".join(_UNKNOWN), re.IGNORECASE)
_IS_COURTESY = re.compile("|".join(_COURTESIES), re.IGNORECASE)


def says_unknown(sentence: str) -> bool:
    """Whether it says that something is not known, or not in the sources."""
    return _SAYS_UNKNOWN.search(sentence) is not None


def is_courtesy(sentence: str) -> bool:
    """Whether it only greets, thanks, offers or leads over to the answer."""
    return _IS_COURTESY.match(sentence) is not None
