"""What every encoder needs and none implements: order by length, batches, memory, progress, checks."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice, repeat
from typing import TypeVar

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Encoder, Matrix, PageEncoder, PageVectors, PageView, WordReader
from mmrag.errors import ModelError, OutOfMemoryError
from mmrag.pictures import as_rgb

_TEXTS, _PICTURES, _PAGES = 64, 32, 8
_NORM_TOLERANCE = 1e-3

_log = logging.getLogger(__name__)
_fitting: dict[str, int] = {}  # what ran out of memory before, and how much at once it was left with

Item = TypeVar("Item")
Result = TypeVar("Result")


def encode_texts(
    encoder: Encoder,
    texts: Sequence[str],
    on_progress: Callable[[int, int], None] | None = None,
    batch_size: int = _TEXTS,
) -> Matrix:
    """Vectors of ``texts``, in their order: ``(len(texts), dim)`` float32, rows of unit length.

    Texts of like length are encoded together, the longest first, so that memory shows its peak at the
    beginning and the time left is not underestimated.

    Args:
        encoder: a single-vector encoder.
        texts: any number, none included.
        on_progress: called after each batch with the texts done so far and in total.
        batch_size: texts handed over at once, at least 1.

    Raises:
        ModelError: if the encoder fails, or its rows are too few, not finite or not of unit length.
    """
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))

    def run(rows: list[int]) -> int:
        vectors[rows] = checked(encoder, encoder.encode_texts([texts[row] for row in rows]), len(rows))
        return len(rows)

    _report(in_batches(order, batch_size, run, f"{encoder.spec} on texts"), len(texts), on_progress)
    return vectors


def encode_pictures(
    encoder: Encoder,
    pictures: Iterable[Image],
    total: int,
    on_progress: Callable[[int, int], None] | None = None,
    batch_size: int = _PICTURES,
    words: Iterable[str] | None = None,
) -> Matrix:
    """Vectors of ``pictures``, in their order: ``(total, dim)`` float32, rows of unit length.

    Args:
        encoder: a single-vector encoder of pictures.
        pictures: of any mode; taken as they are needed, so that they need not all be in memory.
        total: how many there are.
        on_progress: called after each batch with the pictures done so far and in total.
        batch_size: pictures handed over at once, at least 1.
        words: known to stand in each picture, for an encoder that is a `WordReader`; ``None`` if unknown.

    Raises:
        ModelError: if the encoder reads text only or fails, a picture can't be decoded, there are more or
            fewer than ``total``, or the rows are too few, not finite or not of unit length.
    """
    batches: list[Matrix] = [np.empty((0, encoder.dim), dtype=np.float32)]

    def run(batch: list[tuple[Image, str]]) -> int:
        shown = [picture for picture, _ in batch]
        if words is not None and isinstance(encoder, WordReader):
            made = encoder.encode_read(shown, [said for _, said in batch])
        else:
            made = encoder.encode_pictures(shown)
        batches.append(checked(encoder, made, len(batch)))
        return len(batch)

    plain = zip(map(as_rgb, pictures), repeat("") if words is None else words, strict=False)
    done = in_batches(plain, batch_size, run, f"{encoder.spec} on pictures", ahead=True)
    if _report(done, total, on_progress) != total:
        raise ModelError(f"{encoder.spec} was to encode {total} pictures and was given another number")
    return np.concatenate(batches)


def encode_pages(
    encoder: PageEncoder,
    pages: Sequence[PageView],
    on_progress: Callable[[int, int], None] | None = None,
    batch_size: int = _PAGES,
) -> list[PageVectors]:
    """The vectors of each page, in the pages' order.

    Args:
        encoder: a page encoder.
        pages: any number, none included. For an encoder that says ``sees_pixels``, those of the next batch
            are drawn while one is encoded; others draw the pages that they need themselves.
        on_progress: called after each batch with the pages done so far and in total.
        batch_size: pages handed over at once, at least 1.

    Raises:
        ModelError: if the encoder fails, or vectors are too few, not finite or not of unit length, or boxes
            are not page fractions.
    """
    made: list[PageVectors] = []

    def run(batch: list[PageView]) -> int:
        found = encoder.encode_pages(batch)
        if len(found) != len(batch):
            raise ModelError(f"the encoder {encoder.spec} gave {len(found)} pages for {len(batch)}")
        made.extend(_checked_page(encoder, page) for page in found)
        return len(batch)

    ahead = bool(getattr(encoder, "sees_pixels", False))
    views = map(_drawn, pages) if ahead else iter(pages)
    done = in_batches(views, batch_size, run, f"{encoder.spec} on pages", ahead)
    _report(done, len(pages), on_progress)
    return made


def encode_query(encoder: Encoder, query: str) -> Matrix:
    """The vector of one query, ``(1, dim)`` float32 of unit length.

    Raises:
        ModelError: as `encode_texts`.
    """
    return checked(encoder, encoder.encode_queries([query]), 1)


def in_batches(
    items: Iterable[Item],
    size: int,
    run: Callable[[list[Item]], Result],
    what: str,
    ahead: bool = False,
) -> Iterator[Result]:
    """Runs ``run`` over consecutive batches of ``items``, in their order.

    Where one runs out of memory, its halves are run instead, and no larger batch of the same ``what`` is
    tried again in this process; a warning says so.

    Args:
        items: any number.
        size: items in a batch, at least 1.
        run: raises OutOfMemoryError where a batch is too large.
        what: the model and the kind of items, for messages.
        ahead: run in a thread, and take the items of the next batch meanwhile: where they are pictures that
            have yet to be drawn or decoded, a GPU does not wait for them. They are taken in this thread.

    Raises:
        OutOfMemoryError: if a single item is too large.
    """
    rest = iter(items)
    waiting: deque[Item] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="encoding") as thread:
        while True:
            fits = min(size, _fitting.get(what, size))
            waiting.extend(islice(rest, max(0, fits - len(waiting))))
            batch = list(islice(waiting, fits))
            if not batch:
                return
            try:
                if ahead:
                    running = thread.submit(run, batch)
                    waiting.extend(islice(rest, max(0, 2 * fits - len(waiting))))
                    result = running.result()
                else:
                    result = run(batch)
            except OutOfMemoryError as error:
                _halve(what, len(batch), error)
            else:
                for _ in batch:
                    waiting.popleft()
                yield result


def _halve(what: str, size: int, error: OutOfMemoryError) -> None:
    if size == 1:
        raise OutOfMemoryError(
            f"{error}, with one at a time: free memory, take a smaller model, or set MMRAG_DEVICE=cpu"
        ) from error
    _fitting[what] = (size + 1) // 2
    _log.warning("%s: memory ran out with %d at once; going on with %d", what, size, _fitting[what])


def checked(encoder: Encoder | PageEncoder, vectors: Matrix, rows: int) -> Matrix:
    """``vectors``, if they are ``rows`` finite rows of unit length.

    Raises:
        ModelError: if they are not; the message says what was found.
    """
    if vectors.shape != (rows, encoder.dim):
        raise ModelError(
            f"the encoder {encoder.spec} gave vectors of shape {vectors.shape}, not {(rows, encoder.dim)}"
        )
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    # Written so that what is not a number does not pass.
    if not (np.abs(norms - 1) <= _NORM_TOLERANCE).all():
        if not np.isfinite(vectors).all():
            raise ModelError(f"the encoder {encoder.spec} gave vectors that are not finite numbers")
        raise ModelError(
            f"the encoder {encoder.spec} gave vectors of length {norms.min():.4g} to {norms.max():.4g}, not 1"
        )
    return vectors.astype(np.float32, copy=False)


def _drawn(page: PageView) -> PageView:
    picture = page.picture()
    return replace(page, picture=lambda: picture)


def _checked_page(encoder: PageEncoder, page: PageVectors) -> PageVectors:
    vectors = checked(encoder, page.vectors, len(page.vectors))
    if page.boxes.shape != (len(vectors), 4):
        raise ModelError(
            f"the encoder {encoder.spec} gave boxes of shape {page.boxes.shape}, not {(len(vectors), 4)}"
        )
    placed = page.boxes[~np.isnan(page.boxes).any(axis=1)]
    if ((placed < 0) | (placed > 1)).any() or (placed[:, :2] > placed[:, 2:]).any():
        raise ModelError(f"the encoder {encoder.spec} gave boxes that are not page fractions")
    return PageVectors(vectors, page.boxes.astype(np.float32, copy=False))


def _report(batches: Iterator[int], total: int, on_progress: Callable[[int, int], None] | None) -> int:
    done = 0
    for count in batches:
        done += count
        if on_progress is not None:
            on_progress(done, total)
    return done
