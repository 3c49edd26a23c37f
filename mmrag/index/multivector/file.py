"""The derived file of a space of pages: a short header, then the packed arrays, read through a memory map.

    8 bytes   magic
    4 bytes   length of the header, little-endian
    header    JSON: version, precision, dim, rows a block, pages, blocks, and ``notes`` of the writer
    arrays    pages (int64), counts (uint32), codes, scales; each begins at a multiple of 64 bytes

The file's sha256 is kept beside it, so that a damaged file is seen before its arrays are.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mmrag.errors import CorruptError
from mmrag.index.multivector.packed import (
    Array,
    Packed,
    Rows,
    code_type,
    code_width,
    fill,
    rows_a_block,
)

_MAGIC = b"mmragpv\x01"
_VERSION = 1
_ALIGN = 64


@dataclass(frozen=True, slots=True)
class _Layout:
    """Name, type, shape and place of each array, by what the header says."""

    arrays: tuple[tuple[str, Any, tuple[int, ...], int], ...]
    end: int

    @classmethod
    def of(cls, header: Mapping[str, Any], begin: int) -> _Layout:
        pages, blocks, rows = header["pages"], header["blocks"], header["block"]
        width = code_width(header["dim"], header["precision"])
        wanted: list[tuple[str, Any, tuple[int, ...]]] = [
            ("pages", "<i8", (pages,)),
            ("counts", "<u4", (pages,)),
            ("codes", code_type(header["precision"]), (blocks, rows, width)),
        ]
        if header["precision"] == "int8":
            wanted.append(("scales", "<f2", (blocks, rows, 1)))
        arrays, place = [], begin
        for name, kind, shape in wanted:
            place += -place % _ALIGN
            arrays.append((name, kind, shape, place))
            place += int(np.prod(shape, dtype=np.int64)) * int(np.dtype(kind).itemsize)
        return cls(tuple(arrays), place)


def write_packed(path: Path, parts: list[tuple[Packed, Rows]], notes: Mapping[str, Any]) -> None:
    """Write chosen pages of several packed arrays as one, in the order of their rows.

    Args:
        path: the file to make.
        parts: packed arrays of one precision and dimension, each with the positions to take; no page twice.
        notes: kept in the header; anything JSON can hold.
    """
    first = parts[0][0]
    pages = np.concatenate([part.pages[at] for part, at in parts])
    counts = np.concatenate([part.counts[at] for part, at in parts])
    owner = np.repeat(np.arange(len(parts)), [len(at) for _, at in parts])
    position = np.concatenate([at for _, at in parts])
    order = np.argsort(pages)
    block = rows_a_block(counts)
    header = {
        "version": _VERSION,
        "precision": first.precision,
        "dim": first.dim,
        "block": block,
        "pages": len(pages),
        "blocks": int((-(-counts // block)).sum()),
        "notes": dict(notes),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    layout = _Layout.of(header, len(_MAGIC) + 4 + len(text))
    plan = list(zip(owner[order].tolist(), position[order].tolist(), strict=True))
    with path.open("wb") as file:
        file.write(_MAGIC + struct.pack("<I", len(text)) + text)
        for name, kind, _, place in layout.arrays:
            file.write(b"\0" * (place - file.tell()))
            if name in ("pages", "counts"):
                values = pages if name == "pages" else counts
                file.write(values[order].astype(kind).tobytes())
            else:
                _copy(file, _rows_of(name, [part for part, _ in parts], plan), block)


def read_packed(path: Path) -> tuple[Packed, dict[str, Any]]:
    """The packed array in a file, memory-mapped, and the writer's notes.

    Raises:
        CorruptError: if it is not such a file, is cut short, or another version wrote it.
    """
    raw = np.memmap(path, np.uint8, "r").view(np.ndarray) if path.stat().st_size else np.empty(0, np.uint8)
    try:
        if raw[: len(_MAGIC)].tobytes() != _MAGIC:
            raise ValueError("another kind of file")
        begin = len(_MAGIC) + 4
        (length,) = struct.unpack("<I", raw[begin - 4 : begin].tobytes())
        header = json.loads(raw[begin : begin + length].tobytes())
        if header["version"] != _VERSION:
            raise ValueError(f"version {header['version']}")
        layout = _Layout.of(header, begin + length)
        if layout.end != len(raw):
            raise ValueError(f"{len(raw)} bytes instead of {layout.end}")
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise CorruptError(f"{path} does not hold page vectors ({error}): it is made anew") from error
    found: dict[str, Array] = {}
    for name, kind, shape, place in layout.arrays:
        size = int(np.prod(shape, dtype=np.int64)) * int(np.dtype(kind).itemsize)
        found[name] = raw[place : place + size].view(kind).reshape(shape)
    counts = found["counts"].astype(np.int64)
    packed = Packed(
        header["precision"],
        header["dim"],
        found["pages"].astype(np.int64),
        counts,
        found["codes"],
        found.get("scales"),
    )
    return packed, header["notes"]


def _rows_of(name: str, parts: list[Packed], plan: list[tuple[int, int]]) -> Iterator[Array]:
    starts = [part.starts for part in parts]
    for owner, position in plan:
        part = parts[owner]
        array = part.codes if name == "codes" else part.scales
        count = int(part.counts[position])
        if array is not None and count:
            blocks = array[int(starts[owner][position]) : int(starts[owner][position + 1])]
            yield blocks.reshape(-1, array.shape[2])[:count]


def _copy(file: BinaryIO, pages: Iterable[Array], block: int) -> None:
    for rows in pages:
        file.write(np.ascontiguousarray(fill(rows, block)).data)
