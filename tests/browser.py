"""A real browser for tests of what people look at."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

_PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_INSTALL = (
    "there is no Chromium to open the report in: install one "
    "(Debian: apt-get install chromium-headless-shell; elsewhere: python -m playwright install chromium), "
    "or name one in the variable MMRAG_TEST_CHROMIUM"
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, not seen; a test without it fails and says how to get it."""
    with sync_playwright() as driver:
        program = _program(driver.chromium.executable_path)
        # Root, as in containers, may not have the sandbox; the pages that are opened are our own.
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


def _program(bundled: str) -> str:
    named = os.environ.get("MMRAG_TEST_CHROMIUM")
    if named:
        return named
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if found is None and Path(bundled).is_file():
        found = bundled
    if found is None:
        pytest.fail(_INSTALL, pytrace=False)
    return found
