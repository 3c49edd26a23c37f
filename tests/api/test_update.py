"""Building and keeping an index equal to its folder, with pure models and real files and workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import mmrag
from mmrag.config import CaptionOptions, IngestOptions
from mmrag.errors import FingerprintError, LockedError, UsageError
from mmrag.index.lock import WriterLock
from tests.fakes import LetterEncoder

RECIPE = mmrag.Recipe(
    name="fake",
    strategies=("caption",),
    ingest=IngestOptions(workers=1, ocr="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "deep").mkdir(parents=True)
    (docs / "a.md").write_text("# Animals\n\nA zebra has stripes.\n\n# Fruit\n\nAn apple is round.\n")
    (docs / "b.txt").write_text("The quick brown fox jumps over the lazy dog.\n")
    (docs / "deep" / "c.md").write_text("# Jazz\n\nA quiz about jazz.\n")
    return docs


@pytest.fixture
def built(folder: Path, tmp_path: Path) -> Iterator[mmrag.Index]:
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        yield index


def statuses(report: mmrag.Report | None) -> dict[str, str]:
    assert report is not None
    return {file.path: file.status.value for file in report.files}


def contents(index: mmrag.Index) -> list[tuple[str, str, int, str]]:
    return [
        (document.path, element.id, element.order, element.text)
        for document in index.documents()
        for page in range(1, document.page_count + 1)
        for element in index.elements(document, page)
    ]


def best(index: mmrag.Index, question: str) -> str:
    return index.search(question, 1)[0].document.path


def test_a_folder_is_indexed_and_found(built: mmrag.Index) -> None:
    assert statuses(built.report) == {"a.md": "indexed", "b.txt": "indexed", "deep/c.md": "indexed"}
    assert best(built, "zebra stripes") == "a.md"
    assert best(built, "jazz quiz") == "deep/c.md"
    hit = built.search("round apple", 1)[0]
    assert hit.page.label == "Fruit"
    assert built.element(hit.element.id[:10]) == hit.element
    info = built.info()
    assert (info.documents, info.recipe, info.figures) == (3, "fake", 0)


def test_an_unchanged_folder_encodes_nothing(built: mmrag.Index) -> None:
    before, calls = contents(built), LetterEncoder.calls
    assert set(statuses(built.update()).values()) == {"unchanged"}
    assert (contents(built), LetterEncoder.calls) == (before, calls)
    assert built.report is not None
    assert built.report.encoded == 0


def test_a_touched_file_is_unchanged(built: mmrag.Index, folder: Path) -> None:
    (folder / "b.txt").touch()
    assert statuses(built.update())["b.txt"] == "unchanged"


def test_a_changed_file_encodes_its_changed_chunks_alone(built: mmrag.Index, folder: Path) -> None:
    (folder / "a.md").write_text("# Animals\n\nA zebra has stripes.\n\n# Fruit\n\nA plum is blue.\n")
    report = built.update()
    assert statuses(report) == {"a.md": "indexed", "b.txt": "unchanged", "deep/c.md": "unchanged"}
    assert report.encoded == 1
    assert built.search("blue plum", 1)[0].page.label == "Fruit"
    assert not any("apple" in text for _, _, _, text in contents(built))


def test_added_and_removed_files_come_and_go(built: mmrag.Index, folder: Path) -> None:
    (folder / "b.txt").unlink()
    (folder / "d.md").write_text("# Vex\n\nA vexing vortex.\n")
    assert statuses(built.update()) == {
        "a.md": "unchanged",
        "b.txt": "removed",
        "d.md": "indexed",
        "deep/c.md": "unchanged",
    }
    assert best(built, "vexing vortex") == "d.md"
    assert [document.path for document in built.documents()] == ["a.md", "d.md", "deep/c.md"]
    assert "b.txt" not in {file.path for file in built.files()}


def test_a_moved_file_is_not_read_again(built: mmrag.Index, folder: Path) -> None:
    (folder / "b.txt").rename(folder / "deep" / "fox.txt")
    report = built.update()
    assert statuses(report)["deep/fox.txt"] == "unchanged"
    assert report.encoded == 0
    assert best(built, "quick brown fox") == "deep/fox.txt"


def test_equal_files_are_two_documents(built: mmrag.Index, folder: Path) -> None:
    (folder / "copy.txt").write_text((folder / "b.txt").read_text())
    report = built.update()
    assert report.documents == 4
    assert report.encoded == 0
    found = {hit.document.path for hit in built.search("quick brown fox", 2)}
    assert found == {"b.txt", "copy.txt"}


def test_one_bad_file_does_not_stop_the_rest(folder: Path, tmp_path: Path) -> None:
    (folder / "bad.pdf").write_text("not a PDF")
    (folder / "empty.pdf").write_bytes(b"")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert index.report is not None
        skipped = {file.path: (file.status.value, file.reason) for file in index.report.skipped}
        assert set(skipped) == {"bad.pdf", "empty.pdf"}
        assert all(reason for _, reason in skipped.values())
        assert index.report.documents == 3
        # It is remembered: said again, not read again.
        assert {file.path for file in index.update().skipped} == {"bad.pdf", "empty.pdf"}


def test_a_document_is_removed_by_name(built: mmrag.Index) -> None:
    assert [document.path for document in built.remove("*.txt")] == ["b.txt"]
    assert len(built.documents()) == 2
    with pytest.raises(UsageError, match="has no document 'b.txt'"):
        built.remove("b.txt")
    assert statuses(built.update())["b.txt"] == "indexed"


def test_another_encoder_is_refused_with_both_fingerprints(
    built: mmrag.Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LetterEncoder, "fingerprint", "letters-2")
    with pytest.raises(FingerprintError, match="'letters-1', now it is 'letters-2'.*--rebuild"):
        built.update()
    with mmrag.open(built.path) as again, pytest.raises(FingerprintError, match="letters-1"):
        again.search("zebra")
    with mmrag.build(folder, built.path, pipeline=RECIPE, rebuild=True) as rebuilt:
        assert best(rebuilt, "zebra stripes") == "a.md"
        assert rebuilt.info().fingerprints["caption/tests.fakes:LetterEncoder"] == "letters-2"
    assert [path.name for path in built.path.parent.iterdir() if "index" in path.name] == ["index"]


def test_an_index_of_another_folder_is_refused(built: mmrag.Index, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match="choose another place .* with --index"):
        mmrag.build(tmp_path / "other", built.path, pipeline=RECIPE)


def test_an_index_in_use_by_a_writer_is_refused_but_searched(built: mmrag.Index, folder: Path) -> None:
    with (
        WriterLock(built.path / "writer.lock"),
        pytest.raises(LockedError, match="is being written by process"),
    ):
        built.update()
    with WriterLock(built.path / "writer.lock"):
        assert best(built, "zebra stripes") == "a.md"


def test_missing_and_foreign_places_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        mmrag.build(tmp_path / "none", tmp_path / "index")
    with pytest.raises(UsageError, match="holds other files and is no index"):
        mmrag.build(folder, folder, pipeline=RECIPE)


def test_what_a_killed_beginning_left_is_no_obstacle(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "index"
    path.mkdir()
    for name in (".mmrag.sqlite.new", ".mmrag.sqlite.new-journal", "writer.lock"):
        (path / name).write_bytes(b"half")
    with mmrag.build(folder, path, pipeline=RECIPE) as index:
        assert best(index, "zebra stripes") == "a.md"


def test_a_file_in_the_place_of_the_index_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "index").write_text("mine")
    with pytest.raises(UsageError, match="holds other files and is no index"):
        mmrag.build(folder, tmp_path / "index", pipeline=RECIPE)


def test_an_empty_folder_gives_an_empty_index(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    with mmrag.build(tmp_path / "docs", tmp_path / "index", pipeline=RECIPE) as index:
        assert index.report is not None
        assert (index.report.documents, index.report.files) == (0, ())
        assert index.search("anything") == []


def test_progress_is_told(folder: Path, tmp_path: Path) -> None:
    told: list[mmrag.Progress] = []
    mmrag.build(folder, tmp_path / "index", pipeline=RECIPE, progress=told.append).close()
    assert [told[0].stage, told[-1].stage] == ["scan", "write"]
    assert (told[-1].files_done, told[-1].files_total) == (3, 3)
    assert told[-1].pages_done == told[-1].pages_total == 4


def test_a_second_index_has_the_same_content(built: mmrag.Index, folder: Path, tmp_path: Path) -> None:
    with mmrag.build(folder, tmp_path / "second", pipeline=RECIPE) as second:
        assert contents(second) == contents(built)


def test_the_next_run_clears_away_what_a_killed_one_left(built: mmrag.Index, folder: Path) -> None:
    Image.new("RGB", (30, 20), "red").save(folder / "red.png")
    built.update()
    files = {file for file in built.path.rglob("*") if file.is_file()}
    (picture,) = built.path.glob("assets/*/*.png")
    left = [
        built.path / ".seal.json.0123.tmp",
        built.path / "vectors" / "0123.faiss",
        picture.with_name(".0123.tmp"),
        picture.with_name(f"{'0' * 64}.png"),
    ]
    for file in left:
        file.write_text("half")
    built.update()
    assert all(file.exists() for file in left)  # a run that finds nothing to do looks for nothing
    (built.path / "writer.lock").write_text("process 1 on here")
    built.update()
    assert {file for file in built.path.rglob("*") if file.is_file()} == files
