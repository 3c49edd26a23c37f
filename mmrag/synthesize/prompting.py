"""Prompts, from files in English and Chinese; a question in another language gets the English ones.

The first line of each file is its version: it goes up with every change of the wording.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from string import Template

from mmrag.generators.language_model import Message
from mmrag.synthesize.cleaning import cleaned, in_one_line, quoted_lines
from mmrag.text.script import language

NO_ANSWER = "NO ANSWER"
"""What a model is told to reply, in any language, where the sources do not hold the answer."""

FILES = ("rules", "question", "rewriting", "conversation", "words")
LANGUAGES = ("en", "zh")
"""Those with prompts of their own."""

_LONGEST_QUESTION = 1_000  # characters of what was said before
_LONGEST_ANSWER = 1_500
_LONGEST_HISTORY = 8_000

_MARKERS = re.compile(r"\s*\[\d+\]")

_NAMES = {
    "ar": "Arabic",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pt": "Portuguese",
    "ru": "Russian",
    "th": "Thai",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation: what was asked, and what was answered."""

    question: str
    answer: str


def language_of(question: str, history: Sequence[Turn] = ()) -> str:
    """ISO 639-1 code of the question's language, else of the latest question that tells; empty if none."""
    asked = (question, *(turn.question for turn in reversed(history)))
    return next(filter(None, map(language, asked)), "")


def rules(code: str) -> str:
    """What the model is told before anything else, for a question in the language ``code``."""
    return _filled("rules", code, no_answer=NO_ANSWER, language=_in_language("answer", code))


def around_sources(question: str, code: str, special: Collection[str] = ()) -> tuple[str, str]:
    """What stands before and after the sources; the frame included."""
    asked = cleaned(question, special)
    before, _, after = prompt_file("question", _own(code)).partition("$sources")
    values = {"no_answer": NO_ANSWER, "question": asked}
    return Template(before).substitute(values), Template(after.lstrip("\n")).substitute(values)


def word(name: str, code: str, **values: object) -> str:
    """A word or line of the frame; values must have been cleaned."""
    return Template(_words(_own(code))[name]).substitute({key: str(value) for key, value in values.items()})


def turns_before(history: Sequence[Turn], special: Collection[str] = ()) -> list[Message]:
    """The latest turns as messages, oldest first; long ones are cut, and their citations left out."""
    return [
        message
        for turn in _latest(history, special)
        for message in (Message("user", (turn.question,)), Message("assistant", (turn.answer,)))
    ]


def rewriting_prompt(
    question: str, history: Sequence[Turn], control_tokens: Collection[str] = ()
) -> tuple[Message, ...]:
    """Asks for ``question`` as it must be put to someone who has not heard ``history``.

    The latest turns are quoted as data; the reply is to be the question alone, in its language.

    Args:
        question: the follow-up.
        history: oldest first.
        control_tokens: the model's own.
    """
    code = language_of(question, history)
    turns = "\n".join(
        f"{word('asked', code, text=turn.question)}\n{word('answered', code, text=turn.answer)}"
        for turn in _latest(history, control_tokens)
    )
    told = _filled("rewriting", code, language=_in_language("write", code))
    asked = _filled(
        "conversation", code, turns=quoted_lines(turns), question=cleaned(question, control_tokens)
    )
    return Message("system", (told,)), Message("user", (asked,))


@lru_cache(maxsize=len(FILES) * len(LANGUAGES))
def prompt_file(name: str, code: str) -> str:
    """The text of a file of prompts, without its version."""
    return _read(name, code).partition("\n")[2].strip()


def version(name: str, code: str) -> int:
    """Of a file of prompts."""
    return int(_read(name, code).partition("\n")[0].removeprefix("version "))


def _latest(history: Sequence[Turn], special: Collection[str]) -> list[Turn]:
    """The latest turns, oldest first, each in two lines without citations: their numbers are now others."""
    kept: list[Turn] = []
    room = _LONGEST_HISTORY
    for turn in reversed(history):
        asked = in_one_line(turn.question, _LONGEST_QUESTION, special)
        answered = in_one_line(_MARKERS.sub("", turn.answer), _LONGEST_ANSWER, special)
        room -= len(asked) + len(answered)
        if room < 0:
            break
        kept.insert(0, Turn(asked, answered))
    return kept


def _own(code: str) -> str:
    return code if code in LANGUAGES else "en"


def _in_language(verb: str, code: str) -> str:
    known = code in _NAMES or code in LANGUAGES
    return word(f"{verb}_in" if known else f"{verb}_as_asked", code, language=_NAMES.get(code, ""))


def _filled(name: str, code: str, **values: str) -> str:
    return Template(prompt_file(name, _own(code))).substitute(values)


@lru_cache(maxsize=len(LANGUAGES))
def _words(code: str) -> dict[str, str]:
    lines = prompt_file("words", code).splitlines()
    return {name: text for name, _, text in (line.partition(": ") for line in lines)}


def _read(name: str, code: str) -> str:
    folder = resources.files("mmrag.synthesize") / "prompts"
    return (folder / f"{name}.{code}.txt").read_text(encoding="utf-8")
