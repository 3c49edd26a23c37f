"""What has shaped an index, and whether the makers at hand are those that did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mmrag.config import Recipe
from mmrag.errors import FingerprintError
from mmrag.index.store import Store

if TYPE_CHECKING:
    from mmrag.strategies.base import Strategy


def fingerprint(recipe: Recipe, strategies: Iterable[Strategy]) -> dict[str, str]:
    """Everything that shaped the elements and the vectors, by what it shaped."""
    from mmrag.ingest import INGEST_VERSION
    from mmrag.text.terms import TERMS_VERSION

    options = recipe.ingest
    read = f"{INGEST_VERSION} {TERMS_VERSION} layout={options.layout} ocr={options.ocr} dpi={options.dpi}"
    prints = {
        "ingest": " ".join([read, *(f"{key}={options.readers[key]}" for key in sorted(options.readers))])
    }
    for strategy in strategies:
        prints[strategy.name] = strategy.fingerprint
        prints |= {made.name: made.encoder.fingerprint for made in strategy.lists}
    return prints


def check_fingerprint(store: Store, now: Mapping[str, str]) -> None:
    """Refuse to mix what different makers have made.

    Args:
        store: the index.
        now: of the makers at hand; to search, those of the encoders are enough.

    Raises:
        FingerprintError: naming what differs, and both fingerprints.
    """
    kept = store.get("fingerprint", {})
    for part in sorted(now):
        if kept.get(part) != now.get(part):
            raise FingerprintError(
                f"the index {store.path} was made with {part} = {kept.get(part, 'nothing')!r}, now it is "
                f"{now[part]!r}: build it anew with mmrag index FOLDER --rebuild, "
                "or use another place with --index"
            )
