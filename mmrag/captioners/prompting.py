"""The prompt for a picture: a file in English or Chinese, with what the document says around it as quotes.

Form ``fields`` asks for a JSON object; ``plain`` for a few sentences, which is all that small models manage.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from importlib import resources
from string import Template

from mmrag.captioners.base import PictureContext
from mmrag.text.control import CONTROL, quoted

_CHINESE = "zh"
_MOST = {"caption": 600, "section": 300, "before": 500, "after": 500, "words": 1500}  # characters
_PLACEHOLDER = re.compile(r"\$([a-z]+)")


def prompt(context: PictureContext, special: tuple[str, ...] = (), form: str = "fields") -> str:
    """What a model is told about a picture, in Chinese where the document is Chinese, else in English.

    A line whose quote is empty is left out. Quotes are cut to a few hundred characters each, and hold no
    control tokens.

    Args:
        context: what the document says around the picture.
        special: the model's own control tokens.
        form: ``fields`` or ``plain``.
    """
    values = {
        "caption": context.caption,
        "section": " / ".join(context.section),
        "before": context.before,
        "after": context.after,
        "words": context.words,
    }
    quotes = {name: quoted(text, _MOST[name], special) for name, text in values.items()}
    quotes["language"] = context.language or "en"
    return "\n".join(
        Template(line).substitute(quotes)
        for line in _file(form, _CHINESE if context.language == _CHINESE else "en").splitlines()
        if all(quotes[name] for name in _PLACEHOLDER.findall(line))
    )


@lru_cache(maxsize=1)
def prompts_fingerprint() -> str:
    """Changes with any of the prompts: 16 hex digits."""
    files = [_file(form, language) for form in ("fields", "plain") for language in ("en", _CHINESE)]
    content = "\0".join((*files, str(_MOST), CONTROL.pattern))
    return hashlib.sha256(content.encode("utf-8")).hexdigest()[:16]


@lru_cache(maxsize=4)
def _file(form: str, language: str) -> str:
    folder = resources.files("mmrag.captioners") / "prompts"
    return (folder / f"{form}.{language}.txt").read_text(encoding="utf-8")
