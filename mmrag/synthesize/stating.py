"""Sentences that state nothing which a source could bear out: courtesies, and that something is not known."""

from __future__ import annotations

import re

from mmrag.text.terms import query_terms

_SOURCE = (
    r"\b(?:sources?|documents?|pages?|texts?|passages?|excerpts?|contexts?|materials?|information|reports?|manuals?"
    r"|papers?|articles?|sections?|tables?|I|we)\b"
)
"""What an answer rests on, and who gives it: that a warranty does not cover water is something stated."""

_SOURCE_ZH = "(?:资料|文档|文件|文中|原文|文本|页面?|来源|材料|上下文|内容|信息|报告|手册|表[中格]|书中|我)"
_SOURCE_FR = r"\b(?:documents?|sources?|pages?|textes?|extraits?|passages?|je)\b"
_SOURCE_DE = r"\b(?:Dokument\w*|Quellen?|Seiten?|Texte?[sn]?|Unterlagen|Abschnitte?[sn]?|ich|es)\b"
_NOT = r"(?: not|n[’']t) (?:\w+ )?"
_UNKNOWN = (
    # English
    rf"\b(?:do(?:es)?|did|is|are|was|were|can|could){_NOT}"
    r"(?:say|state|mention|specif|answer|know|tell|determine|discuss|indicate|explain|describe|address)",
    rf"{_SOURCE}[^.!?;]{{0,60}}\b(?:do(?:es)?|did|can|could){_NOT}(?:contain|include|give|provide|report|cover|find|list)",
    rf"(?:^\W*(?:it|this|that)|{_SOURCE}[^.!?;]{{0,60}}) (?:is|are|was|were){_NOT}"
    r"(?:contain|includ|provid|report|cover|list|f(?:ou|i)nd|available)",
    r"\bnot (?:\w+ )?(?:contained|included|provided|reported|covered|listed|found|available)\b"
    rf"[^.!?;]{{0,40}}{_SOURCE}",
    r"\bcannot (?:be )?(?:say|answer|find|tell|determine|know)",
    r"\bno (?:\w+ )?(?:information|mention|evidence|data|answer)\b|\bnothing (?:in|about)\b",
    r"\bunfortunately\b",
    r"\bnot (?:\w+ )?(?:mentioned|stated|given|specified|known)\b",
    # Chinese
    r"没有(?:提到|提及|说明|给出|找到|相关)|未(?:提及|提到|说明|给出|找到)",
    rf"{_SOURCE_ZH}[^。！？；]{{0,20}}(?:没有|未)(?:包含|包括|列出|涵盖|涉及)",
    r"无法(?:确定|回答|得知|判断)|不(?:知道|清楚)|找不到",
    # French
    r"\bn[’'](?:y a pas|est pas (?:mentionné|indiqué|précisé)|indique|mentionne|ai (?:pas|rien) trouvé)",
    r"\bne (?:sais|dit|disent|mentionne|précise)",
    rf"{_SOURCE_FR}[^.!?;]{{0,40}}\bne (?:contien|donne|permet)",
    r"\baucune? (?:information|mention|indication)",
    # German
    r"\bkeine? (?:Angabe|Information|Hinweis|Antwort)|\bweiß ich nicht\b",
    r"\bnicht (?:\w+ )?(?:genannt|erwähnt|angegeben|bekannt|hervor)",
    rf"{_SOURCE_DE}[^.!?;]{{0,60}}\bnicht (?:\w+ )?(?:enthalten|finden)",
    # Spanish
    r"\bno (?:se (?:menciona|indica|dice)|menciona|indica|dice|hay información|encuentro)",
)
_SORRY = r"\bI(?: am|[’']m)? (?:sorry|afraid|unable)\b|抱歉"
_INTERJECTIONS = (
    r"hello|hi|sure|certainly|of course|great question",
    r"bonjour|bien sûr|merci",
    r"hallo|gerne|natürlich",
    r"hola|claro|gracias",
)
_INTERJECTIONS_ZH = "你好|您好|好的|当然|谢谢"
_OFFERS = (
    r"thank(?:s| you)|you[’']re welcome|i hope|let me know|feel free|here (?:is|are)",
    r"please (?:let|feel|ask|see|refer|provide|tell|specify|clarify|do not hesitate|don[’']t hesitate)",
    r"voici|j[’']espère|n[’']hésitez",
    r"hier (?:ist|sind)|ich hoffe",
    r"espero que",
)
_OFFERS_ZH = (
    "希望(?:以上|上述|这[些个份对能]|对[您你]|能[够帮对为]|[您你])|以下(?:是|为|内容|信息|列出|介绍|回答)"
    "|如有(?:任何|其他|其它|疑问|问题|需要|更多)|请(?:[您你问]|随时|告诉|告知|参[考阅见]|查[看阅]|提供|稍等)"
)
_SAYS_UNKNOWN = re.compile("|".join((*_UNKNOWN, _SORRY)), re.IGNORECASE)
_SAYS_SORRY = re.compile(_SORRY, re.IGNORECASE)
_BETWEEN = r"[ ,;:!.，、：！。；]*"
_GREETED = re.compile(
    rf"(?:(?:(?:{'|'.join(_INTERJECTIONS)})\b|{_INTERJECTIONS_ZH}){_BETWEEN})+", re.IGNORECASE
)
_OFFER = re.compile(rf"(?:{'|'.join(_OFFERS)})\b|{_OFFERS_ZH}", re.IGNORECASE)
_FEW = 2
"""Content words with which something may be stated."""


def says_unknown(sentence: str) -> bool:
    """Whether it says that something is not known, or not in the sources; a question only with regret."""
    says = _SAYS_SORRY if sentence.rstrip("\"'”’»」)） ").endswith(("?", "？")) else _SAYS_UNKNOWN
    return says.search(sentence) is not None


def is_courtesy(sentence: str) -> bool:
    """Whether it only greets, thanks, offers or leads over to the answer, and states nothing beside it."""
    if any(char.isdigit() for char in sentence):
        return False
    greeted = _GREETED.match(sentence)
    rest = sentence[greeted.end() :] if greeted else sentence
    return _OFFER.match(rest) is not None or (greeted is not None and _content(rest) < _FEW)


def _content(text: str) -> float:
    """Content words: terms in Latin letters, and half as many as there are pairs of ideographs."""
    found = [term for term in query_terms(text) if term.isascii() or len(term) > 1]
    return sum(1.0 if term.isascii() else 0.5 for term in found)
