"""What can happen to a file of an index: bits flip, blocks are lost, files are cut, go, and are mixed up."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

Damage = Callable[[random.Random, Path, Path, Mapping[str, Path]], str]
"""Given what is random in a trial, the index, the file and other indexes by name: does it, and says what."""


def files_of(index: Path) -> list[str]:
    """Every file of an index, relative to it."""
    return sorted(str(file.relative_to(index)) for file in index.rglob("*") if file.is_file())


def flip_one(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    return _flip(dice, file, 1)


def flip_some(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    return _flip(dice, file, dice.randint(2, 40))


def zero_block(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    data = bytearray(file.read_bytes())
    length = dice.choice((1, 16, 512, 4096, 65536))
    begin = dice.randrange(max(1, len(data) // length)) * length
    data[begin : begin + length] = bytes(len(data[begin : begin + length]))
    file.write_bytes(data)
    return f"{length} bytes from {begin} zeroed"


def move_block(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    """A write that went to the wrong place."""
    data = bytearray(file.read_bytes())
    pages = max(1, len(data) // 4096)
    source, target = dice.randrange(pages) * 4096, dice.randrange(pages) * 4096
    data[target : target + 4096] = data[source : source + 4096]
    file.write_bytes(data)
    return f"page at {source} written to {target}"


def cut(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    size = file.stat().st_size
    length = dice.choice((0, size // 2, dice.randrange(size + 1), max(0, size - 1), size // 4096 * 4096))
    with file.open("r+b") as opened:
        opened.truncate(length)
    return f"cut from {size} to {length} bytes"


def extend(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    with file.open("ab") as opened:
        opened.write(dice.randbytes(dice.choice((1, 100, 4096, 70000))))
    return "bytes added at the end"


def remove(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    file.unlink()
    return "removed"


def swap_with_other(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    """Take the same file, or one like it, of another index or of another generation of this one."""
    name = dice.choice(sorted(others))
    return _take(dice, file, others[name], file.relative_to(index)) + f" of {name}"


def swap_within(dice: random.Random, index: Path, file: Path, others: Mapping[str, Path]) -> str:
    """Two files of the same kind change places."""
    alike = [one for one in file.parent.rglob(f"*{file.suffix}") if one != file] or [file]
    other = dice.choice(sorted(alike))
    held = file.read_bytes()
    file.write_bytes(other.read_bytes())
    other.write_bytes(held)
    return f"changed places with {other.relative_to(index)}"


DAMAGES: dict[str, Damage] = {
    "one bit": flip_one,
    "some bits": flip_some,
    "zeroes": zero_block,
    "misplaced": move_block,
    "cut": cut,
    "longer": extend,
    "gone": remove,
    "of another": swap_with_other,
    "changed places": swap_within,
}


def _flip(dice: random.Random, file: Path, count: int) -> str:
    data = bytearray(file.read_bytes())
    places = sorted(dice.randrange(len(data) * 8) for _ in range(count)) if data else []
    for place in places:
        data[place // 8] ^= 1 << place % 8
    file.write_bytes(data)
    return f"bits {places[:3]} of {len(data)} bytes flipped"


def _take(dice: random.Random, file: Path, other: Path, name: Path) -> str:
    source = other / name
    if not source.is_file():
        alike = sorted((other / name.parts[0]).rglob(f"*{name.suffix}")) if len(name.parts) > 1 else []
        if not alike:
            file.unlink()
            return "as missing as in the index"
        source = dice.choice(alike)
    shutil.copyfile(source, file)
    return f"taken from {source.name}"
