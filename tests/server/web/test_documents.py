"""Documents: leafed through, added, followed, removed, never taken for markup."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

import mmrag
from tests.api.test_update import RECIPE
from tests.cli.test_serving import serving
from tests.server.web.using import Open, ask, is_loaded, search


def test_documents_are_leafed_through_with_their_elements(real: str, show: Open, screens: Path) -> None:
    page = show(real)
    page.click("#tab-documents")
    page.get_by_role("button", name="tidal-station-report-2025.pdf").click()
    expect(page.locator("#count")).to_have_text("of 4")
    page.check("#elements")
    page.wait_for_selector("#boxes .heading")
    page.locator("#after").click()
    page.locator("#after").click()
    page.wait_for_selector("#boxes .table")
    assert page.locator("#boxes .figure").count() == 1
    assert {"Table", "Figure", "Heading"} <= set(page.locator("#legend li").all_inner_texts())
    is_loaded(page, "#page")
    page.screenshot(path=screens / "elements.png")
    page.locator("#viewer").press("ArrowLeft")
    assert page.input_value("#number") == "2"
    expect(page.locator("#upload")).to_be_hidden()  # the server is read-only


def test_documents_are_added_followed_and_removed(own: tuple[str, Path], show: Open, tmp_path: Path) -> None:
    link, folder = own
    page = show(link)
    page.click("#tab-documents")
    fox = tmp_path / "fox.md"
    fox.write_text("# Foxes\n\nThe fox digs a den.\n")
    page.set_input_files("#files", fox)
    expect(page.locator("#told")).to_have_text("Done: 3 documents.")
    expect(page.locator("#documents")).to_contain_text("uploads/fox.md")
    expect(page.locator("#index option")).to_have_text("animals (3 · 4)")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove: uploads/fox.md").click()
    expect(page.locator("#told")).to_have_text("uploads/fox.md is removed.")
    page.get_by_role("button", name="Remove: owl.md").click()
    expect(page.locator("#told")).to_contain_text("Its file stays in the folder")
    page.click("#update")
    expect(page.locator("#told")).to_have_text("Done: 2 documents.")
    assert sorted(path.name for path in folder.rglob("*.md")) == ["otter.md", "owl.md"]


def test_what_a_document_says_is_never_markup(own: tuple[str, Path], show: Open) -> None:
    page = show(own[0])
    ask(page, "The owl hunts at night")
    search(page, "The owl hunts at night")
    expect(page.locator(".hits li").first).to_contain_text("<script>alert(1)</script>")
    assert page.locator("#body script").count() == 0


def test_the_chosen_index_stays_chosen(own: tuple[str, Path], show: Open, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "fox.md").write_text("# Foxes\n\nThe fox digs a den.\n")
    mmrag.build(tmp_path / "more", tmp_path / "foxes", pipeline=RECIPE).close()
    with serving(tmp_path, str(tmp_path / "animals"), str(tmp_path / "foxes")) as (_, link):
        page = show(link)
        page.select_option("#index", "foxes")
        page.click("#tab-documents")
        page.click("#update")
        expect(page.locator("#told")).to_have_text("Done: 1 document.")
        expect(page.locator("#documents")).to_contain_text("fox.md")
        page.wait_for_load_state("networkidle")
        assert page.input_value("#index") == "foxes"
        page.context.close()
