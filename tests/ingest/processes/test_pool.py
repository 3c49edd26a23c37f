import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mmrag.config import IngestOptions
from mmrag.errors import CrashedError, DamagedError, IngestError, TimedOutError, UnreadableError
from mmrag.ingest.opening import Job
from mmrag.ingest.processes.pool import ParserPool

PLUGINS = Path(__file__).parents[1] / "plugins"
MEDIA_TYPE = "text/x-script"

Write = Callable[..., Job]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))

    def job(name: str, *steps: str, password: str | None = None) -> Job:
        path = tmp_path / name
        path.write_text("\n".join(steps), encoding="utf-8")
        return Job(path, name, MEDIA_TYPE, password)

    return job


def pool(workers: int = 1, seconds: float = 20.0, memory_mb: int = 4000) -> ParserPool:
    options = IngestOptions(workers=workers, page_seconds=seconds, memory_mb=memory_mb)
    return ParserPool(options, "misbehaving:ingestors")


def texts(parser: ParserPool, *jobs: Job) -> list[list[str] | str]:
    """What each file gave: the texts of its pages, or the line of its error."""
    found: list[list[str] | str] = []
    for parsed in parser.parse(jobs):
        try:
            found.append([element.text for page in parsed.pages() for element in page.elements])
        except IngestError as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def test_pages_arrive_as_they_were_made(write: Write) -> None:
    with pool() as parser:
        job = write("a.x", "page one \u4e2d", "asset 3", "broken no font", password="pw")
        files = parser.parse([job])
        parsed = next(files)
        document = parsed.open()
        first, second, third = parsed.pages()
    assert (document.path, document.title, document.page_count) == ("a.x", "pw", 3)
    assert (first.page.width, first.page.rotation, first.page.label) == (100.0, 90, "xii")
    assert first.elements[0].text == "one \u4e2d"
    assert first.elements[0].section == ("A", "B")
    assert first.elements[0].bbox is not None
    assert first.elements[0].bbox.as_tuple() == (0.1, 0.2, 0.3, 0.4)
    assert second.assets[0].data == b"xxx"
    assert third.error == "no font"


def test_metadata_that_no_index_can_keep_costs_its_file_alone(write: Write) -> None:
    with pool() as parser:
        bad, good = texts(parser, write("bad.x", "level nan"), write("good.x", "level 2.5"))
    reason = "ValueError: its metadata 'level' is neither text nor a finite number"
    assert (bad, good) == (f"CrashedError: bad.x: parsing page 1 failed: {reason}", ["2.5"])


@pytest.mark.parametrize("workers", [1, 3])
def test_files_come_in_the_order_of_jobs(write: Write, workers: int) -> None:
    jobs = [write(f"{n}.x", *(["sleep 0.05"] if n % 3 == 0 else []), f"page {n}") for n in range(12)]
    with pool(workers) as parser:
        assert [found[-1] for found in texts(parser, *jobs)] == [str(n) for n in range(12)]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("hang", "TimedOutError: bad.x: parsing page 2 took longer than 1 s"),
        ("deaf", "TimedOutError: bad.x: parsing page 2 took longer than 1 s"),
        ("abort", "CrashedError: bad.x: parsing page 2 killed the parser (SIGABRT)"),
        ("exit", "CrashedError: bad.x: parsing page 2 ended the parser (exit status 3)"),
        ("hog", "CrashedError: bad.x: parsing page 2 needs more than 4,000 MB of memory"),
        ("raise", "CrashedError: bad.x: parsing page 2 failed: ValueError: the parser lost its way"),
        ("damaged", "DamagedError: this file is broken"),
    ],
)
def test_a_bad_page_fails_its_file_alone(write: Write, step: str, reason: str) -> None:
    jobs = [write("good.x", "page 1"), write("bad.x", "page 1", step, "page 3"), write("next.x", "page 2")]
    with pool(seconds=1.0) as parser:
        first, second, third = texts(parser, *jobs)
    assert (first, third) == (["1"], ["2"])
    assert isinstance(second, str)
    assert second.startswith(reason)
    assert "\n" not in second


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("open hang", TimedOutError),
        ("open abort", CrashedError),
        ("open hog", CrashedError),
        ("open raise", CrashedError),
        ("open damaged", DamagedError),
    ],
)
def test_a_bad_opening_fails_its_file_alone(write: Write, step: str, kind: type[IngestError]) -> None:
    with pool(seconds=1.0) as parser:
        files = parser.parse([write("bad.x", step, "page 1"), write("good.x", "page 2")])
        bad = next(files)
        with pytest.raises(kind):
            bad.open()
        with pytest.raises(kind):
            list(bad.pages())
        assert next(files).open().page_count == 1


