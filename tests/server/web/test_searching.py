"""Searching: why a page was found, strategies side by side, filters, pictures."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.conftest import EXAMPLES
from tests.server.web.using import Open, is_loaded, pictures_are_loaded, search


def test_results_say_why_and_strategies_stand_side_by_side(real: str, show: Open, screens: Path) -> None:
    page = show(real)
    search(page, "turbine maintenance")
    assert page.locator(".hits li").count() == 10
    assert "rank" in (page.locator(".hits .why").first.get_attribute("title") or "")
    page.check("#beside")
    page.wait_for_selector("#hits.beside .column:nth-child(2) li")
    assert page.locator("#hits h2").all_inner_texts() == ["joint", "visual"]
    assert "visual" not in page.locator(".column").first.locator(".whys").first.inner_text()
    pictures_are_loaded(page)
    page.screenshot(path=screens / "beside.png")
    page.locator(".column").nth(1).locator(".hit").first.click()
    page.check("#heat")
    is_loaded(page, "#page")
    assert "heat=turbine" in page.get_attribute("#page", "src")  # type: ignore[operator]


def test_filters_hold(real: str, show: Open) -> None:
    page = show(real)
    search(page, "station")
    page.click("summary")
    page.fill("#only-document", "residents*")
    page.fill("#only-pages", "2-3")
    page.press("#only-pages", "Enter")
    expect(page.locator(".hits li").first).to_contain_text("白鹭湾")
    expect(page.locator(".hits li")).to_have_count(2)
    page.select_option("#only-kind", "figure")
    expect(page.locator(".hits li .snippet b").first).to_have_text("Figure", ignore_case=True)


def test_a_picture_is_searched_with(real: str, show: Open, tmp_path: Path) -> None:
    picture = tmp_path / "bars.png"
    with Image.open(EXAMPLES / "docs/pictures/tide-day-visitors.png") as drawn:
        drawn.resize((drawn.width // 2, drawn.height // 2)).save(picture)
    page = show(real)
    page.click("#tab-search")
    page.set_input_files("#picture", picture)
    expect(page.locator(".hits li").first).to_contain_text("tide-day-visitors.png")
    expect(page.locator("#picked-picture")).to_be_visible()
    page.click("#unpick")
    expect(page.locator("#picked")).to_be_hidden()
