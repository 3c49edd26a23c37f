"""The report in a real browser: what it looks like, and what can be done in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from playwright.sync_api import Browser, Page

from mmrag.benchmark.report import write_report
from tests.benchmark.reporting import FOUND_BOX, GOLD_BOX, comparison, draw, questions
from tests.browser import browser as chromium

JOINT = [1, 2, 3, None, 1, 2, 1, 1, None, 4, 1, 2]
VISUAL = [2, 1, 3, 1, 1, 1, 1, None, None, 1, 2, 1]
HOSTILE = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 2'>"

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = list(questions(12))
    asked[5] = replace(asked[5], text=f"{HOSTILE} 灯塔在哪里？")
    made = comparison(("joint", JOINT), ("visual", VISUAL), ("caption", [1] * 12), asked=tuple(asked))
    return write_report(made, tmp_path_factory.mktemp("report"), picture_of=draw)


@pytest.fixture
def show(browser: Browser, report: Path) -> Iterator[Open]:
    """Opens the report; at the end nothing may have been asked for, and nothing gone wrong."""
    contexts, wrong = [], []

    def call(width: int = 1280, height: int = 900, anchor: str = "", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on(
            "request",
            lambda asked: wrong.append(asked.url) if asked.url[:5] not in ("file:", "data:") else None,
        )
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto(report.as_uri() + anchor)
        return page

    yield call
    for context in contexts:
        context.close()
    assert wrong == []


def order(page: Page) -> list[int]:
    """Places of the questions that are seen, as they stand."""
    ids = page.locator(".q:visible").evaluate_all("cards => cards.map(card => card.id)")
    return [int(one[1:]) - 1 for one in ids]


def is_wider_than_the_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_it_opens_and_runs_nothing_that_a_question_says(show: Open) -> None:
    page = show()
    assert page.title() == "reports: which strategy serves it best"
    assert page.evaluate("window.pwned") is None
    assert HOSTILE in page.locator("#q6 .text").inner_text()
    assert not is_wider_than_the_screen(page)


def test_the_policy_forbids_whatever_would_be_asked_for(browser: Browser, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    blocked = page.evaluate(
        """async () => {
            const found = [];
            const note = (event) => found.push(event.effectiveDirective);
            document.addEventListener("securitypolicyviolation", note);
            const picture = new Image();
            picture.src = "http://127.0.0.1:9/picture.png";
            const frame = document.createElement("iframe");
            frame.src = "http://127.0.0.1:9/frame";
            document.body.append(picture, frame);
            await fetch("http://127.0.0.1:9/data").catch(() => {});
            await new Promise((resolve) => setTimeout(resolve, 100));
            return found.sort();
        }"""
    )
    assert blocked == ["connect-src", "frame-src", "img-src"]
    page.close()


def test_boxes_lie_on_the_picture_where_they_are_on_the_page(show: Open) -> None:
    page = show()
    page.locator("#q2 summary").click()
    sheet = page.locator("#q2 ol.sheets").first.locator(".page").nth(1)  # joint has it at rank 2
    frame = sheet.evaluate("e => [e.clientWidth, e.clientHeight]")
    for kind, box in (("gold", GOLD_BOX), ("found", FOUND_BOX)):
        drawn = sheet.locator(f"rect.{kind}").evaluate(
            "e => { const b = e.getBBox(); return [b.x, b.y, b.width, b.height] }"
        )
        wanted = [
            box.x0 * frame[0],
            box.y0 * frame[1],
            (box.x1 - box.x0) * frame[0],
            (box.y1 - box.y0) * frame[1],
        ]
        assert drawn == pytest.approx(wanted, abs=0.5)
    assert frame[0] / frame[1] == pytest.approx(0.75, abs=0.02)
    decoded = sheet.evaluate(
        """async (e) => {
            const picture = new Image();
            picture.src = getComputedStyle(e).backgroundImage.slice(5, -2);
            await picture.decode();
            return [picture.naturalWidth, picture.naturalHeight];
        }"""
    )
    assert decoded == [300, 400]


def test_filters_by_kind_language_and_words(show: Open) -> None:
    page = show()
    assert order(page) == list(range(12))
    assert page.locator("#count").inner_text() == "12 questions"
    page.select_option("#f-kind", "figure")
    assert order(page) == [0, 2, 4, 6, 8, 10]
    page.select_option("#f-language", "zh")
    assert order(page) == [2, 8]
    assert page.locator("#count").inner_text() == "2 of 12 questions"
    page.fill("#f-text", "PAGE 8 say")
    assert order(page) == [8]
    page.fill("#f-text", "no such words")
    assert order(page) == []
    assert page.locator("#none").is_visible()
    page.select_option("#f-kind", "")
    page.select_option("#f-language", "")
    page.fill("#f-text", "灯塔")
    assert order(page) == [5]


def test_wins_and_losses_between_two_setups(show: Open) -> None:
    page = show()
    page.select_option("#f-a", label="joint")
    page.select_option("#f-b", label="visual")
    won, even, lost = [0, 7, 10], [2, 4, 6, 8], [1, 3, 5, 9, 11]
    says = page.locator(".balance-says").inner_text()
    assert "joint wins 3" in says
    assert "even 4 · mean difference in nDCG@5 −.078" in says
    assert "visual wins 5" in says
    assert [page.locator(f".balance .{kind}").inner_text() for kind in ("a", "even", "b")] == ["3", "4", "5"]
    for outcome, wanted in (("a", won), ("b", lost), ("even", even), ("differ", sorted(won + lost))):
        page.select_option("#f-won", outcome)
        assert order(page) == wanted
    page.select_option("#f-won", "")
    page.select_option("#f-sort", "a")
    assert order(page) == [7, 0, 10, *even, 1, 5, 11, 9, 3]
    page.select_option("#f-sort", "b")
    assert order(page) == [3, 9, 1, 5, 11, *even, 0, 10, 7]
    page.select_option("#f-sort", "differ")
    assert order(page) == [3, 7, 9, 0, 1, 5, 10, 11, *even]
    page.select_option("#f-sort", "hard")
    assert order(page)[:3] == [8, 2, 3]
    page.select_option("#f-sort", "easy")
    assert order(page)[:2] == [4, 6]
    # Only what the other filters let through is counted.
    page.select_option("#f-kind", "figure")
    assert "joint wins 2" in page.locator(".balance-says").inner_text()


def test_a_bar_of_the_differences_leads_to_its_question(show: Open) -> None:
    page = show()
    page.select_option("#f-a", label="joint")
    page.select_option("#f-b", label="visual")
    bars = page.locator(".gaps g")
    assert bars.count() == 12
    assert bars.first.locator("title").text_content() == "q-7: +1.000 What does page 7 say?"
    bars.first.click()
    assert page.locator("#q8 .inside").is_visible()
    assert page.evaluate("document.activeElement.closest('.q').id") == "q8"


def test_where_all_is_even_there_are_no_bars(show: Open) -> None:
    page = show()
    page.select_option("#f-a", label="joint")
    page.select_option("#f-b", label="joint")
    assert "even 12" in page.locator(".balance-says").inner_text()
    assert page.locator(".gaps").count() == 0


def test_all_of_it_works_by_keyboard(show: Open) -> None:
    page = show()
    page.locator("nav a").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "g0"
    page.keyboard.press("ArrowRight")
    assert page.locator("#p1").is_visible()
    assert page.locator("#p0").is_hidden()
    page.locator("#q1 summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#q1 .inside").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Enlarge 0.pdf p.\xa01"
    page.keyboard.press("Enter")
    viewer = page.locator("dialog")
    assert viewer.is_visible()
    assert viewer.locator(".viewer-bar p").inner_text() == "Right page: 0.pdf p. 1"
    page.keyboard.press("ArrowRight")
    assert viewer.locator(".viewer-bar p").inner_text() == "joint: 1 0.pdf p. 1 ✓ right"
    assert viewer.locator(".page").bounding_box()["width"] > 500  # type: ignore[index]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert viewer.locator(".viewer-bar p").inner_text() == "caption: 5 0.pdf p. 6"
    page.keyboard.press("Escape")
    assert viewer.is_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Enlarge 0.pdf p.\xa01"


def test_an_address_with_a_question_opens_it(show: Open) -> None:
    page = show(anchor="#q9")
    assert page.locator("#q9 .inside").is_visible()
    assert page.locator("#q8 .inside").is_hidden()


def test_tables_plots_and_questions_are_there_without_scripts(show: Open) -> None:
    page = show(java_script_enabled=False)
    assert page.locator("#p0 table").is_visible()
    assert page.locator("#pairs table").is_visible()
    assert page.locator(".plot").count() == 3
    assert page.locator("#controls").is_hidden()
    page.locator(".tabs > label").nth(2).click()
    assert page.locator("#p2").is_visible()
    assert page.locator("#p0").is_hidden()
    page.locator("#q3 summary").click()
    assert page.locator("#q3 .page").first.is_visible()


def test_it_is_read_on_a_phone(show: Open) -> None:
    page = show(360, 740, is_mobile=True, has_touch=True)
    assert not is_wider_than_the_screen(page)
    page.locator("#q1 summary").click()
    assert not is_wider_than_the_screen(page)
    # Wide tables scroll by themselves, with the names in sight.
    table = page.locator("#p0 .scroll")
    table.evaluate("e => e.scrollLeft = e.scrollWidth")
    assert table.evaluate("e => e.scrollLeft") > 100
    assert table.locator("tbody th").first.bounding_box()["x"] < 30  # type: ignore[index]
    sizes = page.locator(".plot .label").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(sizes) > 10
    # What is touched is large enough for a finger.
    for control in ("#f-kind", "#f-sort", "#q1 summary", "#f-text"):
        assert page.locator(control).bounding_box()["height"] >= 36  # type: ignore[index]


def test_it_is_read_on_paper(show: Open, tmp_path: Path) -> None:
    page = show()
    path = tmp_path / "report.pdf"
    page.locator("#q1 summary").click()
    page.pdf(path=path, prefer_css_page_size=True)
    with pymupdf.open(path) as printed:
        sizes = {(round(one.rect.width), round(one.rect.height)) for one in printed}
        text = "\n".join(one.get_text() for one in printed)
        pictures = [name for one in printed for name in one.get_images()]
    assert sizes == {(842, 595)}
    assert "Which is better than which" in text
    assert "Made with" in text
    assert all(f"What does page {place} say?" in text for place in range(12) if place != 5)
    assert "Sort" not in text
    assert pictures


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(show: Open, scheme: Any) -> None:
    page = show(color_scheme=scheme)
    page.locator("#q1 summary").click()
    weak = page.evaluate(CONTRAST)
    assert weak == []
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert re.findall(r"\d+", dark)[0] == ("255" if scheme == "light" else "20")


CONTRAST = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const [r, g, b] = colour.slice(0, 3).map((v) => linear(v / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = parse(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const weak = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !element.checkVisibility() || element.matches("script, style, title")) continue;
        const style = getComputedStyle(element);
        const text = light(parse(element instanceof SVGElement ? style.fill : style.color));
        const paper = light(behind(element));
        const ratio = (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
        if (ratio < 4.5) weak.push(`${element.outerHTML.slice(0, 80)} ${ratio.toFixed(2)}`);
    }
    return [...new Set(weak)];
}"""
