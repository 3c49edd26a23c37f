"""``python -m tests.stress.tampered_run FOLDER``: uses indexes and datasets whose names lead elsewhere.

FOLDER gets what is made; ``outside`` beside it holds secrets. Prints what came of each, by name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import mmrag
from mmrag.benchmark import datasets
from mmrag.config import load_recipe
from mmrag.errors import MmragError
from mmrag.index.writer import Writer
from tests.stress.hostile import HARMLESS, png

SECRET = png("SECRET")
ASSET = hashlib.sha256(SECRET).hexdigest()


def tampers(outside: Path) -> dict[str, list[tuple[str, tuple[object, ...]]]]:
    """What is done to the database, by name. Whoever does it knows the secret picture and its name."""
    up = f"../../../outside/{ASSET}"
    return {
        "asset up": [
            ("UPDATE assets SET id = ? WHERE id = (SELECT min(id) FROM assets)", (up,)),
            ("UPDATE elements SET picture = ? WHERE picture IS NOT NULL", (up,)),
        ],
        "asset absolute": [
            ("UPDATE assets SET id = ? WHERE id = (SELECT min(id) FROM assets)", (str(outside / ASSET),)),
            ("UPDATE elements SET picture = ? WHERE picture IS NOT NULL", (str(outside / ASSET),)),
        ],
        "asset unused": [
            ("INSERT INTO assets VALUES (?, 'image/png', 9, 9)", (up,)),
            ("INSERT INTO assets VALUES (?, 'image/png', 9, 9)", (str(outside / ASSET),)),
        ],
        "asset of no kind": [("UPDATE assets SET media_type = '/../../x'", ())],
        "document up": [
            (
                "UPDATE documents SET path = ?, id = ? WHERE path LIKE '%.png'",
                (f"../outside/{ASSET}.png", ASSET),
            )
        ],
        "document absolute": [
            (
                "UPDATE documents SET path = ?, id = ? WHERE path LIKE '%.png'",
                (f"{outside}/{ASSET}.png", ASSET),
            )
        ],
        "vectors up": [("UPDATE derived SET file = ?", (f"../../outside/{ASSET}.png",))],
        "vectors absolute": [("UPDATE derived SET file = ?", (f"{outside}/{ASSET}.png",))],
        "file up": [("UPDATE files SET path = ? WHERE path LIKE '%.png'", (f"../outside/{ASSET}.png",))],
        "recipe runs": [
            (
                "UPDATE meta SET value = json_set(value, '$.vector_store', 'os:getcwd') WHERE key = 'recipe'",
                (),
            )
        ],
    }


def use(place: Path) -> str:
    """Everything that an index can be asked for."""
    said = []
    with mmrag.open(place) as index:
        for document in index.documents():
            for element in index.elements(document, 1):
                if element.picture:
                    said.append(_tried(lambda asset=element.picture: index.picture(asset).name))
            said.append(_tried(lambda document=document: index.page_picture(document, 1).size))
        said.append(_tried(lambda: index.search("ferry")))
        said.append(_tried(lambda: index.ask("When does the ferry leave?").text))
        said.append(_tried(lambda: index.update(retry_failed=True)))
    return " ; ".join(said)


def _tried(work: Callable[[], object]) -> str:
    try:
        return str(work())[:2000]
    except MmragError as error:
        return f"{type(error).__name__}: {error}"


NAMES = (
    "../../outside/x",
    "/outside/x",
    "..",
    ".",
    "~/x",
    "a/../../b",
    "con\0x",
    "x" * 5000,
    "..\\..\\x",
    "\u202ex",
)


def beir(folder: Path) -> None:
    (folder / "qrels").mkdir(parents=True)
    rows = [{"_id": name, "title": name, "text": HARMLESS} for name in NAMES]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked = {"_id": "q", "text": "When does the ferry leave?"}
    (folder / "queries.jsonl").write_text(json.dumps(asked))
    (folder / "qrels" / "test.tsv").write_text("".join(f"q\t{name}\t1\n" for name in NAMES[:1]))


def parquet(folder: Path, data: bytes | None = None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    picture = {"bytes": data or png(HARMLESS), "path": "../../x.png"}
    rows = [{"query": HARMLESS, "image": picture, "image_filename": name, "answer": "nine"} for name in NAMES]
    pq.write_table(pa.Table.from_pylist(rows), folder / "pairs.parquet")


def postscript(folder: Path) -> None:
    parquet(folder, b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n")


def main(folder: Path) -> None:
    outside, corpus, clean = folder / "outside", folder / "corpus", folder / "indexes" / "clean"
    recipe = load_recipe(folder / "recipe.yaml")
    mmrag.build(corpus, clean, pipeline=recipe).close()
    told: dict[str, str] = {}
    for name, statements in tampers(outside).items():
        place = clean.with_name(name.replace(" ", "-"))
        shutil.copytree(clean, place)
        writer = Writer(place)
        with writer.writing():
            for statement, values in statements:
                writer.connection.execute(statement, values)
        writer.close()
        told[name] = _tried(lambda place=place: use(place))
    for make in (beir, parquet, postscript):
        made = folder / "datasets" / make.__name__
        made.parent.mkdir(exist_ok=True)
        make(made)
        told[make.__name__] = _tried(lambda made=made: len(datasets.load(made, folder / "cache").questions))
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
