import threading
from collections.abc import Sequence
from functools import partial

import pytest
from PIL import Image

from mmrag.captioners import (
    Captioner,
    Description,
    Failure,
    PictureContext,
    Request,
    Tally,
    Usage,
    describe_all,
)
from mmrag.errors import MissingExtraError, ModelError

PLAIN = PictureContext()


class Memory(dict[str, str]):
    """A cache in memory that counts its answers."""

    def get(self, keys: Sequence[str]) -> dict[str, str]:  # type: ignore[override]
        return {key: self[key] for key in keys if key in self}

    def put(self, key: str, text: str) -> None:
        self[key] = text


class Wide(Captioner):
    """Says the width, ten tokens a picture; fails at 13 with a reason, at 17 like a library."""

    spec = "tests:Wide"
    fingerprint = "wide-1"

    def __init__(self, batch_size: int = 1, parallel: bool = False) -> None:
        self.batch_size, self.parallel = batch_size, parallel
        self.asked: list[list[int]] = []

    def caption(self, picture: Image.Image, context: PictureContext) -> Description:
        if picture.width == 13:
            raise ModelError("thirteen\nis too hard")
        if picture.width == 17:
            raise ZeroDivisionError("oh")
        return Description(f"{picture.width} wide {context.caption}.", usage=Usage(9, 1, 1))

    def caption_all(
        self, pictures: Sequence[tuple[Image.Image, PictureContext]]
    ) -> list[Description | ModelError]:
        self.asked.append([picture.width for picture, _ in pictures])
        return super().caption_all(pictures)


def request(width: int, caption: str = "pixels") -> Request:
    return Request(f"asset-{width}", lambda: Image.new("L", (width, 1)), PictureContext(caption))


def texts(outcomes: list[Description | Failure]) -> list[str]:
    return [outcome.text if isinstance(outcome, Description) else outcome.reason for outcome in outcomes]


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("batch_size", [1, 2, 100])
@pytest.mark.parametrize("concurrency", [1, 3, 50])
def test_the_order_is_that_of_the_requests(parallel: bool, batch_size: int, concurrency: int) -> None:
    widths = [5, 3, 13, 5, 9, 3, 1, 7, 2]
    captioner = Wide(batch_size, parallel)
    said = texts(describe_all(captioner, [request(width) for width in widths], Memory(), concurrency))
    assert said == ["thirteen is too hard" if width == 13 else f"{width} wide pixels." for width in widths]
    assert sorted(width for batch in captioner.asked for width in batch) == [1, 2, 3, 5, 7, 9, 13]
    assert max(map(len, captioner.asked)) <= batch_size


def test_another_context_is_another_picture() -> None:
    captioner = Wide()
    assert texts(describe_all(captioner, [request(1, "a"), request(1, "b")], Memory())) == [
        "1 wide a.",
        "1 wide b.",
    ]
    assert captioner.asked == [[1], [1]]


@pytest.mark.parametrize(
    "other",
    [
        PictureContext(words="x"),
        PictureContext(section=("x",)),
        PictureContext(language="x"),
        PictureContext(before="x"),
        PictureContext(after="x"),
        PictureContext(before="\ud800"),
    ],
)
def test_every_part_of_the_context_counts(other: PictureContext) -> None:
    captioner, cache = Wide(), Memory()
    for context in (PLAIN, other, PLAIN, other):
        describe_all(captioner, [Request("a", lambda: Image.new("L", (1, 1)), context)], cache)
    assert captioner.asked == [[1], [1]]


def test_what_a_captioner_does_not_read_does_not_count() -> None:
    class Captions(Wide):
        context_fields = frozenset({"caption"})

    captioner, cache = Captions(), Memory()
    contexts = [
        PictureContext("a"),
        PictureContext("a", before="x", after="y", section=("z",)),
        PictureContext("b", before="x"),
    ]
    for context in contexts:
        describe_all(captioner, [Request("a", lambda: Image.new("L", (1, 1)), context)], cache)
    assert captioner.asked == [[1], [1]]
    assert len(cache) == 2


def test_descriptions_that_were_checked_otherwise_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, captioner = Memory(), Wide()
    describe_all(Wide(), [request(1)], cache)
    monkeypatch.setattr("mmrag.captioners.describing.SOUNDNESS_VERSION", "sound:other")
    describe_all(captioner, [request(1)], cache)
    assert captioner.asked == [[1]]


def test_a_rerun_asks_nobody_and_opens_nothing() -> None:
    cache = Memory()
    first = describe_all(Wide(), [request(1), request(2)], cache)

    def refuse() -> Image.Image:
        raise AssertionError("opened again")

    again = [Request(f"asset-{width}", refuse, PictureContext("pixels")) for width in (2, 1)]
    captioner, tallies = Wide(), list[Tally]()
    assert describe_all(captioner, again, cache, on_progress=tallies.append) == first[::-1]
    assert captioner.asked == []
    assert tallies == [Tally(total=2, cached=2)]


def test_another_fingerprint_is_asked_again() -> None:
    cache, captioner = Memory(), Wide()
    describe_all(Wide(), [request(1)], cache)
    captioner.fingerprint = "wide-2"
    describe_all(captioner, [request(1)], cache)
    assert captioner.asked == [[1]]


