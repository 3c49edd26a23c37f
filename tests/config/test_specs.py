from __future__ import annotations

import pytest

from mmrag.config import resolve
from mmrag.errors import ModelError, SpecError
from tests.fakes import LetterEncoder

KNOWN = {"mini:text": "tests.fakes:LetterEncoder", "sized:*": "builtins:int"}


class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no weights")


def test_a_known_spec_is_made() -> None:
    assert isinstance(resolve("mini:text", KNOWN, "encoder"), LetterEncoder)


def test_a_family_is_called_with_the_name() -> None:
    assert resolve("sized:42", KNOWN, "encoder") == 42


def test_a_plugin_is_imported() -> None:
    assert isinstance(resolve("tests.fakes:LetterEncoder", {}, "encoder"), LetterEncoder)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mini:txt", r"no encoder is named 'mini:txt'; did you mean mini:text\?"),
        ("nonsense", "no encoder is named 'nonsense'; known: mini:text, sized:"),
        ("no.such:Thing", "the encoder no.such:Thing can't be imported"),
        ("tests.fakes:Nothing", "can't be imported"),
    ],
)
def test_what_is_unknown_is_named(spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        resolve(spec, KNOWN, "encoder")


def test_a_plugin_that_fails_says_why() -> None:
    with pytest.raises(ModelError, match="could not be made: no weights"):
        resolve("tests.config.test_specs:Broken", {}, "encoder")
