"""Values that no writer of mmrag has written are said to be damage."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import mmrag
from mmrag.config import CaptionOptions, IngestOptions
from mmrag.errors import CorruptError
from mmrag.index.reader import Reader
from mmrag.index.writer import Writer

RECIPE = mmrag.Recipe(
    strategies=("caption",),
    ingest=IngestOptions(workers=1, ocr="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("# Harbour\n\nThe ferry leaves at nine.\n")
    mmrag.build(folder / "docs", folder / "index", pipeline=RECIPE).close()
    return folder / "index"


@pytest.mark.parametrize(
    ("statement", "value", "read"),
    [
        ("UPDATE documents SET metadata = ?", "{", lambda reader: reader.documents()),
        ("UPDATE pages SET lines = ?", b"no zlib", lambda reader: reader.lines("a.md", 1)),
        ("UPDATE pages SET lines = ?", b"x\x9c\x03\x00", lambda reader: reader.lines("a.md", 1)),
        ("UPDATE elements SET kind = ?", "gadget", lambda reader: reader.page_elements("a.md", 1)),
        ("UPDATE elements SET kind = ?", "gadget", lambda reader: reader.counts()),
        ("UPDATE elements SET section = ?", "[" * 10_000, lambda reader: reader.page_elements("a.md", 1)),
        ("UPDATE elements SET x0 = ?", "left", lambda reader: reader.page_elements("a.md", 1)),
        ("UPDATE files SET status = ?", "fine", lambda reader: reader.files()),
        ("UPDATE meta SET value = ?", "", lambda reader: reader.get("recipe")),
    ],
)
def test_odd_values(place: Path, statement: str, value: object, read: Callable[[Reader], object]) -> None:
    with closing(Writer(place)) as writer, pytest.raises(CorruptError, match="mmrag can't have written"):
        change_and_read(writer, statement, value, read)
    with closing(Reader(place)) as reader:
        assert [document.path for document in reader.documents().values()] == ["a.md"]


def change_and_read(writer: Writer, statement: str, value: object, read: Callable[[Reader], object]) -> None:
    with writer.writing():
        writer.connection.execute(statement, (value,))
        read(writer)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (mmrag.Filters(kinds=("text",)), 1),  # type: ignore[arg-type]
        (mmrag.Filters(kinds=("gadget",)), 0),  # type: ignore[arg-type]
        (mmrag.Filters(pages=(1, 10**30)), 1),
        (mmrag.Filters(pages=(-(10**30), 0)), 0),
    ],
)
def test_filters_of_any_size(place: Path, filters: mmrag.Filters, found: int) -> None:
    with mmrag.open(place) as index:
        assert len(index.search("ferry", filters=filters)) == found
