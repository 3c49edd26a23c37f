"""The few words that an extractive answer adds to its quotes, by the question's language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """``nothing`` is the refusal; ``quoted`` takes a quote and its number."""

    nothing: str
    quoted: str


_ENGLISH = Phrases("I found nothing in these documents that answers this.", "“{quote}” [{number}]")
_PHRASES = {
    "en": _ENGLISH,
    "zh": Phrases("在这些文档里没有找到能回答这个问题的内容。", "“{quote}”[{number}]"),
    "fr": Phrases(
        "Je n’ai rien trouvé dans ces documents qui réponde à cette question.", "« {quote} » [{number}]"
    ),
    "de": Phrases("In diesen Dokumenten habe ich keine Antwort darauf gefunden.", "„{quote}“ [{number}]"),
    "es": Phrases("No he encontrado nada en estos documentos que lo responda.", "«{quote}» [{number}]"),
}


def phrases(language: str) -> Phrases:
    """Those of an ISO 639-1 code; English where it is not known."""
    return _PHRASES.get(language, _ENGLISH)
