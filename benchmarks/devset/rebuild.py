"""Build the development set from Debian's packages: ``python benchmarks/devset/rebuild.py OUT``.

OUT becomes a dataset for ``mmrag bench OUT``: the questions that stand beside this script, and the PDFs that
``sources.tsv`` lists, fetched with apt, cut to the pages that are asked about. Needs ``apt-get`` and
``dpkg-deb``, so Debian or a system made of it, whose package lists name Debian 12 (``apt-get update``).

Where another version of a package is served, that one is taken, and a warning says so. What can't be had is
named, its questions are left out, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any

from PIL import Image

HERE = Path(__file__).parent
QUERIES, QRELS, ABOUT = "queries.jsonl", "qrels.tsv", "dataset.yaml"
SCAN_DPI, SCAN_QUALITY = 150, 72


class MissingError(Exception):
    """A document can't be had; says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document of the set comes from.

    Attributes:
        file: its name in the corpus.
        package, version: of Debian.
        path: inside the package; ``.gz`` is unpacked.
        pages: 1-based, in the order of the document.
        scanned: whether its pages become pictures without a text layer.
        licence: of the document.
    """

    file: str
    package: str
    version: str
    path: str
    pages: tuple[int, ...]
    scanned: bool
    licence: str


def sources(table: Iterable[str]) -> list[Source]:
    """The rows of ``sources.tsv``, in their order."""
    return [
        Source(
            row["file"],
            row["package"],
            row["version"],
            row["path"],
            page_numbers(row["pages"]),
            row["as"] == "pictures",
            row["licence"],
        )
        for row in csv.DictReader(table, delimiter="\t")
    ]


def page_numbers(ranges: str) -> tuple[int, ...]:
    """``1-3,7`` as 1, 2, 3, 7."""
    numbers: list[int] = []
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)


def fetch(package: str, version: str, folder: Path) -> Path:
    """The package in that version, else in the one that is served, with a warning."""
    if _apt(f"{package}={version}", folder) and (said := _apt(package, folder)):
        raise MissingError(f"the package {package} can't be fetched: {said}")
    (found,) = folder.glob("*.deb")
    command = ["dpkg-deb", "--field", str(found), "Version"]
    served = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if served != version:
        warn(f"{package} is served as {served}, not {version}: pages may differ from the ones asked about")
    return found


def _apt(what: str, folder: Path) -> str:
    """Why it could not be downloaded; empty if it was."""
    try:
        done = subprocess.run(
            ["apt-get", "download", what], cwd=folder, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "there is no apt-get on this machine"
    if not done.returncode:
        return ""
    return next((line for line in reversed(done.stderr.splitlines()) if line), "apt-get failed")


def unpacked(package: Path, paths: set[str]) -> dict[str, bytes]:
    """Those of the files that the package holds, by path, decompressed."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reading:
        assert reading.stdout is not None
        return files_in(reading.stdout, paths)


def files_in(archive: IO[bytes], paths: set[str]) -> dict[str, bytes]:
    """The same of a tar file that is read from its beginning to its end."""
    found = {}
    with tarfile.open(fileobj=archive, mode="r|") as members:
        for member in members:
            path = member.name.removeprefix("./")
            if path in paths and (file := members.extractfile(member)) is not None:
                data = file.read()
                found[path] = gzip.decompress(data) if path.endswith(".gz") else data
    return found


def cut(data: bytes, source: Source) -> bytes:
    """A PDF of the source's pages alone, without bookmarks; the same bytes each time."""
    import pymupdf

    with pymupdf.open(stream=data, filetype="pdf") as document:
        if len(document) < max(source.pages):
            raise MissingError(f"{source.path} has {len(document)} pages, and not {max(source.pages)}")
        document.select([number - 1 for number in source.pages])
        document.set_toc([])
        if not source.scanned:
            return bytes(document.tobytes(garbage=4, deflate=True, no_new_id=True))
        with pymupdf.open() as scan:
            for page in document:
                scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(
                    page.rect, stream=picture_of(page)
                )
            return bytes(scan.tobytes(deflate=True, no_new_id=True))


def picture_of(page: Any) -> bytes:
    """The page as a scanner might give it: a JPEG."""
    pixels = page.get_pixmap(dpi=SCAN_DPI)
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=SCAN_QUALITY)
    return out.getvalue()


def build(wanted: list[Source], out: Path) -> list[str]:
    """Write the corpus, with the copyright file of each package; return the files that can't be had."""
    (out / "corpus").mkdir(parents=True, exist_ok=True)
    (out / "licenses").mkdir(exist_ok=True)
    missing = []
    for (package, version), group in groupby(wanted, key=lambda source: (source.package, source.version)):
        members = list(group)
        terms = f"usr/share/doc/{package}/copyright"
        try:
            with tempfile.TemporaryDirectory() as folder:
                archive = fetch(package, version, Path(folder))
                files = unpacked(archive, {terms, *(source.path for source in members)})
        except MissingError as error:
            warn(str(error))
            missing += [source.file for source in members]
            continue
        if terms in files:
            (out / "licenses" / f"{package}.copyright").write_bytes(files[terms])
        for source in members:
            try:
                if source.path not in files:
                    raise MissingError(f"{package} holds no {source.path}")
                (out / "corpus" / source.file).write_bytes(cut(files[source.path], source))
            except MissingError as error:
                warn(str(error))
                missing.append(source.file)
            else:
                print(f"{source.file}: {len(source.pages)} pages of {package}", flush=True)
    return missing


def answerable(questions: Iterable[str], missing: list[str]) -> Iterator[str]:
    """The lines of the questions about documents that are there."""
    return (line for line in questions if json.loads(line)["doc"] not in missing)


def judged(judgements: Iterable[str], missing: list[str]) -> Iterator[str]:
    """The lines of the judgements of pages that are there."""
    return (line for line in judgements if line.split("\t")[2].rpartition("#")[0] not in missing)


def warn(says: str) -> None:
    """Say it apart from what is printed."""
    print(f"warning: {says}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    with (HERE / "sources.tsv").open(encoding="utf-8") as table:
        missing = build(sources(table), out)
    for name, kept in ((QUERIES, answerable), (QRELS, judged)):
        lines = (HERE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (out / name).write_text("".join(kept(lines, missing)), encoding="utf-8")
    shutil.copyfile(HERE / ABOUT, out / ABOUT)
    if missing:
        warn(f"questions about {', '.join(missing)} are left out: figures are not those of the whole set")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
