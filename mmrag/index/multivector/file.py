"""The derived file of a space of pages: a short header, then packed arrays, read through a memory map.

    8 bytes   magic
    4 bytes   length of the header, little-endian
    header    JSON: version; name, precision, dim, rows a block, pages and blocks of each packed array; notes
    arrays    for each packed array pages (int64), counts (uint32), scales of integers (float32) and codes,
              each at the next multiple of 64 bytes

Arrays of four bits a number (``int4``) are ``int8`` of 7 steps in memory, and lie here two numbers to a byte.
The file's sha256 is kept in the database, so that a damaged file is seen before its arrays are read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmrag.errors import CorruptError
from mmrag.index.multivector.packed import (
    Array,
    Joined,
    Packed,
    Parts,
    code_type,
    code_width,
    halved,
    unhalved,
)

_MAGIC = b"mmragpv\x01"
_VERSION = 2
_ALIGN = 64
_HALF = "int4"

_Place = tuple[str, str, Any, tuple[int, ...], int]


def write_packed(
    path: Path, arrays: Mapping[str, Parts], notes: Mapping[str, Any], coarse: Collection[str] = ()
) -> None:
    """Write packed arrays, each joined from chosen pages of several, in the order of their rows.

    Args:
        path: the file to make.
        arrays: by name, parts of one precision and dimension, each with the positions to take; no page twice.
        notes: kept in the header; anything JSON can hold.
        coarse: names of the arrays that are ``int8`` of 7 steps and are kept as ``int4``.
    """
    joined = {name: Joined(parts) for name, parts in arrays.items()}
    heads = {name: _head(one, name in coarse) for name, one in joined.items()}
    header = {"version": _VERSION, "arrays": heads, "notes": dict(notes)}
    text = json.dumps(header, separators=(",", ":")).encode()
    places, _ = _places(heads, len(_MAGIC) + 4 + len(text))
    with path.open("wb") as file:
        file.write(_MAGIC + struct.pack("<I", len(text)) + text)
        for name, what, kind, _, place in places:
            file.write(b"\0" * (place - file.tell()))
            if what == "codes":
                for rows in joined[name].codes():
                    file.write(np.ascontiguousarray(halved(rows) if name in coarse else rows).data)
            else:
                file.write(getattr(joined[name], what).astype(kind).data)


def read_packed(path: Path) -> tuple[dict[str, Packed], dict[str, Any]]:
    """The packed arrays in a file, memory-mapped, and the writer's notes.

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
        places, end = _places(header["arrays"], begin + length)
        if end != len(raw):
            raise ValueError(f"{len(raw)} bytes instead of {end}")
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise CorruptError(f"{path} does not hold page vectors: {error}") from error
    found: dict[str, dict[str, Array]] = {name: {} for name in header["arrays"]}
    for name, what, kind, shape, place in places:
        found[name][what] = raw[place : place + _size(kind, shape)].view(kind).reshape(shape)
    return {name: _packed(header["arrays"][name], data) for name, data in found.items()}, header["notes"]


def _packed(head: Mapping[str, Any], data: Mapping[str, Array]) -> Packed:
    precision, codes = head["precision"], data["codes"]
    if precision == _HALF:
        precision, codes = "int8", unhalved(codes, head["dim"])
    return Packed(
        precision,
        head["dim"],
        data["pages"].astype(np.int64),
        data["counts"].astype(np.int64),
        codes,
        data.get("scales"),
    )


def _head(joined: Joined, coarse: bool) -> dict[str, Any]:
    return {
        "precision": _HALF if coarse else joined.precision,
        "dim": joined.dim,
        "block": joined.block,
        "pages": len(joined.pages),
        "blocks": joined.blocks,
    }


def _places(arrays: Mapping[str, Mapping[str, Any]], place: int) -> tuple[list[_Place], int]:
    """Name, what, type, shape and begin of each plain array in the file, and where the last one ends."""
    found: list[_Place] = []
    for name, header in arrays.items():
        pages, blocks, rows = header["pages"], header["blocks"], header["block"]
        dim = header["dim"]
        width = -(-dim // 2) if header["precision"] == _HALF else code_width(dim, header["precision"])
        wanted: list[tuple[str, str, tuple[int, ...]]] = [
            ("pages", "<i8", (pages,)),
            ("counts", "<u4", (pages,)),
        ]
        if header["precision"] in ("int8", _HALF):
            wanted.append(("scales", "<f4", (pages,)))
        wanted.append(("codes", code_type(header["precision"]), (blocks, rows, width)))
        for what, kind, shape in wanted:
            place += -place % _ALIGN
            found.append((name, what, kind, shape, place))
            place += _size(kind, shape)
    return found, place


def _size(kind: str, shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64)) * int(np.dtype(kind).itemsize)
