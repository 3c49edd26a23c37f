"""Several views over one parse: laid together or later, shared, chosen, fused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mmrag
from mmrag.api import builder
from mmrag.api.laying import Layer
from mmrag.captioners.base import Description
from mmrag.config import CaptionOptions, IngestOptions, JointOptions, VisualOptions
from mmrag.errors import FingerprintError, ModelError, RecipeError, SpecError, UsageError
from mmrag.ingest.drawing import Drawer
from mmrag.ingest.processes.pool import ParserPool
from mmrag.types import Filters, Query
from tests.fakes import ColourEncoder, LetterEncoder, LinesEncoder, SizeCaptioner

RECIPE = mmrag.Recipe(
    name="fake",
    strategies=("caption",),
    ingest=IngestOptions(workers=1, ocr="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    joint=JointOptions(encoders=("tests.fakes:ColourEncoder",), labels=()),
    visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)),
)
CAPTION = "caption/tests.fakes:LetterEncoder"
TEXTS = "joint/tests.fakes:ColourEncoder/text"
PICTURES = "joint/tests.fakes:ColourEncoder/pictures"
LINES = "visual/tests.fakes:LinesEncoder"
WORDS = {"page-terms", "element-terms"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    Image.new("RGB", (120, 90), (200, 10, 10)).save(docs / "warm.png")
    Image.new("RGB", (120, 90), (10, 10, 200)).save(docs / "cold.png")
    (docs / "a.md").write_text("# Animals\n\nA zebra has stripes.\n\n![Sunset over the dunes](warm.png)\n")
    (docs / "b.md").write_text("# Water\n\nA quiet lake.\n\n![The lake at noon](cold.png)\n")
    return docs


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> Iterator[mmrag.Index]:
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as built:
        yield built


def lists(hits: list[mmrag.Hit]) -> set[str]:
    return {source.list for hit in hits for source in hit.sources}


def everything(path: Path) -> list[tuple[object, ...]]:
    """All chunks and page vectors with where they belong, whatever their rows are."""
    with mmrag.open(path) as index:
        connection = index._reader.connection
        chunks = connection.execute(
            "SELECT spaces.name, elements.id, snippet, vectors.vector, elements.metadata, element_terms.terms"
            " FROM chunks JOIN spaces ON spaces.row = chunks.space"
            " JOIN elements ON elements.row = chunks.element"
            " JOIN vectors ON vectors.row = chunks.vector"
            " LEFT JOIN element_terms ON element_terms.rowid = elements.row ORDER BY 1, 2, 3, 4"
        ).fetchall()
        pages = connection.execute(
            "SELECT spaces.name, documents.path, number, vectors, boxes FROM page_vectors"
            " JOIN spaces ON spaces.row = space JOIN pages ON pages.row = page"
            " JOIN documents ON documents.row = page_vectors.document ORDER BY 1, 2, 3"
        ).fetchall()
        return [*chunks, *pages]


def no_parsing(*_: object) -> None:
    raise AssertionError("something was parsed")


def test_a_view_is_added_without_parsing_and_shares_vectors(
    index: mmrag.Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ParserPool, "parse", no_parsing)
    texts, captions = LetterEncoder.calls, SizeCaptioner.calls
    pictures, pages = ColourEncoder.pictures, LinesEncoder.calls
    with mmrag.build(folder, index.path, strategies=["joint", "visual"]) as built:
        assert built.recipe.strategies == ("joint", "caption", "visual")
        assert built.info().views == {"joint": 4, "caption": 4, "visual": 4}
        assert built.report is not None
        assert {file.status.value for file in built.report.files} == {"unchanged"}
        assert built.report.encoded == 2 + 2 + 4  # figures without their description, pictures, pages
    assert (SizeCaptioner.calls, ColourEncoder.pictures - pictures) == (captions, 2)
    assert LinesEncoder.calls - pages == 4
    with mmrag.build(folder, index.path) as again:
        assert again.report is not None
        assert again.report.encoded == 0
    assert LetterEncoder.calls > texts


@pytest.mark.parametrize("order", [("joint", "visual", "caption"), ("visual", "caption", "joint")])
def test_views_laid_later_equal_views_laid_together(
    folder: Path, tmp_path: Path, order: tuple[str, ...]
) -> None:
    mmrag.build(folder, tmp_path / "all", pipeline=RECIPE, strategies=order).close()
    for strategy in order:
        mmrag.build(folder, tmp_path / "later", pipeline=RECIPE, strategies=[strategy]).close()
    assert everything(tmp_path / "later") == everything(tmp_path / "all")


def test_a_search_asks_the_views_that_it_names(folder: Path, index: mmrag.Index) -> None:
    with mmrag.build(folder, index.path, strategies=["joint", "visual"]) as built:
        assert lists(built.search("zebra")) == {CAPTION, TEXTS, PICTURES, LINES, *WORDS}
        assert lists(built.search("zebra", strategies=["caption"])) == {CAPTION, *WORDS}
        assert lists(built.search("zebra", strategies=["joint", "visual"])) == {
            TEXTS,
            PICTURES,
            LINES,
            *WORDS,
        }
        hit = built.search("zebra stripes", strategies=["visual"])[0]
        assert hit.element.text == "A zebra has stripes."
        assert len(built.search("zebra", filters=Filters(documents=("b.md",)), strategies=["visual"])) == 1


def test_a_view_that_is_not_there_is_named(index: mmrag.Index) -> None:
    with pytest.raises(UsageError, match="has no view 'visual', only caption: .*--strategy"):
        index.search("zebra", strategies=["visual"])
    with pytest.raises(UsageError, match="no view with a weight finds by picture"):
        index.search(Query(picture="x.png"))
    with pytest.raises(RecipeError, match="'jiont' is not one of .*; did you mean 'joint'"):
        mmrag.build(index.root, index.path, strategies=["jiont"])


def test_pictures_find_pictures(folder: Path, index: mmrag.Index, tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), (0, 0, 255)).save(tmp_path / "query.png")
    picture = str(tmp_path / "query.png")
    with mmrag.build(folder, index.path, strategies=["joint"]) as built:
        hit = built.search(Query(picture=picture))[0]
        assert (hit.document.path, hit.element.caption) == ("b.md", "The lake at noon")
        both = built.search(Query("zebra", picture))
        assert {PICTURES, f"{PICTURES} (by picture)", *WORDS} <= lists(both)
        (tmp_path / "query.png").write_bytes(b"no picture")
        with pytest.raises(UsageError, match="query.png can't be read"):
            built.search(Query(picture=picture))


def test_a_changed_file_is_laid_in_all_views(folder: Path, index: mmrag.Index) -> None:
    mmrag.build(folder, index.path, strategies=["visual"]).close()
    (folder / "a.md").write_text("# Music\n\nA jazz quiz.\n")
    with mmrag.build(folder, index.path) as built:
        assert built.search("jazz quiz", strategies=["visual"])[0].document.path == "a.md"
        assert built.search("jazz quiz", strategies=["caption"])[0].document.path == "a.md"


def test_a_killed_laying_goes_on(folder: Path, index: mmrag.Index, monkeypatch: pytest.MonkeyPatch) -> None:
    laid = Layer.finish

    def killed(layer: Layer) -> object:
        if layer._document == 2:
            raise KeyboardInterrupt
        return laid(layer)

    monkeypatch.setattr(Layer, "finish", killed)
    with pytest.raises(KeyboardInterrupt):
        mmrag.build(folder, index.path, strategies=["visual"])
    monkeypatch.undo()
    before = LinesEncoder.calls
    with mmrag.build(folder, index.path) as built:
        assert LinesEncoder.calls - before == len(built.documents()) - 1
        assert built.search("quiet lake", strategies=["visual"])[0].document.path == "b.md"


def test_another_encoder_of_a_view_is_refused(
    folder: Path, index: mmrag.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    mmrag.build(folder, index.path, strategies=["visual"]).close()
    monkeypatch.setattr(LinesEncoder, "fingerprint", "lines-2")
    with pytest.raises(FingerprintError, match=f"{LINES} = 'lines-1', now it is 'lines-2'"):
        mmrag.build(folder, index.path)


def test_a_page_that_can_not_be_drawn_is_reported(
    folder: Path, index: mmrag.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looks(encoder: LinesEncoder, pages: list[object]) -> list[object]:
        for page in pages:
            page.picture()  # type: ignore[attr-defined]
        return made(encoder, pages)  # type: ignore[arg-type, return-value]

    made = LinesEncoder.encode_pages
    monkeypatch.setattr(LinesEncoder, "encode_pages", looks)
    monkeypatch.setattr(Drawer, "draw", broken)
    with mmrag.build(folder, index.path, strategies=["visual"]) as built:
        assert built.report is not None
        said = {file.path: file for file in built.report.skipped}
        assert said["cold.png"].status.value == "partly"
        assert said["cold.png"].reason == "page 1: not drawn for strategy visual: the page is torn"
    with mmrag.build(folder, index.path) as again:
        assert {file.path: file.status.value for file in again.files()}["cold.png"] == "partly"
    monkeypatch.undo()
    with mmrag.build(folder, index.path, retry_failed=True) as mended:
        assert mended.report is not None
        assert {file.path: file.status.value for file in mended.files()}["cold.png"] == "indexed"
        assert mended.report.skipped == ()


def broken(*_: object) -> None:
    raise UsageError("the page is torn")


def test_pictures_that_failed_are_described_again_when_asked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (13, 90), (9, 200, 9)).save(folder / "cold.png")  # thirteen is too hard for it
    place = tmp_path / "index"
    with mmrag.build(folder, place, pipeline=RECIPE) as built:
        assert built.report is not None
        assert (built.report.described, built.report.not_described) == (2, 2)
        before = everything(place)
    with mmrag.build(folder, place) as again:
        assert again.report is not None
        assert (again.report.described, again.report.not_described) == (0, 0)
    with mmrag.build(folder, place, retry_failed=True) as still:
        assert still.report is not None
        assert (still.report.described, still.report.described_before) == (0, 0)
        assert still.report.not_described == 2
        assert everything(place) == before
    monkeypatch.setattr(SizeCaptioner, "caption", lambda *_: Description("A green strip."))
    with mmrag.build(folder, place, retry_failed=True) as mended:
        assert mended.report is not None
        assert (mended.report.described, mended.report.not_described) == (2, 0)
        assert "green strip" in mended.search("green strip")[0].element.metadata["description"]


def test_a_captioner_that_is_down_costs_nothing_that_was_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (13, 90), (9, 200, 9)).save(folder / "cold.png")
    place = tmp_path / "index"
    mmrag.build(folder, place, pipeline=RECIPE).close()
    before = everything(place)

    def down(*_: object) -> None:
        raise ModelError("nobody answers")

    monkeypatch.setattr(SizeCaptioner, "caption_all", down)
    with pytest.raises(ModelError, match="nobody answers"):
        mmrag.build(folder, place, retry_failed=True)
    assert everything(place) == before


def test_a_failed_first_run_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    wrong = replace(RECIPE, visual=VisualOptions(encoders=("tests.fakes:Nobody",)))
    with pytest.raises((SpecError, ModelError), match="Nobody"):
        mmrag.build(folder, tmp_path / "new", pipeline=wrong, strategies=["visual"])
    assert not (tmp_path / "new").exists()


def test_a_rebuild_keeps_the_recipe_the_views_and_what_captioners_said(
    folder: Path, index: mmrag.Index
) -> None:
    mmrag.build(folder, index.path, strategies=["visual"]).close()
    calls = SizeCaptioner.calls
    with mmrag.build(folder, index.path, rebuild=True) as rebuilt:
        assert (rebuilt.recipe.name, rebuilt.recipe.strategies) == ("fake", ("caption", "visual"))
        assert SizeCaptioner.calls == calls
    with mmrag.build(folder, index.path, rebuild=True, strategies=["caption"]) as fewer:
        assert fewer.recipe.strategies == ("caption",)


@pytest.mark.parametrize("finished", [True, False])
def test_what_an_earlier_rebuild_left_is_no_obstacle(
    folder: Path, index: mmrag.Index, finished: bool
) -> None:
    left = index.path.with_name(f".{index.path.name}.rebuild")
    left.mkdir()
    if not finished:
        (left / ".rebuilding").touch()
    (left / "mmrag.sqlite").write_bytes(b"no database at all" * 300)
    mmrag.build(folder, index.path, rebuild=True).close()
    assert not left.exists()


def test_an_encoder_that_was_taken_out_can_not_come_back_half_filled(folder: Path, tmp_path: Path) -> None:
    both = ("tests.fakes:LetterEncoder", "tests.fakes:ColourEncoder")
    two = replace(RECIPE, caption=replace(RECIPE.caption, encoders=both))
    mmrag.build(folder, tmp_path / "i", pipeline=two).close()
    with pytest.raises(FingerprintError, match="ColourEncoder = 'colours-1', now it is 'nothing'"):
        mmrag.build(folder, tmp_path / "i", pipeline=RECIPE)


def test_lost_vector_files_are_written_anew_by_the_next_run(folder: Path, index: mmrag.Index) -> None:
    files = {file: file.read_bytes() for file in (index.path / "vectors").iterdir()}
    for file in files:
        file.unlink()
    mmrag.build(folder, index.path).close()
    assert {file: file.read_bytes() for file in (index.path / "vectors").iterdir()} == files


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"query": "x", "strategies": []}, "strategies is empty"),
        ({"query": None}, "wants a text or a Query and a whole number"),
        ({"query": "x", "top_k": 1.5}, "wants a text or a Query and a whole number"),
        ({"query": "x", "filters": Filters(labels=("nonsense",))}, "no picture .* labelled 'nonsense'"),
    ],
)
def test_a_wrong_call_is_one_line(index: mmrag.Index, call: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        index.search(**call)


def test_one_strategy_may_be_given_by_its_name(index: mmrag.Index) -> None:
    assert lists(index.search("zebra", strategies="caption")) == {CAPTION, *WORDS}
    assert lists(index.search("zebra", strategies="all")) == {CAPTION, *WORDS}
    with mmrag.build(index.root, index.path, strategies="visual") as built:
        assert built.recipe.strategies == ("caption", "visual")


def test_weights_choose_the_lists(folder: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, retrieve=replace(RECIPE.retrieve, weights={"visual": 1.0}))
    with mmrag.build(folder, tmp_path / "i", pipeline=recipe, strategies=["visual", "caption"]) as built:
        assert lists(built.search("zebra stripes")) == {LINES}


def test_documents_can_be_parsed_alone_and_views_laid_later(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "parsed"
    unlaid = builder.update(path, folder, RECIPE, lay=False)
    assert (unlaid.documents, unlaid.views, unlaid.encoded) == (4, (), 0)
    laid = builder.update(path, folder, RECIPE)
    assert [file.status for file in laid.files] == ["unchanged"] * 4
    assert laid.views == ("caption",)
    with mmrag.open(path) as index:
        assert lists(index.search("zebra")) == {CAPTION, *WORDS}
