"""Which lists a query is asked of, and its vectors there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmrag.encoders.base import Encoder, PageEncoder
from mmrag.encoders.batching import encode_pictures, encode_query
from mmrag.encoders.lists import ChunkList, PageList, strategy_of, texts_of
from mmrag.errors import ModelError, UsageError
from mmrag.pictures import FORMATS
from mmrag.text.script import READABLE, language, readable_share
from mmrag.types import Query

MOST_PIXELS = 80_000_000
"""Of a picture that is asked with; below the size at which Pillow warns of decompression bombs."""

BY_PICTURE = " (by picture)"
"""Stands behind the name of a list that was asked with the query's picture, not with its words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A list with the query's vectors in its space.

    Attributes:
        list: which.
        name: what the ranked list is called: the list's name, marked if it was asked with the picture.
        vectors: ``(dim,)`` float32 for a `ChunkList`, ``(m, dim)`` for a `PageList`.
    """

    list: ChunkList | PageList
    name: str
    vectors: NDArray[np.float32]


def ask(query: Query, lists: Sequence[ChunkList | PageList]) -> list[Asked]:
    """The query's vectors for each list that can know what it says.

    Of a strategy's encoders that one is asked which is the first to know the language of the query, else the
    first that reads its script, else none: an encoder that guesses spoils the fusion.

    Raises:
        UsageError: if the query's picture can't be read, or no list finds by picture.
        ModelError: if an encoder fails.
    """
    asked: list[Asked] = []
    if query.text.strip():
        known = _by_language(query.text, lists)
        made: dict[str, NDArray[np.float32]] = {}
        for found in known:
            if isinstance(found, PageList):
                vectors = _checked(found, found.encoder.encode_queries([query.text])[0])
            else:
                encoder = texts_of(found.encoder)
                if encoder.fingerprint not in made:
                    made[encoder.fingerprint] = encode_query(encoder, query.text)[0]
                vectors = made[encoder.fingerprint]
            asked.append(Asked(found, found.name, vectors))
    if query.picture is not None:
        asked += _by_picture(query.picture, lists)
    return asked


def _checked(made: PageList, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    good = vectors.ndim == 2 and len(vectors) and vectors.shape[1] == made.encoder.dim
    if not good or not np.isfinite(vectors).all():
        raise ModelError(
            f"the encoder {made.encoder.spec} gave vectors of shape {vectors.shape} for a question, "
            f"not of {made.encoder.dim} finite numbers each"
        )
    return vectors


def _by_language(text: str, lists: Sequence[ChunkList | PageList]) -> list[ChunkList | PageList]:
    spoken = language(text)
    shares: dict[frozenset[str] | None, float] = {}
    chosen: dict[tuple[str, bool], tuple[bool, Encoder | PageEncoder]] = {}
    kinds = [_kind(found) for found in lists]
    for found, kind in zip(lists, kinds, strict=True):
        encoder = found.encoder
        scripts = encoder.scripts
        if scripts not in shares:
            shares[scripts] = readable_share(text, scripts)
        if shares[scripts] < READABLE:
            continue
        knows = not spoken or encoder.languages is None or spoken in encoder.languages
        if kind not in chosen or (knows and not chosen[kind][0]):
            chosen[kind] = (knows, encoder)
    return [
        found
        for found, kind in zip(lists, kinds, strict=True)
        if kind in chosen and found.encoder is chosen[kind][1]
    ]


def _kind(found: ChunkList | PageList) -> tuple[str, bool]:
    """One encoder is asked for each of these: of a strategy, for its chunks or for its pages."""
    return strategy_of(found.name), isinstance(found, PageList)


def _by_picture(path: str, lists: Sequence[ChunkList | PageList]) -> list[Asked]:
    able = [
        found for found in lists if isinstance(found, ChunkList) and "picture" in found.encoder.modalities
    ]
    if not able:
        raise UsageError(
            "no view with a weight finds by picture here: lay one with mmrag index FOLDER --strategy joint, "
            "and see retrieve.weights in its recipe"
        )
    try:
        with Image.open(Path(path), formats=FORMATS) as picture:
            pixels = picture.width * picture.height
            if pixels > MOST_PIXELS:
                raise UsageError(
                    f"the picture {path} has {pixels / 1e6:.0f} million pixels, over the limit of "
                    f"{MOST_PIXELS / 1e6:.0f}: make it smaller"
                )
            picture.load()
    except FileNotFoundError:
        raise UsageError(f"there is no picture {path}") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UsageError(f"the picture {path} can't be read as one: {error}") from error
    made: dict[str, NDArray[np.float32]] = {}
    for found in able:
        if found.encoder.fingerprint not in made:
            made[found.encoder.fingerprint] = encode_pictures(found.encoder, [picture], 1)[0]
    return [Asked(found, found.name + BY_PICTURE, made[found.encoder.fingerprint]) for found in able]
