import os
import time
from collections.abc import Iterator

import pytest

from mmrag.ingest.place import Place
from mmrag.ingest.processes.whereabouts import Teller, Whereabouts

places = [Place(3), Place(4, "pdfium"), Place(0, "pdfium", "it is broken"), Place(2**40, "e", "\ud800中" * 5)]


@pytest.fixture(params=["memory", "file"])
def whereabouts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whereabouts]:
    if request.param == "file":
        monkeypatch.delattr(os, "memfd_create")
    shared = Whereabouts()
    yield shared
    shared.close()


def test_what_was_told_last_is_read(whereabouts: Whereabouts) -> None:
    teller = Teller(whereabouts.descriptor)
    assert whereabouts.read() == (Place(), 0.0)
    for place in places:
        before = time.monotonic()
        teller.tell(place)
        found, since = whereabouts.read()
        assert found == place
        assert before <= since <= time.monotonic()


@pytest.mark.parametrize("tellings", [1, 2])
def test_a_new_file_begins_anew(whereabouts: Whereabouts, tellings: int) -> None:
    teller = Teller(whereabouts.descriptor)
    for _ in range(tellings):
        teller.tell(Place(7, "pdfium"))
    whereabouts.clear()
    assert whereabouts.read() == (Place(), 0.0)
    teller.tell(Place(1))
    assert whereabouts.read()[0] == Place(1)


def test_a_long_reason_is_cut(whereabouts: Whereabouts) -> None:
    Teller(whereabouts.descriptor).tell(Place(1, "pdfium", "\U0001f4a5" * 10_000))
    place, _ = whereabouts.read()
    assert place == Place(1, "pdfium", "\U0001f4a5" * 600)


@pytest.mark.parametrize("size", [0, 1, 8, 20, 100, 20_000])
@pytest.mark.parametrize("filling", [b"\0", b"\1", b"\2", b"\xff", b"["])
def test_what_a_broken_parser_leaves_is_not_believed(
    whereabouts: Whereabouts, size: int, filling: bytes
) -> None:
    os.truncate(whereabouts.descriptor, 0)
    os.pwrite(whereabouts.descriptor, filling * size, 0)
    place, since = whereabouts.read()
    assert (place.engine, place.why) == ("", "")
    assert since <= time.monotonic()


def test_a_time_to_come_is_now(whereabouts: Whereabouts, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic", lambda: 1e12)
        Teller(whereabouts.descriptor).tell(Place(1))
    assert whereabouts.read()[1] <= time.monotonic()


def test_a_parser_that_dies_while_telling_leaves_the_place_before(whereabouts: Whereabouts) -> None:
    class Memory:
        """Takes what is written up to the byte that makes it count."""

        def __init__(self, teller: Teller) -> None:
            self._memory = teller._memory

        def __getitem__(self, at: int) -> int:
            return self._memory[at]

        def __setitem__(self, at: slice | int, data: bytes | int) -> None:
            if isinstance(at, int):
                raise InterruptedError
            self._memory[at] = data

    teller = Teller(whereabouts.descriptor)
    teller.tell(Place(5))
    teller._memory = Memory(teller)  # type: ignore[assignment]
    with pytest.raises(InterruptedError):
        teller.tell(Place(6, "pdfium", "why"))
    assert whereabouts.read()[0] == Place(5)
