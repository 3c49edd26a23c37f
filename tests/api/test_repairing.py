"""Verifying and repairing an index: what is said, what is kept, what is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mmrag
from mmrag.config import CaptionOptions, IngestOptions, VisualOptions
from mmrag.errors import CorruptError, LockedError, NotAnIndexError
from mmrag.index.captions import CAPTIONS
from mmrag.index.lock import WriterLock
from mmrag.index.mending.salvage import FOLDER, put_in_place
from mmrag.index.sealing.roots import COUNT, ROOTS
from mmrag.index.sealing.seal import BLOCK, DATABASE, LOG, SEAL, read_seal
from mmrag.index.store import create
from mmrag.index.writer import Writer
from tests.fakes import LetterEncoder
from tests.truth import truth

RECIPE = mmrag.Recipe(
    name="fake",
    strategies=("caption", "visual"),
    ingest=IngestOptions(workers=1, ocr="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)),
)
WORDS = "quick brown fox jumps over lazy dog vexing wizards quiz jazz zebra".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents, and an index of them of several dozen blocks."""
    place = tmp_path_factory.mktemp("made")
    docs = place / "docs"
    docs.mkdir()
    for number in range(8):
        dice = random.Random(number)
        Image.new("RGB", (40 + number, 30), (number * 20, 90, 10)).save(docs / f"{number}.png")
        parts = [f"# Part {part}\n\n{' '.join(dice.choices(WORDS, k=200))}.\n\n" for part in range(12)]
        (docs / f"{number}.md").write_text("".join(parts) + f"![The lake {number}]({number}.png)\n")
    mmrag.build(docs, place / "index", pipeline=RECIPE).close()
    return place


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "index", tmp_path / "index"))


def damaged(found: tuple[mmrag.Finding, ...]) -> list[tuple[str, str]]:
    return [(one.place, one.problem) for one in found if not one.harmless]


