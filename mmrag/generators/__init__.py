"""Generators: what makes an answer of a question and the pages found for it."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.config import resolve
from mmrag.encoders.base import Encoder
from mmrag.generators.base import Evidence, Generation, Generator
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece

__all__ = [
    "Evidence",
    "Generation",
    "Generator",
    "LanguageModel",
    "Limits",
    "Message",
    "Piece",
    "load_generator",
]

_KNOWN = {
    "mini:extractive": "mmrag.generators.extractive:ExtractiveGenerator",
    "hf:*": "mmrag.generators.hf:TransformersModel",
    "openai:*": "mmrag.generators.openai:OpenAIModel",
    "llama-index:*": "mmrag.llama_index.llms:LlamaIndexModel",
}


def load_generator(spec: str, encoders: Sequence[Encoder] = ()) -> Generator | LanguageModel:
    """What answers, by its name: a generator of its own, or a language model that wants a prompt.

    Args:
        spec: ``mini:extractive``; ``openai:MODEL`` or ``openai:MODEL@BASE_URL``;
            ``hf:MODEL``; ``llama-index:package.module:Class``; or ``package.module:Class`` for a plugin.
        encoders: text encoders at hand, best first. A generator that can use them (it then has a method
            ``use_encoders``) compares meanings with the first one that reads the question's script.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class fails when it is called.
    """
    generator: Generator | LanguageModel = resolve(spec, _KNOWN, "generator")
    use = getattr(generator, "use_encoders", None)
    if encoders and use is not None:
        use(tuple(encoders))
    return generator
