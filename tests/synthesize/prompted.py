"""A document of `injected` on its way from the file to the prompt, read as an index would read it."""

from __future__ import annotations

from pathlib import Path

from mmrag.config import AnswerOptions, IngestOptions
from mmrag.generators.language_model import LanguageModel
from mmrag.ingest import ingestors, sniff
from mmrag.synthesize.context import Prompt, make_prompt
from mmrag.types import Document, Hit, ParsedPage
from tests.synthesize.counting import Shelf
from tests.synthesize.injected import DOCUMENTS

QUESTION = "How high is the road deck?"


def ingested(folder: Path, name: str) -> tuple[Document, list[ParsedPage]]:
    """The document of that name, made and read with the default options."""
    path = folder / name
    DOCUMENTS[name](path)
    document, pages = ingestors()[sniff(path)].open(path, name, IngestOptions())
    return document, list(pages)


def prompted(document: Document, pages: list[ParsedPage], model: LanguageModel) -> Prompt:
    """The prompt for `QUESTION` with all the elements of the document as hits."""
    shelf = Shelf({(document.id, page.page.number): list(page.elements) for page in pages})
    hits = [
        Hit(rank, 1 / rank, document, page.page, page.elements[0], page.elements)
        for rank, page in enumerate(pages, start=1)
    ]
    return make_prompt(QUESTION, hits, shelf, model, AnswerOptions())