def flip(file: Path, place: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(place)
        (byte,) = opened.read(1)
        opened.seek(place)
        opened.write(bytes([byte ^ 8]))


def test_a_whole_index_has_nothing_to_be_said_of(index: Path) -> None:
    assert mmrag.verify(index) == mmrag.verify(index, deep=True) == ()
    with mmrag.open(index) as opened:
        assert opened.verify(deep=True) == ()
    assert mmrag.repair(index) == mmrag.Repair()
    with pytest.raises(NotAnIndexError, match="there is no index at"):
        mmrag.verify(index.parent)
    with pytest.raises(NotAnIndexError, match="there is no index at"):
        mmrag.repair(index.parent)


def test_an_index_that_has_lost_its_database_is_no_nothing(index: Path) -> None:
    (index / DATABASE).unlink()
    with pytest.raises(CorruptError, match=r"has lost its mmrag\.sqlite: see mmrag repair"):
        mmrag.open(index)
    assert (DATABASE, "is missing") in damaged(mmrag.verify(index))


def test_an_index_without_any_picture_has_nothing_to_be_said_of(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n\nWords alone.\n")
    mmrag.build(tmp_path / "docs", tmp_path / "index", pipeline=RECIPE).close()
    assert mmrag.verify(tmp_path / "index", deep=True) == ()


def test_documents_that_are_whole_are_kept_as_they_were(index: Path, made: Path) -> None:
    before = truth(index)
    size = (index / DATABASE).stat().st_size
    flip(index / DATABASE, size * 2 // 3)
    begin = size * 2 // 3 // BLOCK * BLOCK
    assert damaged(mmrag.verify(index)) == [
        (DATABASE, f"bytes {begin:,} to {begin + BLOCK:,} are not what was written")
    ]
    with pytest.raises(CorruptError, match=r"1 of \d+ blocks of mmrag.sqlite do not fit .*mmrag repair"):
        mmrag.open(index)
    done = mmrag.repair(index)
    lost = {found.place for found in done.lost}
    assert 1 <= len(lost) <= 6
    assert damaged(mmrag.verify(index, deep=True)) == []
    with mmrag.open(index) as opened:
        kept = {document.path for document in opened.documents()}
        assert kept | lost == {f"{number}.{kind}" for number in range(8) for kind in ("md", "png")}
        assert not kept & lost
        found = {hit.document.path for hit in opened.search("vexing wizards", 1000)}
        assert {path for path in kept if path.endswith(".md")} <= found <= kept
    calls = LetterEncoder.calls
    with mmrag.build(made / "docs", index) as opened:
        assert opened.report is not None
        assert {one.path for one in opened.report.files if one.status == "indexed"} == lost
    assert LetterEncoder.calls - calls <= 300 * len(lost)
    assert truth(index) == before


@pytest.mark.parametrize("place", [3, 5000, BLOCK + 9, 2 * BLOCK + 100], ids=str)
def test_the_first_blocks_are_brought_back_from_their_copy(index: Path, made: Path, place: int) -> None:
    before, calls = truth(index), LetterEncoder.calls
    flip(index / DATABASE, place)
    done = mmrag.repair(index)
    assert [one.problem for one in done.mended] == ["its first blocks were brought back from their copy"]
    assert done.lost == ()
    assert mmrag.verify(index, deep=True) == ()
    mmrag.build(made / "docs", index).close()
    assert (truth(index), LetterEncoder.calls) == (before, calls)


def test_what_else_is_damaged_is_salvaged(index: Path) -> None:
    flip(index / DATABASE, 5000)
    flip(index / DATABASE, (index / DATABASE).stat().st_size * 2 // 3)
    done = mmrag.repair(index)
    assert [one.problem for one in done.mended[:1]] == ["its first blocks were brought back from their copy"]
    assert 1 <= len(done.lost) <= 6
    assert damaged(mmrag.verify(index, deep=True)) == []


def test_the_first_blocks_are_brought_back_after_a_kill_too(index: Path) -> None:
    """What a run has committed since the seal is in the log, and is laid over them."""
    connection = sqlite3.connect(index / DATABASE, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE documents SET title = 'new' WHERE path = '3.md'")
    (token,) = connection.execute("PRAGMA application_id").fetchone()
    connection.execute(f"PRAGMA application_id = {token}")
    killed = shutil.copytree(index, index.with_name("killed"))
    connection.close()
    flip(killed / DATABASE, 20_000)
    assert mmrag.repair(killed).lost == ()
    with mmrag.open(killed) as opened:
        assert opened.document("3.md").title == "new"
        assert len(opened.documents()) == 16


@pytest.mark.parametrize("harm", ["damaged", "gone", "of another"])
def test_a_copy_of_the_first_blocks_that_is_not_one_is_not_believed(
    index: Path, tmp_path: Path, harm: str
) -> None:
    copy = index / ROOTS
    if harm == "damaged":
        flip(copy, 5000)
    elif harm == "gone":
        copy.unlink()
    else:
        create(tmp_path / "other")
        shutil.copy(tmp_path / "other" / ROOTS, copy)
    (note,) = mmrag.verify(index)
    assert (note.place, note.harmless) == (ROOTS, True)
    trial = Path(shutil.copytree(index, tmp_path / "trial"))
    flip(trial / DATABASE, 5000)
    assert (DATABASE, "nothing in it could be saved") in [
        (one.place, one.problem) for one in mmrag.repair(trial).lost
    ]
    assert [one.place for one in mmrag.repair(index).mended] == [ROOTS]
    assert mmrag.verify(index) == ()


def test_the_copy_of_the_first_blocks_has_all_beginnings(index: Path) -> None:
    with sqlite3.connect(index / DATABASE) as connection:
        last = connection.execute("SELECT max(rootpage) FROM sqlite_master").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    assert last * size <= COUNT * BLOCK


def test_damage_in_the_first_blocks_does_not_get_into_their_copy(index: Path, made: Path) -> None:
    """A run that has the index open since before it seals what others of its blocks hold."""
    with closing(Writer(index)) as writer:
        flip(index / DATABASE, 2 * BLOCK + 100)
        with writer.writing():
            writer.set("other", 1)
    before = (index / DATABASE).read_bytes()
    assert mmrag.repair(index).lost == ()
    assert (index / DATABASE).read_bytes() != before


def test_what_rests_on_a_damaged_block_is_never_kept(index: Path) -> None:
    blocks = (index / DATABASE).stat().st_size // BLOCK
    with mmrag.open(index) as opened:
        before = {one.path: truth_of(opened, one) for one in opened.documents()}
    for block in random.Random(5).sample(range(blocks), 4):
        trial = index.with_name("trial")
        shutil.rmtree(trial, ignore_errors=True)
        shutil.copytree(index, trial)
        with (trial / DATABASE).open("r+b") as file:
            file.seek(block * BLOCK)
            data = bytearray(file.read(BLOCK))
            for at in range(0, BLOCK, 5):
                data[at] ^= 0x11
            file.seek(block * BLOCK)
            file.write(data)
        mmrag.repair(trial)
        with mmrag.open(trial) as opened:
            for document in opened.documents() if opened._is_settled else ():
                assert truth_of(opened, document) == before[document.path], block


def truth_of(index: mmrag.Index, document: mmrag.Document) -> list[object]:
    """All that the database has of a document."""
    connection = index._reader.connection
    (row,) = connection.execute("SELECT row FROM documents WHERE path = ?", (document.path,)).fetchone()
    queries = (
        "SELECT * FROM pages JOIN page_terms ON page_terms.rowid = row WHERE document = ?",
        "SELECT * FROM elements LEFT JOIN element_terms ON element_terms.rowid = row WHERE document = ?",
        "SELECT * FROM chunks JOIN vectors ON vectors.row = chunks.vector WHERE document = ? ORDER BY 1",
        "SELECT * FROM page_vectors WHERE document = ? ORDER BY page",
        "SELECT * FROM views WHERE document = ?",
    )
    return [connection.execute(query, (row,)).fetchall() for query in queries]


def test_a_database_that_is_lost_is_made_from_nothing(index: Path, made: Path) -> None:
    before = truth(index)
    (index / DATABASE).unlink()
    assert damaged(mmrag.verify(index)) == [(DATABASE, "is missing")]
    done = mmrag.repair(index)
    assert (DATABASE, "nothing in it could be saved") in [(one.place, one.problem) for one in done.lost]
    with mmrag.build(made / "docs", index, pipeline=RECIPE) as opened:
        assert opened.report is not None
        assert opened.report.described_before > 0
    assert truth(index) == before


def test_a_seal_is_made_anew(index: Path) -> None:
    before = truth(index)
    (index / SEAL).write_text("{}")
    assert [place for place, _ in damaged(mmrag.verify(index))] == [SEAL]
    done = mmrag.repair(index)
    assert [(one.place, one.problem) for one in done.mended] == [
        (SEAL, "was made anew; what mmrag.sqlite holds was taken as it is")
    ]
    assert truth(index) == before
    seal = read_seal(index)
    assert seal is not None
    assert seal.generation >= 3


def test_vector_files_are_written_anew(index: Path) -> None:
    files = {file.name: file.read_bytes() for file in (index / "vectors").iterdir()}
    first, second = sorted(files)
    flip(index / "vectors" / first, 100)
    (index / "vectors" / second).unlink()
    assert sorted(place for place, _ in damaged(mmrag.verify(index))) == [
        f"vectors/{first}",
        f"vectors/{second}",
    ]
    assert len(mmrag.repair(index).mended) == 2
    assert {file.name: file.read_bytes() for file in (index / "vectors").iterdir()} == files


def turn(index: Path) -> None:
    """Let every vector in the database point the other way."""
    writer = Writer(index)
    with writer.writing():
        for table, column, kind in (("vectors", "vector", "<f4"), ("page_vectors", "vectors", "<f2")):
            rows = writer.connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
            turned = [((-np.frombuffer(blob, kind)).tobytes(), row) for row, blob in rows]
            writer.connection.executemany(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", turned)
    writer.close()


def test_a_vector_file_that_is_whole_and_wrong_is_found_and_written_anew(index: Path) -> None:
    """Nothing that runs does this; it would be a bug of ours, or of a library."""
    turn(index)
    assert mmrag.verify(index) == ()
    found = damaged(mmrag.verify(index, deep=True))
    assert [problem.split(" of ")[0] for _, problem in found] == [
        "does not hold the vectors that the database has"
    ] * 2
    assert len(mmrag.repair(index).mended) == 2
    assert mmrag.verify(index, deep=True) == ()


def test_pictures_come_back_from_documents_that_have_not_changed(
    index: Path, made: Path, tmp_path: Path
) -> None:
    pictures = {file: file.read_bytes() for file in (index / "assets").rglob("*.png")}
    gone, cut, *_ = sorted(pictures)
    gone.unlink()
    cut.write_bytes(pictures[cut][:40])
    assert {problem for _, problem in damaged(mmrag.verify(index))} == {"is missing", "is damaged"}
    done = mmrag.repair(index)
    assert [one.problem.startswith("was brought back from ") for one in done.mended] == [True, True]
    assert done.lost == ()
    assert {file: file.read_bytes() for file in (index / "assets").rglob("*.png")} == pictures


def test_a_picture_of_a_document_that_has_changed_is_lost_until_it_is_read_again(
    made: Path, tmp_path: Path
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("0.md", "0.png"):
        shutil.copy(made / "docs" / name, docs)
    mmrag.build(docs, tmp_path / "index", pipeline=RECIPE).close()
    (picture,) = (tmp_path / "index" / "assets").rglob("*.png")
    whole = picture.read_bytes()
    picture.write_bytes(b"damaged")
    for file in docs.iterdir():
        file.rename(file.with_name(f"moved-{file.name}"))
    done = mmrag.repair(tmp_path / "index")
    assert {one.problem.split(":")[0] for one in done.lost} == {
        "0.md does not give it any more",
        "0.png does not give it any more",
    }
    for file in docs.iterdir():
        file.rename(file.with_name(file.name.removeprefix("moved-")))
    mmrag.build(docs, tmp_path / "index").close()
    assert picture.read_bytes() == whole
    assert damaged(mmrag.verify(tmp_path / "index", deep=True)) == []


def test_files_that_belong_to_nothing_are_removed(index: Path) -> None:
    stray = index / "vectors" / "0123.faiss"
    stray.write_bytes(b"of nobody")
    (found,) = mmrag.verify(index)
    assert found == mmrag.Finding("vectors/0123.faiss", "belongs to nothing", harmless=True)
    assert [one.place for one in mmrag.repair(index).mended] == ["vectors/0123.faiss"]
    assert not stray.exists()


def test_damaged_descriptions_are_forgotten(index: Path) -> None:
    data = (index / CAPTIONS).read_bytes()
    assert data.count(b"A picture of 40 by 30.")
    (index / CAPTIONS).write_bytes(data.replace(b"A picture of 40 by 30.", b"A picture of 40 by 31."))
    assert [place for place, _ in damaged(mmrag.verify(index))] == [CAPTIONS]
    assert [one.place for one in mmrag.repair(index).mended] == [CAPTIONS]
    assert mmrag.verify(index) == ()


def test_word_indexes_are_checked_and_written_anew(index: Path) -> None:
    before = truth(index)
    connection = sqlite3.connect(index / DATABASE, isolation_level=None)
    connection.execute("DELETE FROM page_terms_docsize WHERE id IN (SELECT min(id) FROM page_terms_docsize)")
    connection.execute("UPDATE element_terms_content SET c0 = 'other words' WHERE id = 1")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    (index / SEAL).unlink()
    mmrag.repair(index)
    assert truth(index) == before
    assert damaged(mmrag.verify(index, deep=True)) == []


def test_a_log_of_another_index_is_removed(index: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x)")
    shutil.copy(f"{other}-wal", index / LOG)
    connection.close()
    assert damaged(mmrag.verify(index)) == [(LOG, "is of another index or another generation")]
    assert [one.place for one in mmrag.repair(index).mended] == [LOG]
    assert mmrag.verify(index, deep=True) == ()


def test_documents_that_have_changed_since_are_noted(index: Path, made: Path) -> None:
    file = made / "docs" / "3.md"
    before = file.read_text()
    try:
        file.write_text("changed")
        (note,) = mmrag.verify(index, deep=True)
    finally:
        file.write_text(before)
    assert (note.place, note.harmless) == ("3.md", True)
    assert note.problem.startswith("has changed since it was read")


def test_a_repair_that_was_cut_off_is_finished(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flip(index / DATABASE, (index / DATABASE).stat().st_size // 2)
    replaced = Path.replace

    def cut_off(path: Path, target: Path) -> Path:
        if path.name == DATABASE and path.parent.parent.name == FOLDER:
            raise KeyboardInterrupt
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    monkeypatch.setattr("mmrag.index.mending.salvage.shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        mmrag.repair(index)
    monkeypatch.undo()
    with pytest.raises(CorruptError):
        mmrag.open(index)
    assert mmrag.repair(index).mended[0].problem == "a repair that was cut off was finished"
    assert damaged(mmrag.verify(index, deep=True)) == []
    with mmrag.open(index) as opened:
        assert len(opened.documents()) >= 10
    assert not put_in_place(index)


def test_nothing_is_repaired_while_a_run_writes(index: Path) -> None:
    with WriterLock(index / "writer.lock"):
        with pytest.raises(LockedError):
            mmrag.repair(index)
        writing, unchecked = mmrag.verify(index, deep=True)
        assert (writing.harmless, unchecked.harmless) == (True, True)
        assert writing.problem.endswith(" is writing")
        assert "were not checked" in unchecked.problem


def test_a_damaged_index_is_built_anew_by_rebuild(index: Path, made: Path) -> None:
    before = truth(index)
    flip(index / DATABASE, 5000)
    with mmrag.build(made / "docs", index, pipeline=replace(RECIPE), rebuild=True) as opened:
        assert opened.verify(deep=True) == ()
    assert truth(index) == before


def test_a_damaged_index_does_not_hide_the_others(index: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = index.with_name("whole")
    shutil.copytree(index, whole)
    flip(index / DATABASE, 99_000)
    assert [found.name for found in mmrag.list_indexes(index.parent)] == ["whole"]
    assert "blocks of mmrag.sqlite do not fit" in caplog.text