def test_failures_are_returned_and_tried_again() -> None:
    cache, captioner = Memory(), Wide()
    for _ in range(2):
        (failure, fine) = describe_all(captioner, [request(13), request(4)], cache)
        assert failure == Failure("thirteen is too hard")
        assert isinstance(fine, Description)
    assert captioner.asked == [[13], [4], [13]]
    assert len(cache) == 1


def test_what_a_library_raises_costs_its_batch_alone() -> None:
    captioner = Wide(batch_size=2)
    said = texts(describe_all(captioner, [request(1), request(17), request(2)], Memory()))
    assert said == [*["tests:Wide failed: ZeroDivisionError: oh"] * 2, "2 wide pixels."]


def test_a_picture_that_cannot_be_opened_fails_alone() -> None:
    def broken() -> Image.Image:
        raise OSError("cut\nshort")

    requests = [Request("x", broken, PLAIN), request(1)]
    said = texts(describe_all(Wide(batch_size=5), requests, Memory()))
    assert said == ["the picture can't be opened: OSError: cut short", "1 wide pixels."]


@pytest.mark.parametrize("parallel", [False, True])
def test_a_captioner_that_cannot_work_stops_the_run_and_loses_nothing(parallel: bool) -> None:
    class Missing(Wide):
        def caption(self, picture: Image.Image, context: PictureContext) -> Description:
            if picture.width == 2:
                raise MissingExtraError("hf:x", "torch", "models")
            return super().caption(picture, context)

    cache = Memory()
    with pytest.raises(MissingExtraError, match="pip install"):
        describe_all(Missing(parallel=parallel), [request(1), request(2)], cache, 2)
    assert len(cache) == 1


def test_calls_run_at_once_but_no_more_than_allowed() -> None:
    together = threading.Barrier(3, timeout=20)
    running, most, lock = 0, 0, threading.Lock()

    class Slow(Wide):
        def caption(self, picture: Image.Image, context: PictureContext) -> Description:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            together.wait()
            with lock:
                running -= 1
            together.wait()
            return super().caption(picture, context)

    describe_all(Slow(parallel=True), [request(width) for width in range(1, 7)], Memory(), 3)
    assert most == 3


def test_pictures_are_opened_in_the_calling_thread_when_their_turn_comes() -> None:
    """A caller may hold a database that only its own thread may ask."""
    opened = described = ahead = 0
    lock = threading.Lock()

    class Counting(Wide):
        def caption(self, picture: Image.Image, context: PictureContext) -> Description:
            nonlocal described
            with lock:
                described += 1
            return super().caption(picture, context)

    def open_one(width: int) -> Image.Image:
        nonlocal opened, ahead
        assert threading.current_thread() is threading.main_thread()
        opened += 1
        with lock:
            ahead = max(ahead, opened - described)
        return Image.new("L", (width, 1))

    requests = [Request(str(width), partial(open_one, width), PLAIN) for width in range(20, 60)]
    assert len(describe_all(Counting(parallel=True), requests, Memory(), 3)) == 40
    assert opened == described == 40
    assert ahead <= 4


def test_a_captioner_that_is_not_parallel_runs_in_the_calling_thread() -> None:
    class Here(Wide):
        def caption(self, picture: Image.Image, context: PictureContext) -> Description:
            assert threading.current_thread() is threading.main_thread()
            return super().caption(picture, context)

    assert describe_all(Here(), [request(1), request(2)], Memory(), 8)


def test_the_tally_counts_what_was_paid() -> None:
    cache, tallies = Memory(), list[Tally]()
    describe_all(Wide(), [request(1)], cache)
    describe_all(Wide(), [request(1), request(2), request(2), request(13)], cache, on_progress=tallies.append)
    assert tallies == [
        Tally(3, 1),
        Tally(3, 1, 1, 0, Usage(9, 1, 1)),
        Tally(3, 1, 1, 1, Usage(9, 1, 1)),
    ]
    assert tallies[0] + tallies[2] == Tally(6, 2, 1, 1, Usage(9, 1, 1))


def test_a_useless_answer_has_its_cost_and_is_not_kept() -> None:
    class Empty(Wide):
        def caption(self, picture: Image.Image, context: PictureContext) -> Description:
            return Description(" ", usage=Usage(9, 0, 1))

    cache = Memory()
    (failure,) = describe_all(Empty(), [request(1)], cache)
    assert failure == Failure("the captioner answered with nothing", Usage(9, 0, 1))
    assert not cache


def test_a_wrong_number_of_answers_is_said() -> None:
    class Short(Wide):
        def caption_all(
            self, pictures: Sequence[tuple[Image.Image, PictureContext]]
        ) -> list[Description | ModelError]:
            return []

    with pytest.raises(ModelError, match="gave 0 descriptions for 1 pictures"):
        describe_all(Short(), [request(1)], Memory())


def test_nothing_asked_nothing_said() -> None:
    assert describe_all(Wide(), [], Memory()) == []


def test_cost_is_per_million_tokens() -> None:
    assert Usage(2_000_000, 500_000, 7).cost(0.25, 2.0) == 1.5


def test_the_text_of_a_description_holds_all_its_parts() -> None:
    assert Description("A chart.", "Yield", "2020: 5").text == "A chart.\n2020: 5\nYield"
    assert Description("", "Yield").text == "Yield"