def test_each_step_towards_a_page_has_the_time_limit_to_itself(write: Write) -> None:
    slow = replace(write("slow.x", *["sleep 0.7"] * 4), media_type="text/x-script-for-two")
    with pool(seconds=1.0) as parser:
        # Its parser reads two pages ahead, so that the first one takes three steps.
        assert texts(parser, slow) == [["0.7"] * 4]


def test_pages_before_a_crash_are_delivered(write: Write) -> None:
    with pool() as parser:
        files = parser.parse([write("bad.x", "page 1", "page 2", "abort", "page 4")])
        pages = next(files).pages()
        assert [next(pages).page.number, next(pages).page.number] == [1, 2]
        with pytest.raises(CrashedError):
            next(pages)


@pytest.mark.parametrize("step", ["hang", "abort", "hog", "raise", "exit", "damaged"])
def test_a_bad_page_costs_itself_alone_where_the_ingestor_can_go_on(write: Write, step: str) -> None:
    job = replace(write("bad.x", "page 1", step, "page 3", step), media_type="text/x-resumable-script")
    with pool(seconds=1.0) as parser:
        files = parser.parse([job, write("next.x", "page 5")])
        pages = list(next(files).pages())
        assert texts(parser, write("next.x", "page 5")) == [["5"]]
    assert [page.page.number for page in pages] == [1, 2, 3, 4]
    assert [bool(page.error) for page in pages] == [False, True, False, True]
    assert [len(page.elements) for page in pages] == [1, 0, 1, 0]
    assert "page 2" in str(pages[1].error) or step == "damaged"


def test_bytes_that_failed_are_not_tried_twice_in_a_run(write: Write) -> None:
    first, second = (replace(write(name, "open abort"), checksum="c" * 64) for name in ("a.x", "b.x"))
    with pool() as parser:
        started: list[int] = []
        start = parser._start_process
        parser._start_process = lambda: started.append(1) or start()
        found = texts(parser, first, second, write("good.x", "page 1"))
    reason = "CrashedError: {}: opening it killed the parser (SIGABRT)"
    assert found == [reason.format("a.x"), reason.format("b.x"), ["1"]]
    # One for the first try, one to learn that there is no second engine, and the same for the good file.
    assert len(started) == 2


def test_too_many_bad_pages_cost_the_file(write: Write) -> None:
    job = replace(write("bad.x", *["abort"] * 9), media_type="text/x-resumable-script")
    with pool() as parser:
        files = parser.parse([job])
        pages = next(files).pages()
        assert [next(pages).page.number for _ in range(3)] == [1, 2, 3]
        with pytest.raises(CrashedError, match="parsing page 4 killed the parser"):
            next(pages)


def test_a_file_that_is_gone(write: Write, tmp_path: Path) -> None:
    with pool() as parser:
        files = parser.parse([Job(tmp_path / "gone.x", "gone.x"), write("good.x", "page 1")])
        with pytest.raises(UnreadableError, match=r"gone\.x can't be opened: No such file"):
            next(files).open()
        assert next(files).open().page_count == 1


