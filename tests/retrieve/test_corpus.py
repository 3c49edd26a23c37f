"""Ties in the order in which pages stand, and elements that stay at hand no longer than they hold."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.config import RetrieveOptions
from mmrag.index.writer import Writer
from mmrag.retrieve import corpus as module
from mmrag.retrieve.corpus import Corpus
from mmrag.types import Query
from tests.retrieve.test_retriever import retriever, writer

__all__ = ["writer"]


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 12), st.randoms())
def test_the_best_are_those_of_a_whole_sort(scores: list[int], count: int, random: Random) -> None:
    place_of = np.array(random.sample(range(100), len(scores)), np.int64)
    pages = np.arange(len(scores))
    order = sorted(range(len(scores)), key=lambda page: (-scores[page], place_of[page]))[:count]
    best, their = Corpus(place_of=place_of).best(pages, np.array(scores, np.float64), count)
    assert best.tolist() == order
    assert their.tolist() == [scores[page] for page in order]


def test_an_element_that_was_changed_is_read_again(writer: Writer) -> None:
    searching = retriever(writer, RetrieveOptions())
    assert searching.search(Query("zebra"), 1)[0].element.text == "zebra zebra"
    with writer.writing():
        writer.connection.execute("UPDATE elements SET text = 'seen anew' WHERE text = 'zebra zebra'")
    assert searching.search(Query("zebra"), 1)[0].element.text == "seen anew"


def test_no_more_elements_stay_than_there_is_room_for(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ELEMENTS_KEPT", 3)
    searching = retriever(writer, RetrieveOptions())
    first = searching.search(Query("zebra"), 2)
    assert searching.search(Query("apple"), 2)[0].element.text == "apple pie"
    assert searching.search(Query("zebra"), 2) == first
    assert len(searching._corpus._elements) <= 3
