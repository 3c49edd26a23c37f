"""The web page in a real browser: what a reader does, and what hostile documents can't."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import mmrag
from tests.api.test_update import RECIPE
from tests.browser import browser as chromium
from tests.cli.test_serving import serving
from tests.server.conftest import write_documents

QUESTION = "How much energy did the station deliver in 2025?"
PATIENCE = 30_000

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the page are kept, to be looked at: MMRAG_SCREENS, else among what the run leaves."""
    place = Path(os.environ.get("MMRAG_SCREENS") or tmp_path_factory.mktemp("screens"))
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture(scope="module")
def real(index_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the example documents with the mini models."""
    with serving(tmp_path_factory.mktemp("real"), str(index_path), "--read-only") as (_, link):
        yield link


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A server over a folder of its own, which may be changed; its link and the folder."""
    write_documents(tmp_path / "docs")
    mmrag.build(tmp_path / "docs", tmp_path / "animals", pipeline=RECIPE).close()
    with serving(tmp_path, str(tmp_path / "animals")) as (_, link):
        yield link, tmp_path / "docs"


@pytest.fixture
def show(browser: Browser) -> Iterator[Open]:
    """Opens a page; at the end nothing may have been asked of another server, and nothing gone wrong."""
    contexts, wrong = [], []

    def call(link: str, width: int = 1280, height: int = 850, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        server = re.match(r"http://[^/]+/", link)[0]  # type: ignore[index]
        allowed = (server, "blob:", "data:")
        page.on("request", lambda asked: None if asked.url.startswith(allowed) else wrong.append(asked.url))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(link)
        page.wait_for_selector("#index option", state="attached")
        return page

    yield call
    for context in contexts:
        context.close()
    assert wrong == []


def ask(page: Page, question: str) -> None:
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_selector(".answer[aria-busy=false]")


def search(page: Page, words: str) -> None:
    page.click("#tab-search")
    page.fill("#query", words)
    page.press("#query", "Enter")
    page.wait_for_selector(".hits li")


def is_loaded(page: Page, picture: str) -> None:
    page.wait_for_function(
        "name => { const it = document.querySelector(name); return it.complete && it.naturalWidth }",
        arg=picture,
    )


def share_of_page(page: Page, frame: str) -> tuple[float, float, float, float]:
    """Where a frame stands over the picture of the page, as a reader sees it."""
    box, sheet = page.locator(frame).bounding_box(), page.locator("#page").bounding_box()
    assert box is not None
    assert sheet is not None
    x, y = (box["x"] - sheet["x"]) / sheet["width"], (box["y"] - sheet["y"]) / sheet["height"]
    return x, y, x + box["width"] / sheet["width"], y + box["height"] / sheet["height"]


def test_an_answer_shows_its_evidence_outlined_on_the_page(
    real: str, index_path: Path, show: Open, screens: Path
) -> None:
    page = show(real)
    ask(page, QUESTION)
    assert "21.6" in page.inner_text(".answer .text")
    page.locator(".answer .text .chip").first.click()
    is_loaded(page, "#page")
    assert "Egret Bay" in page.inner_text("#place")
    with mmrag.open(index_path) as index:
        cited = index.ask(QUESTION).citations[0].bbox
    assert cited is not None
    assert share_of_page(page, "#boxes .evidence") == pytest.approx(cited.as_tuple(), abs=0.005)
    assert page.inner_text("#quote")
    page.screenshot(path=screens / "answer.png")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator(".answer .text .chip").first).to_be_focused()


def test_a_figure_that_is_cited_stands_in_the_answer(real: str, show: Open) -> None:
    page = show(real)
    ask(page, "In which month does the run of silver eels peak?")
    is_loaded(page, ".answer figure img")
    assert page.get_attribute(".answer figure img", "alt").startswith("Figure on page")  # type: ignore[union-attr]
    page.click(".answer figure button")
    expect(page.locator("#viewer")).to_be_visible()


def test_what_was_said_is_leant_on_until_a_new_conversation(real: str, show: Open) -> None:
    page = show(real)
    ask(page, "When was the tidal power station commissioned?")
    ask(page, "And how high is it?")
    expect(page.locator(".answer").nth(1)).to_contain_text("Searched for: When was the tidal power station")
    page.click("#fresh")
    expect(page.locator(".answer")).to_have_count(0)


def test_results_say_why_and_strategies_stand_side_by_side(real: str, show: Open, screens: Path) -> None:
    page = show(real)
    search(page, "turbine maintenance")
    assert page.locator(".hits li").count() == 10
    assert "rank" in (page.locator(".hits .why").first.get_attribute("title") or "")
    page.check("#beside")
    page.wait_for_selector("#hits.beside .column:nth-child(2) li")
    assert page.locator("#hits h2").all_inner_texts() == ["joint", "visual"]
    assert "visual" not in page.locator(".column").first.locator(".whys").first.inner_text()
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
    with Image.open(Path(__file__).parents[2] / "examples/docs/pictures/tide-day-visitors.png") as drawn:
        drawn.resize((drawn.width // 2, drawn.height // 2)).save(picture)
    page = show(real)
    page.click("#tab-search")
    page.set_input_files("#picture", picture)
    expect(page.locator(".hits li").first).to_contain_text("tide-day-visitors.png")
    expect(page.locator("#picked-picture")).to_be_visible()
    page.click("#unpick")
    expect(page.locator("#picked")).to_be_hidden()


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


def test_chinese_and_dark_are_kept(real: str, show: Open, screens: Path) -> None:
    page = show(real, locale="zh-CN", color_scheme="dark")
    expect(page.locator("#tab-ask")).to_have_text("提问")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    ask(page, "潮汐电站是哪一年投入运行的？")
    assert "1987" in page.inner_text(".answer .text")
    page.screenshot(path=screens / "chinese-dark.png")
    page.click("#language")
    page.click("#theme")
    page.reload()
    expect(page.locator("#tab-ask")).to_have_text("Ask")
    assert page.get_attribute("html", "data-theme") == "light"


def test_on_a_phone_nothing_is_wider_than_the_screen(real: str, show: Open, screens: Path) -> None:
    page = show(real, width=360, height=740, has_touch=True, is_mobile=True)
    ask(page, QUESTION)
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


def test_a_server_that_is_gone_is_said(own: tuple[str, Path], show: Open, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(own[0])
    page.wait_for_selector("#index option", state="attached")
    page.route("**/api/**", lambda route: route.abort())
    page.fill("#question", "Where is everybody?")
    page.press("#question", "Enter")
    expect(page.locator(".answer .fault")).to_have_text("The server does not answer.")
    page.close()


CUT = 'event: text\ndata: "Half an ans"\n\n'


def test_an_answer_that_is_cut_off_is_said_to_be(own: tuple[str, Path], show: Open) -> None:
    page = show(own[0])
    page.route(
        "**/chat/stream",
        lambda route: route.fulfill(body=CUT, headers={"content-type": "text/event-stream"}),
    )
    ask(page, "What is cut?")
    expect(page.locator(".answer .text")).to_have_text("Half an ans")
    expect(page.locator(".answer .fault")).to_have_text("The server does not answer.")


def test_no_more_is_remembered_than_the_server_takes(own: tuple[str, Path], show: Open) -> None:
    sent: list[int] = []
    answer = {"text": "So.", "citations": [], "flags": [], "asked": "", "stopped": ""}

    def reply(route: Any) -> None:
        sent.append(len(route.request.post_data_json["history"]))
        body = f"event: answer\ndata: {json.dumps(answer)}\n\n"
        route.fulfill(body=body, headers={"content-type": "text/event-stream"})

    page = show(own[0])
    page.route("**/chat/stream", reply)
    for at in range(52):
        page.fill("#question", f"Question {at}?")
        page.press("#question", "Enter")
        expect(page.locator(".answer[aria-busy=false]")).to_have_count(at + 1)
    assert sent == [*range(51), 50]


def test_events_come_whole_however_they_are_cut(own: tuple[str, Path], show: Open) -> None:
    page = show(own[0])
    told = page.evaluate(
        """async () => {
          const { events } = await import("/web/api.js");
          const found = [];
          for (const end of ["\\n", "\\r\\n"]) {
            const lines = ["event: text", 'data: "狐 a: b"', "", ": ping", "", 'data: {"x": 1}', "", ""];
            const text = lines.join(end);
            const body = new ReadableStream({
              start(to) {
                for (const byte of new TextEncoder().encode(text)) to.enqueue(new Uint8Array([byte]));
                to.close();
              },
            });
            window.fetch = async () => new Response(body);
            for await (const event of events("/x")) found.push(event);
          }
          return found;
        }"""
    )
    assert told == [["text", "狐 a: b"], ["message", {"x": 1}]] * 2


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
