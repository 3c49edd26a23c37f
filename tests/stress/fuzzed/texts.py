"""Recipes, words, citations, and what servers answer."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from mmrag.captioners.answers import described
from mmrag.captioners.soundness import sound
from mmrag.config import Recipe, load_recipe, parse_recipe
from mmrag.endpoint.address import split_model
from mmrag.endpoint.client import parsed
from mmrag.endpoint.reply import whole_reply
from mmrag.endpoint.streaming import deltas
from mmrag.errors import MmragError
from mmrag.synthesize.checking import check
from mmrag.synthesize.claims import claims, quotations, without_markers
from mmrag.synthesize.markers import Markers
from mmrag.text import language, normalise, query_terms, sentences, terms
from mmrag.text.control import quoted, without_control_tokens
from mmrag.types import Usage, to_dict
from tests.stress.fuzzed.values import JSON, LONG, YAML, Target, data, mutated, texts
from tests.synthesize.test_injection import PIECES, TOKENS

_RECIPES = [yaml.safe_dump(to_dict(load_recipe(name))) for name in ("mini", "base", "api")]


@st.composite
def _recipe_data(draw: st.DrawFn) -> Any:
    """A recipe in which values are other values."""
    whole = to_dict(Recipe())
    for _ in range(draw(st.integers(1, 4))):
        place = whole
        key = draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], dict) and place[key] and draw(st.booleans()):
            place = place[key]
            key = draw(st.sampled_from(sorted(place)))
        place[draw(st.just(key) | texts)] = draw(data)
    return whole


def _read_recipe(data: Any, scratch: Path) -> None:
    if isinstance(data, str):
        path = scratch / "recipe.yaml"
        path.write_text(data, encoding="utf-8", errors="surrogatepass")
        recipe = load_recipe(path)
    else:
        recipe = parse_recipe(data, "fuzz")
    again = parse_recipe(json.loads(json.dumps(to_dict(recipe))), recipe.name)
    assert again == recipe


def _words(text: str, scratch: Path) -> None:
    once = normalise(text)
    assert normalise(once) == once
    terms(text), language(text), query_terms(text)
    assert all(0 <= begin <= end <= len(text) for begin, end in sentences(text))
    calm = without_control_tokens(text, ("<own_7>",))
    assert without_control_tokens(calm, ("<own_7>",)) == calm
    quoted(text, 20)


_MARKS = [
    LONG,
    f"[{LONG}]",
    "[1]",
    "[2, 3]",
    "【1】",
    "[^1]",
    "[Source 1]",
    "[1](http://x)",
    "[1–3]",
    "[9]",
    "[0, 1]",
    "`",
    "```\n",
    "\n\n",
    "- ",
    "| a |",
    '"',
    "“",
    "”",
    "4.5 m",
    "3,000",
    "21 %",
    "九",
    ". ",
    "。",
    "p. 4",
    "[",
    "]",
    "(",
    "†",
]
_answers = st.lists(
    st.sampled_from(_MARKS) | st.sampled_from(PIECES) | st.text(max_size=12), max_size=20
).map("".join)


def _cite(given: tuple[str, list[int], list[str]], scratch: Path) -> None:
    text, cuts, sources = given
    whole, pieces = Markers(3), Markers(3)
    shown = whole.feed(text) + whole.close()
    at = sorted(min(cut, len(text)) for cut in cuts)
    parts = [text[begin:end] for begin, end in zip([0, *at], [*at, len(text)], strict=True)]
    assert "".join(pieces.feed(part) for part in parts) + pieces.close() == shown
    assert pieces.order == whole.order
    for claim in claims(shown, len(whole.order)):
        assert all(1 <= number <= len(whole.order) for number in claim.cited)
    without_markers(shown), quotations(shown)
    for flag in check(shown, sources, "How many?"):
        assert 0 <= flag.begin <= flag.end <= len(shown)


_BODIES = [
    '{"choices": [{"message": {"content": "A chart [1]."}, "finish_reason": "stop"}], "usage": {"a": 9}}',
    'data: {"choices": [{"delta": {"content": "A "}}]}\n\n'
    'data: {"choices": [{"delta": {"content": "chart."}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n',
    '{"error": {"message": "overloaded", "code": 503}}',
]


def _answer(text: str, scratch: Path) -> None:
    body = text.encode("utf-8", "surrogatepass")
    for work in (
        lambda: sound(described(whole_reply(parsed(body)).text, Usage())).text.encode(),
        lambda: "".join(piece.text for piece in deltas(iter(body.split(b"\n")))).encode(),
        lambda: sound(described(text, Usage())).text.encode(),
        lambda: split_model(text),
    ):
        with suppress(MmragError):
            work()


TARGETS = {
    "recipe": Target(mutated(_RECIPES, YAML) | _recipe_data() | data, _read_recipe),
    "words": Target(
        st.lists(st.sampled_from(PIECES) | st.sampled_from(TOKENS) | texts, max_size=20).map("".join), _words
    ),
    "citation parser": Target(
        st.tuples(_answers, st.lists(st.integers(0, 200), max_size=6), st.lists(texts, max_size=3)), _cite
    ),
    "servers": Target(mutated(_BODIES, [*JSON, "data: ", "\n\n", "<think>", "</think>", "```json"]), _answer),
}
