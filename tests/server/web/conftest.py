"""The web page in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import mmrag
from tests.api.test_update import RECIPE
from tests.browser import browser as chromium
from tests.cli.test_serving import serving
from tests.server.conftest import write_documents
from tests.server.web.using import Open

PATIENCE = 30_000


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="package")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the page are kept, to be looked at: MMRAG_SCREENS, else among what the run leaves."""
    place = Path(os.environ.get("MMRAG_SCREENS") or tmp_path_factory.mktemp("screens"))
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture(scope="package")
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
