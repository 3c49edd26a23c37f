"""Fetch what parsers were broken with: the PDFs and pictures in the test suites of other programs.

    python -m tests.stress.get_documents FOLDER

Source distributions come from the package index that pip is set to, checked against the sha256 that the
index gives; Debian's sources through apt-get, into lists of its own, so that no right of root is needed. Only
PDFs and pictures are kept, each under its sha256, so that the same bytes are tried once. Nothing is fetched
twice.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SDISTS = {
    "pymupdf": "2.0",
    "pypdf": "7.1.0",
    "pikepdf": "10.17.0",
    "ocrmypdf": "17.13.0",
    "pypdfium2": "5.15.2",
    "pillow": "13.0.0",
    "python-docx": "1.2.0",
    "oletools": "0.60.2",
}
DEBIAN = ("qpdf", "pdf.js")
PDFS = (".pdf",)
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
_MOST = 64_000_000
_ARCHIVE = re.compile(r"\.(?:tar\.(?:gz|xz|bz2)|tgz|zip)$")


HANGING = "92bdc8b78b44b161fbcd322a0e87f67e"
"""``tests/resources/test_2548.pdf`` of PyMuPDF, on which MuPDF hangs, by its sha256."""


def documents(config: pytest.Config) -> dict[str, Path]:
    """All documents by their sha256, fetched into the cache of pytest; a test that can't have them fails."""
    import pytest

    folder = Path(os.environ.get("MMRAG_STRESS_DOCUMENTS") or config.cache.mkdir("stress-documents"))
    missing = fetch(folder)
    if missing:
        reasons = "; ".join(f"{source}: {reason}" for source, reason in missing.items())
        pytest.fail(
            f"documents could not be fetched: {reasons}. Where there is a network run"
            f" python -m tests.stress.get_documents FOLDER, and set MMRAG_STRESS_DOCUMENTS=FOLDER",
            pytrace=False,
        )
    return {path.stem: path for path in (folder / "documents").iterdir()}


def fetch(folder: Path) -> dict[str, str]:
    """Fill ``folder`` with documents; says by source what could not be had, and why."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    missing: dict[str, str] = {}
    for name, version in SDISTS.items():
        _once(folder, f"{name}-{version}", lambda n=name, v=version: _sdist(n, v, documents), missing)
    for name in DEBIAN:
        _once(folder, f"debian-{name}", lambda n=name: _debian(n, documents), missing)
    return missing


def _once(folder: Path, source: str, take: Callable[[], int], missing: dict[str, str]) -> None:
    done = folder / f"{source}.done"
    if done.exists():
        return
    try:
        count = take()
    except (OSError, subprocess.SubprocessError, tarfile.TarError, zipfile.BadZipFile, LookupError) as error:
        missing[source] = " ".join(str(error).split())[:300]
        return
    done.write_text(f"{count}\n")
    print(f"{source}: {count} documents", file=sys.stderr)


def _sdist(name: str, version: str, to: Path) -> int:
    page = urllib.parse.urljoin(_index(), f"{name}/")
    asked = urllib.request.Request(page, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        files = json.load(answer)["files"]
    wanted = {f"{stem}-{version}.tar.gz" for stem in (name, name.replace("-", "_"))}
    wanted |= {name.replace(".tar.gz", ".zip") for name in wanted}
    found = next((file for file in files if file["filename"].lower() in wanted), None)
    if found is None:
        raise LookupError(f"the index has no source distribution of {name} {version}")
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch, found["filename"])
        place = urllib.parse.urljoin(page, found["url"])
        with urllib.request.urlopen(place, timeout=60) as answer, archive.open("wb") as file:
            shutil.copyfileobj(answer, file)
        checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
        if checksum != found["hashes"]["sha256"]:
            raise OSError(f"{archive.name} has another sha256 than the index says")
        return _keep(archive, to)


def _index() -> str:
    """The package index that pip is set to, else pip's own."""
    said = os.environ.get("PIP_INDEX_URL")
    if not said:
        pip = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
        said = subprocess.run(pip, capture_output=True, text=True, check=False).stdout.strip()
    if not said:
        from pip._internal.models.index import PyPI

        said = PyPI.simple_url
    return said.rstrip("/") + "/"


def _debian(name: str, to: Path) -> int:
    if shutil.which("apt-get") is None:
        raise LookupError("there is no apt-get here")
    with tempfile.TemporaryDirectory() as scratch:
        options = _own_apt(Path(scratch))
        run = {"cwd": scratch, "check": True, "capture_output": True, "text": True, "timeout": 900}
        try:
            subprocess.run(["apt-get", *options, "update"], **run)  # type: ignore[call-overload]
            subprocess.run(["apt-get", *options, "source", "--download-only", name], **run)  # type: ignore[call-overload]
        except subprocess.CalledProcessError as error:
            raise LookupError(f"apt-get source {name}: {error.stderr[-200:]}") from error
        return sum(_keep(path, to) for path in sorted(Path(scratch).glob("*.orig*")) if _is_archive(path))


def _own_apt(scratch: Path) -> list[str]:
    """Options for an apt that knows the machine's sources of packages, and writes into ``scratch`` only."""
    lines = []
    for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        if path.suffix in (".list", ".sources") and path.is_file():
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
            lines.append((path.suffix, re.sub(r"(?m)^deb ", "deb-src ", text)))
    parts = scratch / "parts"
    for place in (parts, scratch / "lists" / "partial", scratch / "cache" / "archives" / "partial"):
        place.mkdir(parents=True)
    for number, (suffix, text) in enumerate(lines):
        (parts / f"{number}{suffix}").write_text(text, encoding="utf-8")
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": parts,
        "Dir::State::Lists": scratch / "lists",
        "Dir::Cache": scratch / "cache",
        "APT::Sandbox::User": "",
    }
    return ["-q", *(f"-o{key}={value}" for key, value in settings.items())]


def _is_archive(path: Path) -> bool:
    return _ARCHIVE.search(path.name) is not None


def _keep(archive: Path, to: Path) -> int:
    """Keep the documents in an archive, each under its sha256; says how many there are."""
    count = 0
    for name, data in _members(archive):
        ending = Path(name).suffix.lower()
        if ending in (*PDFS, *PICTURES):
            (to / f"{hashlib.sha256(data).hexdigest()[:32]}{ending}").write_bytes(data)
            count += 1
    return count


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                if not info.is_dir() and info.file_size <= _MOST:
                    yield info.filename, opened.read(info)
        return
    with tarfile.open(archive) as opened:
        for member in opened:
            file = opened.extractfile(member) if member.isfile() and member.size <= _MOST else None
            if file is not None:
                yield member.name, file.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    missing = fetch(chosen.folder)
    for source, reason in missing.items():
        print(f"{source} could not be had: {reason}", file=sys.stderr)
    kept = list((chosen.folder / "documents").iterdir())
    pdfs = sum(path.suffix in PDFS for path in kept)
    print(f"{pdfs:,} PDFs and {len(kept) - pdfs:,} pictures in {chosen.folder}")


if __name__ == "__main__":
    main()
