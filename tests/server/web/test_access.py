"""For everybody: in Chinese, in the dark, on a phone, by keyboard alone, with a screen reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.server.web.using import QUESTION, Open, ask, is_loaded, pictures_are_loaded, search


def test_chinese_and_dark_are_kept(real: str, show: Open, screens: Path) -> None:
    page = show(real, locale="zh-CN", color_scheme="dark")
    expect(page.locator("#tab-ask")).to_have_text("提问")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    ask(page, "潮汐电站是哪一年投入运行的？")
    assert "1987" in page.inner_text(".answer .text")
    expect(page.locator(".sources li").first).to_contain_text(re.compile(r"，第 \d 页"))
    pictures_are_loaded(page)
    page.screenshot(path=screens / "chinese-dark.png")
    page.click("#language")
    page.click("#theme")
    page.reload()
    expect(page.locator("#tab-ask")).to_have_text("Ask")
    assert page.get_attribute("html", "data-theme") == "light"


def test_on_a_phone_nothing_is_wider_than_the_screen(real: str, show: Open, screens: Path) -> None:
    page = show(real, width=360, height=740, has_touch=True, is_mobile=True)
    ask(page, QUESTION)
    pictures_are_loaded(page)
    page.screenshot(path=screens / "phone.png")
    page.locator(".answer .text .chip").first.tap()
    is_loaded(page, "#page")
    page.screenshot(path=screens / "phone-page.png")
    page.locator("#close").tap()
    search(page, "turbine")
    page.click("#tab-documents")
    page.wait_for_selector("#documents tbody tr")
    for tab in ("ask", "search", "documents"):
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, tab


def test_it_is_worked_by_keyboard_alone(real: str, show: Open) -> None:
    page = show(real)
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer[aria-busy=false]")
    page.locator("#tab-ask").focus()
    page.keyboard.press("Tab")
    for _ in range(12):
        if page.evaluate("document.activeElement.classList.contains('chip')"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#tab-ask").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#view-search")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#view-ask")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(real: str, show: Open, scheme: str) -> None:
    page = show(real, color_scheme=scheme)
    found = {}

    def check(state: str) -> None:
        # The page forbids scripts that are not its own; axe is let in by the browser, not by the page.
        for violation in Axe().run(page).response["violations"]:
            found[state, violation["id"]] = [node["html"][:120] for node in violation["nodes"]]

    check("empty")
    ask(page, QUESTION)
    page.locator(".answer .text .chip").first.click()
    is_loaded(page, "#page")
    check("answer")
    page.check("#elements")
    page.wait_for_selector("#boxes .text")
    search(page, "turbine maintenance")
    page.check("#beside")
    page.wait_for_selector("#hits.beside")
    page.click("summary")
    check("search")
    page.click("#tab-documents")
    page.wait_for_selector("#documents tbody tr")
    check("documents")
    assert found == {}


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", ["Report, p. 3", "Report, p. 14 (xii)", "n.md, § Methods", "n.md, § 2", "Notes, § 1"]),
        (
            "zh",
            [
                "Report，第 3 页",
                "Report，第 14 页（xii）",
                "n.md，§ Methods",
                "n.md，§ 2",
                "Notes，§ 1",
            ],
        ),
    ],
)
def test_places_are_named_by_page_or_section(
    own: tuple[str, Path], show: Open, language: str, names: list[str]
) -> None:
    told = show(own[0]).evaluate(
        """async (language) => {
          const { placed, speak } = await import("/web/words.js");
          speak(language);
          const report = { title: "Report", path: "report.pdf", paged: true };
          const notes = { title: "", path: "n.md", paged: false };
          const titled = { ...notes, title: "Notes" };
          const places = [
            [report, 3, "3"], [report, 14, "xii"],
            [notes, 1, "§ Methods"], [notes, 2, ""], [titled, 1, "Notes"],
          ];
          return places.map(([document, number, label]) => placed({ document, page: { number, label } }));
        }""",
        language,
    )
    assert [name.replace("\u00a0", " ") for name in told] == names
