"""One index, many threads: the same answers as alone, models loaded once, updates seen."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image

import mmrag
from mmrag.errors import NotAnIndexError, UsageError
from tests.api.test_update import RECIPE
from tests.fakes import LetterEncoder

WORDS = ["quartz", "jumbo", "vexing", "wizard", "fjord", "glyph", "sphinx", "zebra"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for word in WORDS:
        (folder / f"{word}.md").write_text(f"# {word}\n\nThe {word} is what this page tells about.\n")
    mmrag.build(folder, tmp_path / "index", pipeline=RECIPE).close()
    return tmp_path / "index"


def test_threads_find_and_answer_what_one_alone_does(place: Path) -> None:
    questions = [f"What about the {word}?" for word in WORDS * 4]
    with mmrag.open(place) as index:
        alone = [(index.search(question), index.ask(question).text) for question in questions]
    with mmrag.SharedIndex(place) as shared, ThreadPoolExecutor(8) as threads:
        assert shared.path == place
        found = list(threads.map(lambda question: shared.here.search(question), questions))
        said = list(threads.map(lambda question: shared.here.ask(question).text, questions))
    assert list(zip(found, said, strict=True)) == alone


def test_models_and_vectors_are_there_once(place: Path) -> None:
    with mmrag.SharedIndex(place) as shared, ThreadPoolExecutor(2) as threads:
        one, two = threads.map(lambda _: shared.here, range(2))
        here = shared.here
        assert shared.here is here
        assert here is not one
        assert here._lists is one._lists is two._lists
        (made,) = here._lists
        assert isinstance(made.encoder._encoder, LetterEncoder)


def test_threads_that_are_gone_leave_nothing_open(place: Path) -> None:
    with mmrag.SharedIndex(place) as shared:
        here = shared.here
        for _ in range(5):
            thread = Thread(target=lambda: shared.here.documents())
            thread.start()
            thread.join()
        assert len(shared._members) == 2
        assert here.documents() == shared.here.documents()


def test_sections_are_set_by_one_thread_at_a_time(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[int] = []

    def alone(*_: object) -> Image.Image:
        inside.append(1)
        time.sleep(0.01)
        assert len(inside) == 1
        inside.pop()
        return Image.new("RGB", (1, 1))

    monkeypatch.setattr("mmrag.api.typeset._typeset", alone)
    with mmrag.SharedIndex(place) as shared, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: shared.here.page_picture("zebra.md", 1), range(8)))


def test_updates_are_seen(place: Path, tmp_path: Path) -> None:
    with mmrag.SharedIndex(place) as shared:
        assert shared.here.search("xylophone")[0].document.path != "new.md"
        (tmp_path / "docs" / "new.md").write_text("# xylophone\n\nThe xylophone has bars.\n")
        with mmrag.open(place) as index:
            index.update()
        assert shared.here.search("xylophone")[0].document.path == "new.md"


def test_errors_come_out_where_they_were_made(place: Path, tmp_path: Path) -> None:
    with mmrag.SharedIndex(place) as shared:
        with pytest.raises(UsageError, match="the question is empty"):
            shared.here.search(" ")
        with pytest.raises(UsageError, match="top_k must be at least 1"):
            shared.here.search("zebra", 0)
    with pytest.raises(NotAnIndexError):
        mmrag.SharedIndex(tmp_path / "nothing")
