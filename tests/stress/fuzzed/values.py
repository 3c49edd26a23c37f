"""What inputs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

texts = st.text(max_size=30)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from(["", "1", "mini", "../x"])
)
data = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=15,
)


@st.composite
def mutated(draw: st.DrawFn, originals: list[str], pieces: list[str]) -> str:
    """One of the originals, with a few pieces cut out, doubled, or put in."""
    text = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(0, 6))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 200)))
        new = draw(st.sampled_from(pieces) | texts | st.just(text[begin:end] * 2))
        text = text[:begin] + new + text[end:]
    return text


LONG = "9" * 5000
"""More digits than Python reads."""

YAML = [
    LONG,
    "&a",
    "*a",
    "!!python/object:os.system",
    "[",
    "{",
    "? ",
    "- ",
    ": ",
    "\t",
    "'",
    "0x",
    "1e999",
    ".nan",
    "2020-99-99",
    "\0",
]
JSON = [
    LONG,
    "null",
    "[",
    "]",
    "{",
    "}",
    '"',
    ",",
    ":",
    "1e999",
    "NaN",
    "-",
    "\\ud800",
    "[" * 30_000,
    '"pages"',
    '"bbox"',
    "\n",
    "\0",
    "\ufeff",
    '{"a":' * 10_000,
]


@dataclass(frozen=True)
class Target:
    """Something to be tried: what it is given, and what is done with it."""

    inputs: st.SearchStrategy[Any]
    run: Callable[[Any, Path], None]
