"""Questions that can't be asked so."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmrag
from mmrag.errors import UsageError
from mmrag.types import Query
from tests.api.test_views import folder, index

__all__ = ["folder", "index"]


def test_nothing_is_answered_where_nothing_is_asked_in_words(folder: Path, index: mmrag.Index) -> None:
    picture = str(folder / "warm.png")
    with mmrag.build(folder, index.path, strategies="joint") as built:
        assert built.search(Query(" ", picture=picture)) == built.search(Query(picture=picture))
        for words in ("", " "):
            with pytest.raises(UsageError, match="wants words, also beside a picture"):
                built.ask(Query(words, picture=picture))
        assert built.ask(Query("zebra", picture=picture), top_k=1).hits


@pytest.mark.parametrize("top_k", [0, -1])
def test_no_pages_are_no_number_of_the_recipe(index: mmrag.Index, top_k: int) -> None:
    with pytest.raises(UsageError, match=f"top_k must be at least 1, found {top_k}"):
        index.ask("zebra", top_k=top_k)
