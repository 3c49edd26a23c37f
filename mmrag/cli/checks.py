"""What `mmrag doctor` looks at: the machine, the packages, and the models, each by trying it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag import __version__
from mmrag.errors import MmragError

if TYPE_CHECKING:
    from mmrag.config import Recipe

LITTLE_DISK = 2e9
"""Bytes; below this an index run over some hundred scanned pages may fill the disk."""


_FAISS = (
    "pip install 'mmrag[cpu]', or 'mmrag[gpu]' where there is an NVIDIA card",
    "",
    "both own the same files: pip uninstall -y faiss-cpu faiss-gpu, then install one of them",
)
"""What to do where none, one or both of the two packages are installed."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A model to try: its name, what it is for, and how."""

    name: str
    purpose: str
    attempt: Callable[[], str]


class State(StrEnum):
    """How a check came out. ``NOTE`` is worth knowing and stops nothing."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what was looked at, what was found, and what to do about it."""

    group: str
    name: str
    state: State
    found: str
    advice: str = ""


def machine(folder: Path) -> Iterator[Check]:
    """Versions, processors, memory, the disk that ``folder`` is on, and a GPU if there is one."""

    from mmrag.config.cores import available_cores

    def fact(name: str, found: str) -> Check:
        return Check("machine", name, State.OK, found)

    yield fact("mmrag", __version__)
    yield fact("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    yield fact("processors", str(available_cores()))
    yield fact("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB")
    free = shutil.disk_usage(folder).free
    yield Check(
        "machine",
        "free disk",
        State.OK if free >= LITTLE_DISK else State.NOTE,
        f"{free / 1e9:.1f} GB here",
        ""
        if free >= LITTLE_DISK
        else "little room for an index; put it elsewhere: mmrag index FOLDER --index PATH",
    )
    yield _parsers()
    yield fact("GPU", _gpu() or "none found; none is needed")


def _parsers() -> Check:
    """Whether a parser process starts, and is kept from all that it should be."""
    from mmrag.config import IngestOptions
    from mmrag.ingest.processes.process import ParserProcess

    try:
        process = ParserProcess(IngestOptions(), "mmrag.ingest:ingestors", 1)
    except MmragError as error:
        return Check("machine", "parsers", State.FAILED, "do not start", str(error))
    process.kill()
    if process.open_to:
        found = "this system can't keep them from the network"
        advice = "their limits of time and memory hold; a container can close the network to all of mmrag"
        return Check("machine", "parsers", State.NOTE, found, advice)
    return Check("machine", "parsers", State.OK, "in processes of their own, without a network")


def packages() -> Iterator[Check]:
    """Every package of the base installation with its version, and FAISS, which comes by an extra."""
    for name in _base_requirements():
        version = _version(name)
        yield Check(
            "packages",
            name,
            State.OK if version else State.FAILED,
            version or "not installed",
            "" if version else f"pip install {name}",
        )
    faiss = [f"{name} {found}" for name in ("faiss-cpu", "faiss-gpu") if (found := _version(name))]
    found = " and ".join(faiss) or "not installed"
    yield Check("packages", "faiss", State.OK if len(faiss) == 1 else State.FAILED, found, _FAISS[len(faiss)])


def models(recipe: Recipe) -> Iterator[Check]:
    """Every model of the recipe's strategies, and those that read pages, each loaded and run once.

    What is not on this machine is not fetched for that.
    """
    from mmrag.models import models_of

    absent = {model.spec for model in models_of(recipe) if model.to_fetch}
    for check in _models(recipe):
        if check.name in absent:
            advice = f"not on this machine: mmrag models --pipeline {recipe.name} --fetch"
            yield Check("models", check.name, State.FAILED, check.purpose, advice)
        else:
            yield _tried(check.name, check.purpose, check.attempt)


def _models(recipe: Recipe) -> Iterator[_Model]:
    if "caption" in recipe.strategies:
        for encoder in recipe.caption.encoders:
            yield _Model(encoder, "text becomes vectors", partial(_encode, encoder))
        yield _Model(
            recipe.caption.captioner, "pictures become text", partial(_caption, recipe.caption.captioner)
        )
    if "joint" in recipe.strategies:
        for encoder in recipe.joint.encoders:
            yield _Model(encoder, "text and pictures become vectors", partial(_encode_both, encoder))
    if "visual" in recipe.strategies:
        for encoder in recipe.visual.encoders:
            yield _Model(encoder, "pages become vectors", partial(_encode_page, encoder))
        for encoder in recipe.visual.text_encoders:
            yield _Model(encoder, "text becomes vectors", partial(_encode, encoder))
    if recipe.retrieve.reranker:
        reranker = recipe.retrieve.reranker
        yield _Model(reranker, "scores the best pages again", partial(_rerank, reranker))
    yield _Model(recipe.answer.generator, "answers", partial(_generator, recipe.answer.generator))
    if recipe.ingest.ocr != "never":
        yield _Model("ocr", "reads pixels", _read)
    if recipe.ingest.layout != "never":
        yield _Model("layout", "finds figures, tables and columns", _layout)


def _tried(name: str, purpose: str, attempt: Callable[[], str]) -> Check:
    """The outcome of loading a model. Whatever breaks in it is what this report is for."""
    begin = time.perf_counter()
    try:
        found = attempt()
    except MmragError as error:
        return Check("models", name, State.FAILED, purpose, str(error))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return Check("models", name, State.FAILED, purpose, f"{reason}; reinstall it: pip install -U mmrag")
    seconds = time.perf_counter() - begin
    detail = f"{purpose}; {found}" if found else purpose
    return Check("models", name, State.OK, f"{detail}; {seconds:.1f} s to load and try")


def _encode(spec: str) -> str:
    from mmrag.encoders import load_encoder

    encoder = load_encoder(spec)
    encoder.encode_texts(["The tide turns at noon."])
    scripts = "all scripts" if encoder.scripts is None else ", ".join(sorted(encoder.scripts))
    return f"{encoder.dim} numbers, {encoder.max_tokens} tokens, {scripts}"


def _encode_both(spec: str) -> str:
    from PIL import Image

    from mmrag.encoders import load_encoder

    load_encoder(spec).encode_pictures([Image.new("RGB", (64, 64), "white")])
    return _encode(spec)


def _encode_page(spec: str) -> str:
    from PIL import Image

    from mmrag.encoders import load_page_encoder
    from mmrag.encoders.base import PageView
    from mmrag.types import BBox, Line

    lines = (Line("The tide turns at noon.", BBox(0.1, 0.1, 0.9, 0.15)),)
    encoder = load_page_encoder(spec)
    made = encoder.encode_pages([PageView(lines, (), lambda: Image.new("RGB", (64, 64), "white"))])
    return f"{encoder.dim} numbers, {len(made[0].vectors)} vectors for a page of one line"


def _rerank(spec: str) -> str:
    from PIL import Image

    from mmrag.rerankers import load_reranker
    from mmrag.rerankers.base import Candidate

    candidate = Candidate("The tide turns at noon.", lambda: Image.new("RGB", (64, 64), "white"))
    load_reranker(spec).score("When does the tide turn?", [candidate])
    return ""


def _caption(spec: str) -> str:
    from PIL import Image

    from mmrag.captioners import load_captioner
    from mmrag.captioners.base import PictureContext

    load_captioner(spec).caption(
        Image.new("RGB", (64, 64), "white"), PictureContext("Photograph: the harbour")
    )
    return ""


def _generator(spec: str) -> str:
    from mmrag.generators import LanguageModel, load_generator

    found = load_generator(spec)
    if not isinstance(found, LanguageModel):
        found.generate("When does the tide turn?", [])
        return ""
    found.check()
    limits = found.limits
    return f"{limits.tokens:,} tokens and {limits.pictures} pictures at once"


def _read() -> str:
    from PIL import Image

    from mmrag.vision.ocr import read_text

    read_text(Image.new("RGB", (64, 64), "white"))
    return ""


def _layout() -> str:
    import pymupdf

    from mmrag.ingest.pdf.regions import analyse

    with pymupdf.open() as document:
        analyse(document.new_page())
    return ""


def _gpu() -> str:
    """Name and memory of the NVIDIA cards; empty without any."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return "nvidia-smi is there, but finds no card"
    return "; ".join(line.strip() for line in said.stdout.splitlines() if line.strip())


def _base_requirements() -> list[str]:
    """Names of the packages that every installation needs."""
    wanted = _declared()
    names = [re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in wanted if "extra ==" not in line]
    return sorted(names, key=str.lower)


def _declared() -> list[str]:
    try:
        return metadata.requires("mmrag") or []
    except metadata.PackageNotFoundError:
        import tomllib

        clone = Path(__file__).parents[2] / "pyproject.toml"
        declared: list[str] = tomllib.loads(clone.read_text(encoding="utf-8"))["project"]["dependencies"]
        return declared


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
