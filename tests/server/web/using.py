"""What a reader does on the page, and what can be seen of it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

Open = Callable[..., Page]

QUESTION = "How much energy did the station deliver in 2025?"


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


def pictures_are_loaded(page: Page) -> None:
    """All that can be seen are; those further down are only fetched when they are scrolled to."""
    page.wait_for_function(
        """() => [...document.images].every((it) => {
          const { top, bottom, width } = it.getBoundingClientRect();
          const seen = width > 0 && bottom > 0 && top < innerHeight;
          return !seen || (it.complete && it.naturalWidth > 0);
        })"""
    )


def share_of_page(page: Page, frame: str) -> tuple[float, float, float, float]:
    """Where a frame stands over the picture of the page, as a reader sees it."""
    box, sheet = page.locator(frame).bounding_box(), page.locator("#page").bounding_box()
    assert box is not None
    assert sheet is not None
    x, y = (box["x"] - sheet["x"]) / sheet["width"], (box["y"] - sheet["y"]) / sheet["height"]
    return x, y, x + box["width"] / sheet["width"], y + box["height"] / sheet["height"]
