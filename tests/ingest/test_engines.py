"""What the first engine can't do gets one try with the second, page by page where that is possible."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mmrag.config import IngestOptions
from mmrag.errors import (
    CrashedError,
    DamagedError,
    EncryptedError,
    IngestError,
    TimedOutError,
    UnsupportedError,
)
from mmrag.ingest.attempts import Attempt, Failure
from mmrag.ingest.opening import Job
from mmrag.ingest.place import Place
from mmrag.ingest.processes.pool import ParserPool
from mmrag.types import Document, ParsedPage

PLUGINS = Path(__file__).parent / "plugins"

Read = Callable[..., tuple[Document, list[ParsedPage]]]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a file for two engines, whose first looks two pages ahead."""
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))

    def parse(*steps: str, after: int = 0) -> tuple[Document, list[ParsedPage]]:
        path = tmp_path / "a.x"
        path.write_text("\n".join(steps), encoding="utf-8")
        job = Job(path, "a.x", "text/x-script-for-two", after=after)
        options = IngestOptions(workers=1, page_seconds=1.0, memory_mb=4000)
        with ParserPool(options, "misbehaving:ingestors") as pool:
            files = pool.parse([job])
            parsed = next(files)
            return parsed.open(), list(parsed.pages())

    return parse


def shown(pages: list[ParsedPage]) -> list[tuple[int, str]]:
    return [(page.page.number, "".join(one.text for one in page.elements)) for page in pages]


def reasons(pages: list[ParsedPage]) -> dict[int, str]:
    return {
        page.page.number: str(element.metadata["engine_reason"])
        for page in pages
        for element in page.elements
        if "engine_reason" in element.metadata
    }


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("first hang", "Script timed out"),
        ("first abort", "Script crashed"),
        ("first hog", "Script crashed"),
        ("broken no font", "Script failed"),
    ],
)
def test_the_second_engine_reads_the_page_that_broke_the_first(read: Read, step: str, reason: str) -> None:
    document, pages = read("page one", "page two", "page three", step, "page five", "page six")
    rescued = f"rescued {step.partition(' ')[2]}"
    assert shown(pages) == [(1, "one"), (2, "two"), (3, "three"), (4, rescued), (5, "five"), (6, "six")]
    assert reasons(pages) == {4: reason}
    assert not any(page.error for page in pages)
    assert "engine" not in document.metadata


def test_pages_that_break_both_are_lost_alone_with_both_reasons(read: Read) -> None:
    _, pages = read("page one", "abort", "page three", "page four")
    assert shown(pages) == [(1, "one"), (2, ""), (3, "three"), (4, "four")]
    assert pages[1].error == (
        "a.x: parsing page 2 killed the parser (SIGABRT); "
        "parsing page 2 with Rescue killed the parser (SIGABRT)"
    )


def test_a_page_that_both_give_up_by_themselves(read: Read) -> None:
    _, pages = read("page one", "broken no font")
    assert shown(pages) == [(1, "one"), (2, "rescued no font")]
    _, pages = read("page one", "raise")
    assert pages[1].error is not None
    assert pages[1].error.count("the parser lost its way") == 1


def test_after_too_many_bad_pages_the_second_engine_reads_the_rest(read: Read) -> None:
    _, pages = read("page one", *["first abort"] * 4, "page six", "page seven")
    expected = ["one", *["rescued abort"] * 4, "rescued six", "rescued seven"]
    assert [text for _, text in shown(pages)] == expected
    assert reasons(pages) == dict.fromkeys(range(2, 8), "Script crashed")


def test_a_page_that_breaks_the_second_engine_behind_the_end_of_the_first(read: Read) -> None:
    _, pages = read("page one", *["first abort"] * 4, "page six", "abort", "page eight")
    texts = [text for _, text in shown(pages)]
    assert texts == ["one", *["rescued abort"] * 4, "rescued six", "", "rescued eight"]


def test_a_third_hang_retires_the_first_engine(read: Read) -> None:
    _, pages = read("page one", *["first hang"] * 3, "page five")
    texts = [text for _, text in shown(pages)]
    assert texts == ["one", *["rescued hang"] * 3, "rescued five"]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("first open hang", "Script timed out opening it"),
        ("first open abort", "Script crashed opening it"),
        ("first open damaged", "Script could not open it"),
        ("first open raise", "Script crashed opening it"),
    ],
)
def test_a_file_that_only_the_second_engine_opens(read: Read, step: str, reason: str) -> None:
    document, pages = read(step, "page two")
    assert (document.metadata["engine"], document.metadata["engine_reason"]) == ("Rescue", reason)
    assert [text for _, text in shown(pages)][-1] == "rescued two"


def test_a_file_that_neither_opens_is_reported_with_both_reasons(read: Read) -> None:
    with pytest.raises(CrashedError) as caught:
        read("open abort")
    assert str(caught.value) == (
        "a.x: opening it killed the parser (SIGABRT); opening it with Rescue killed the parser (SIGABRT)"
    )


@pytest.mark.parametrize(("step", "kind"), [("abort", CrashedError), ("hang", TimedOutError)])
def test_a_file_none_of_whose_pages_can_be_read_fails_as_they_do(
    read: Read, step: str, kind: type[IngestError]
) -> None:
    with pytest.raises(kind, match="a.x: parsing page 1 .*; parsing page 1 with Rescue"):
        read(step)


def test_what_was_read_stays_where_both_engines_are_at_their_end(read: Read) -> None:
    _, pages = read("page one", *["abort"] * 9)
    assert [text for _, text in shown(pages)] == ["one", *[""] * 4]
    assert str(pages[-1].error).startswith("page 5 and those behind it were given up: a.x: parsing page 5 ")


def test_reading_on_behind_what_an_earlier_run_kept(read: Read) -> None:
    _, pages = read("abort", "page two", "first abort", "page four", after=1)
    assert shown(pages) == [(2, "two"), (3, "rescued abort"), (4, "four")]


def test_each_failure_narrows_the_next_attempt() -> None:
    crash, hang = CrashedError("a.x: died"), TimedOutError("a.x: slow")
    first = Attempt().without("a.x", Place(3), hang)
    assert first.bad == {3: Failure("TimedOutError", "a.x: slow")}
    assert first.refused is None
    lost = first.without("a.x", Place(3, "Rescue"), crash)
    assert lost.lost == {3: Failure("TimedOutError", "a.x: slow; died")}
    assert Attempt.from_json(lost.to_json()) == lost
    retired = lost.without("a.x", Place(7), hang).without("a.x", Place(9), hang)
    assert (retired.stop, retired.refused) == (9, None)
    assert [page for page in range(1, 12) if page in retired] == [3, 7, 9, 10, 11]
    assert retired.without("a.x", Place(8), crash).refused == Failure("CrashedError", "a.x: died")
    with pytest.raises(TimedOutError, match="slow; died"):
        lost.without("a.x", Place(3, "Rescue"), crash)


@pytest.mark.parametrize("error", [IngestError("x"), DamagedError("x"), EncryptedError("x")])
def test_a_failure_keeps_the_kind_of_its_error(error: IngestError) -> None:
    assert type(Failure.of(error).and_then("a", UnsupportedError("no second engine")).error) is type(error)
    assert Failure.of(ValueError("lost\nits way")) == Failure("CrashedError", "lost its way")