def test_prints_do_not_disturb(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    with pool() as parser:
        assert texts(parser, write("a.x", "print", "page 1")) == [["", "1"]]
    assert capfd.readouterr() == ("", "")


def test_a_process_is_used_again(write: Write) -> None:
    jobs = [write("a.x"), write("b.x")]
    with pool() as parser:
        pids = [parsed.open().metadata["pid"] for parsed in parser.parse(jobs)]
        pids += [parsed.open().metadata["pid"] for parsed in parser.parse(jobs)]
    assert len(set(pids)) == 1


def test_no_process_without_work() -> None:
    with pool(workers=4) as parser:
        assert list(parser.parse([])) == []
        assert not parser._threads


def test_no_more_processes_than_files(write: Write) -> None:
    with pool(workers=4) as parser:
        assert texts(parser, write("a.x", "page 1")) == [["1"]]
        assert len(parser._threads) == 1


def test_the_parsers_wait_for_a_slow_consumer(write: Write) -> None:
    jobs = [write("a.x", *["asset 100000"] * 200), write("b.x", *["page x"] * 1000)]
    with pool(workers=2) as parser:
        held = 0
        for parsed in parser.parse(jobs):
            for _ in parsed.pages():
                held = max(held, parser._buffer.held[0])
        assert parser._buffer.held == (0, 0)
    assert 0 < held <= 256 + 16 + 2 * 4


def test_files_left_early_are_given_up(write: Write) -> None:
    jobs = [write("a.x", *["page 1"] * 100), write("b.x", "page 2")]
    with pool() as parser:
        for parsed in parser.parse(jobs):
            if parsed.job.name == "a.x":
                next(parsed.pages())
            else:
                assert [page.elements[0].text for page in parsed.pages()] == ["2"]
        assert texts(parser, jobs[1]) == [["2"]]


def test_what_was_given_up_can_not_be_read(write: Write) -> None:
    with pool() as parser:
        first, _ = parser.parse([write("a.x", "page 1"), write("b.x")])
        with pytest.raises(CrashedError, match=r"a\.x was given up"):
            first.open()


def test_keys_stay_out_of_the_parsers(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("MMRAG_PLAIN", "plain")
    job = write("a.x", "environment OPENAI_API_KEY", "environment MMRAG_PLAIN")
    with pool() as parser:
        assert texts(parser, job) == [["hidden", "plain"]]


def test_parsers_reach_no_network_and_leave_no_cores(write: Write) -> None:
    kinds = ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK")
    job = write("a.x", *(f"confined {kind}" for kind in (*kinds, "program", "disk", "core")))
    with pool() as parser:
        (found,) = texts(parser, job)
    assert found == [*["PermissionError"] * 4, "1", "OSError", "(0, 0)"]


def test_closing_in_the_middle_ends_the_processes(write: Write) -> None:
    with pool(workers=2) as parser:
        files = parser.parse([write("a.x", "hang"), write("b.x", "hang")])
        pids = [int(next(files).open().metadata["pid"])]
        began = time.monotonic()
    assert time.monotonic() - began < 10
    assert not any(alive(pid) for pid in pids)


def test_an_ingestor_that_can_not_be_imported() -> None:
    with ParserPool(IngestOptions(workers=1), "no_such_module:ingestors") as parser:
        files = parser.parse([Job(Path(__file__), "a.x")])
        with pytest.raises(CrashedError, match="starting it ended the parser"):
            next(files).open()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().split()[2] != "Z"


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def script(tmp_path: Path, write: Write) -> Iterator[subprocess.Popen[str]]:
    """A user's script without a ``__main__`` guard, parsing a file that hangs in native code."""
    job = write("a.x", "deaf")
    code = tmp_path / "script.py"
    code.write_text(
        textwrap.dedent(
            f"""
            import signal
            from pathlib import Path
            from mmrag.config import IngestOptions
            from mmrag.ingest.opening import Job
            from mmrag.ingest.processes.pool import ParserPool
            # A shell starts what runs in its background with SIGINT ignored.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            with ParserPool(IngestOptions(workers=1), "misbehaving:ingestors") as pool:
                for parsed in pool.parse([Job(Path({str(job.path)!r}), "a.x", {MEDIA_TYPE!r})]):
                    print(parsed.open().metadata["pid"], flush=True)
                    list(parsed.pages())
            """
        )
    )
    root = str(Path(__file__).resolve().parents[3])
    process = subprocess.Popen(
        [sys.executable, str(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PLUGINS), root])},
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_parsers_die_with_their_parent(script: subprocess.Popen[str], how: signal.Signals) -> None:
    assert script.stdout is not None
    pid = int(script.stdout.readline())
    script.send_signal(how)
    assert script.wait(20) in (-how, 1, 130)
    assert eventually(lambda: not alive(pid))
