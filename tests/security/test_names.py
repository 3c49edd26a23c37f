"""Names that others have chosen become names of files: of nothing but files, in the folder that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmrag.benchmark.datasets.converted import file_name
from mmrag.cli.looking import _default_name
from mmrag.types import Document
from tests.stress.tampered_run import NAMES

names = (
    st.sampled_from(NAMES)
    | st.text(max_size=40)
    | st.lists(st.sampled_from(["..", "/", "\\", "a", ".", "~", "\n"])).map("".join)
)


def assert_harmless(name: str) -> None:
    assert Path(name).name == name
    assert name not in ("", ".", "..")
    assert not name.startswith(".")
    assert not any(ord(letter) < 32 or letter in "/\\\x7f" for letter in name)
    assert len(name.encode()) <= 255


@given(names)
@example("-rf")
def test_the_picture_of_a_page(path: str) -> None:
    name = str(_default_name(Document("0" * 64, path or "x", "application/pdf"), 1, None))
    assert_harmless(name)
    assert not name.startswith(("-", "~"))


@given(names)
def test_an_entry_of_a_dataset(name: str) -> None:
    assert_harmless(file_name(name) + ".txt")


@pytest.mark.parametrize("name", NAMES)
def test_two_entries_never_share_a_file(name: str) -> None:
    assert len({file_name(other) for other in NAMES}) == len(NAMES)
    assert file_name(name) == file_name(name)
