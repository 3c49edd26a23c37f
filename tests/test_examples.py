"""The example folder: small, reproducible, and its questions have their answers in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import PIL
import pymupdf
import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
DOCS = EXAMPLES / "docs"
# The versions that wrote the committed files; others may compress the same content differently.
MADE_WITH = ("2.0", "13.0.0")


def questions() -> list[dict]:
    return [json.loads(line) for line in (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    subprocess.run([sys.executable, EXAMPLES / "make_docs.py", folder], check=True, timeout=120)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def page_texts(path: Path) -> list[str]:
    with pymupdf.open(path) as document:
        return [page.get_text() for page in document]


def test_the_folder_is_under_three_megabytes_and_has_all_formats():
    files = [path for path in DOCS.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3_000_000
    assert {path.suffix for path in files} == {".pdf", ".jpg", ".png", ".md", ".html"}


def test_the_script_makes_the_committed_files(again: Path):
    assert names(again) == names(DOCS)
    same_versions = (pymupdf.__version__, PIL.__version__) == MADE_WITH
    for name in names(DOCS):
        if same_versions or name.endswith((".md", ".html")):
            assert (again / name).read_bytes() == (DOCS / name).read_bytes(), name
        if name.endswith(".pdf"):
            assert page_texts(again / name) == page_texts(DOCS / name), name


def test_the_scan_has_no_text_layer_and_the_others_embed_their_fonts():
    assert page_texts(DOCS / "gate-inspection-2019-scan.pdf") == [""]
    for path in DOCS.glob("*.pdf"):
        with pymupdf.open(path) as document:
            kinds = {font[1] for page in document for font in page.get_fonts()}
        assert kinds <= {"cid", "ttf"}, path.name


def test_questions_name_files_and_pages_that_exist():
    asked = questions()
    assert len({question["id"] for question in asked}) == len(asked) >= 12
    assert {question["kind"] for question in asked} == {"text", "table", "figure", "scan", "picture"}
    assert {question["lang"] for question in asked} == {"en", "zh"}
    for question in asked:
        path = DOCS / question["doc"]
        assert path.is_file()
        if path.suffix == ".pdf":
            assert all(1 <= page <= len(page_texts(path)) for page in question["pages"])


def test_accepted_answers_stand_on_their_page():
    for question in questions():
        path = DOCS / question["doc"]
        if question["kind"] in ("scan", "picture"):
            continue  # read from pixels: there is no text layer to look in
        texts = page_texts(path) if path.suffix == ".pdf" else [path.read_text("utf-8")]
        text = " ".join(texts[page - 1] for page in question["pages"]) if path.suffix == ".pdf" else texts[0]
        found = "".join(text.split())
        assert any(
            all("".join(part.split()) in found for part in variant.split(";"))
            for variant in question["accepted"]
        ), question["id"]
