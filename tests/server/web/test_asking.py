"""Asking: the evidence beside an answer, conversations, and answers that never come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

import mmrag
from tests.server.web.using import QUESTION, Open, ask, is_loaded, pictures_are_loaded, share_of_page

CUT = 'event: text\ndata: "Half an ans"\n\n'


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
    expect(page.locator(".sources li").first).to_contain_text("Annual Report 2025, p. 3")
    pictures_are_loaded(page)
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


def test_a_server_that_is_gone_is_said(own: tuple[str, Path], show: Open, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(own[0])
    page.wait_for_selector("#index option", state="attached")
    page.route("**/api/**", lambda route: route.abort())
    page.fill("#question", "Where is everybody?")
    page.press("#question", "Enter")
    expect(page.locator(".answer .fault")).to_have_text("The server does not answer.")
    page.close()


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
