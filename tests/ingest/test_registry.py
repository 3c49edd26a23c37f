import subprocess
import sys
from pathlib import Path

import pytest

from mmrag.config import IngestOptions
from mmrag.errors import TooLargeError, UnreadableError, UnsupportedError
from mmrag.ingest import INGEST_VERSION, Job, ingestors, open_file
from mmrag.ingest.registry import INGESTORS, LazyIngestor
from mmrag.ingest.sniff import ENDINGS


@pytest.mark.parametrize("lazy", INGESTORS, ids=lambda lazy: str(lazy.place))
def test_what_is_stated_is_what_the_ingestor_says(lazy: LazyIngestor) -> None:
    loaded = lazy.load()
    assert (loaded.media_types, loaded.version) == (lazy.media_types, lazy.version)
    assert lazy.version in INGEST_VERSION


def test_every_ending_that_is_read_has_an_ingestor() -> None:
    assert set(ENDINGS.values()) == ingestors().keys()


def test_listing_ingestors_loads_no_parser() -> None:
    heavy = "{'pymupdf', 'PIL', 'bs4', 'markdown_it', 'rapidocr', 'onnxruntime', 'numpy', 'yaml'}"
    code = (
        f"import sys, mmrag.ingest as i; i.ingestors(); i.INGEST_VERSION; print({heavy} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_file_over_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(
        TooLargeError, match=r"long\.txt has 2 MB, over the limit of 2 MB \(ingest\.max_file_mb\)"
    ):
        open_file(Job(path, "long.txt"), IngestOptions(max_file_mb=2), ingestors())


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="No such file"):
        open_file(Job(tmp_path / "gone.txt", "gone.txt"), IngestOptions(), ingestors())


def test_a_kind_that_nothing_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    with pytest.raises(UnsupportedError, match=r"a\.txt: nothing here reads text/plain"):
        open_file(Job(path, "a.txt"), IngestOptions(), {})
