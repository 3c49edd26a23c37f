"""Documents that cost a parser far more than their bytes; made on the spot."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

Make = Callable[[], bytes]


def pdf(*objects: bytes, root: int = 1) -> bytes:
    """A PDF of these objects, numbered from 1."""
    data, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = (len(objects) + 1, root, start)
    return bytes(data + b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % end)


def stream(data: bytes, more: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), more, data)


def page(content: bytes, resources: bytes = b"", *others: bytes, box: bytes = b"0 0 600 800") -> bytes:
    """A PDF of one page; ``others`` are objects from number 5 on."""
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>>>" % (box, resources)
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", leaf, content, *others
    )


def forms(depth: int = 24, width: int = 8) -> bytes:
    """Each form draws the next one several times: ``width ** depth`` drawings."""
    parts = []
    for number in range(5, 5 + depth):
        more = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]"
        if number < 4 + depth:
            more += b"/Resources<</XObject<</F %d 0 R>>>>" % (number + 1)
            parts.append(stream(b"/F Do " * width, more))
        else:
            parts.append(stream(b"0 0 5 5 re f", more))
    return page(stream(b"/F Do"), b"/XObject<</F 5 0 R>>", *parts)


def patterns(depth: int = 14, width: int = 12) -> bytes:
    """Tiling patterns filled with patterns."""
    parts = []
    for number in range(5, 5 + depth):
        more = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 1/YStep 1"
        inner = b"/Resources<</Pattern<</P %d 0 R>>>>" % (number + 1) if number < 4 + depth else b""
        fill = b"/Pattern cs /P scn 0 0 9 9 re f " * width if inner else b"0 0 5 5 re f"
        parts.append(stream(fill, more + inner))
    return page(stream(b"/Pattern cs /P scn 0 0 600 800 re f"), b"/Pattern<</P 5 0 R>>", *parts)


def glyphs(depth: int = 12, width: int = 12) -> bytes:
    """Type 3 fonts whose letters are written in Type 3 fonts."""
    parts = []
    for level in range(depth):
        font, glyph = 5 + 2 * level, 6 + 2 * level
        inner = b"/Resources<</Font<</F %d 0 R>>>>" % (font + 2) if level < depth - 1 else b""
        parts.append(
            b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 97/LastChar 97"
            b"/Widths[9]/Encoding<</Differences[97/a]>>/CharProcs<</a %d 0 R>>%s>>" % (glyph, inner)
        )
        text = b"9 0 d0 BT /F 9 Tf (" + b"a" * width + b") Tj ET" if inner else b"9 0 d0 0 0 5 5 re f"
        parts.append(stream(text))
    return page(stream(b"BT /F 9 Tf 72 72 Td (aaaa) Tj ET"), b"/Font<</F 5 0 R>>", *parts)


def deflated(megabytes: int = 4000, layers: int = 2) -> bytes:
    """A content stream that unpacks to gigabytes, through filters one behind the other."""
    packer = zlib.compressobj(9)
    block = b"q Q " * 250_000
    data = b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()
    for _ in range(layers - 1):
        data = zlib.compress(data, 9)
    return page(stream(data, b"/Filter[" + b"/FlateDecode" * layers + b"]"))


def bitmap(side: int = 100_000) -> bytes:
    """A bitmap of ten thousand million pixels in a few bytes."""
    head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8" % (
        side,
        side,
    )
    picture = stream(zlib.compress(bytes(10**6)), head + b"/Filter/FlateDecode")
    return page(stream(b"600 0 0 800 0 0 cm /I Do"), b"/XObject<</I 5 0 R>>", picture)


def wide_page() -> bytes:
    """A page of a thousand million points a side, crossed by a line."""
    return page(stream(b"0 0 m 999999999 999999999 l S"), box=b"0 0 999999999 999999999")


def tree(deep: bool = False) -> bytes:
    """A page tree that leads back to itself, and promises a thousand million pages."""
    kids = b"[2 0 R 3 0 R 2 0 R]" if not deep else b"[2 0 R]"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids%s/Count 1000000000/Parent 3 0 R>>" % kids,
        b"<</Type/Pages/Kids[2 0 R]/Count 1000000000/Parent 2 0 R>>",
    )


def object_streams(count: int = 400) -> bytes:
    """Object streams that each say they extend the next, round in a ring."""
    parts = [
        stream(b"7 0 <<>>", b"/Type/ObjStm/N 1000000/First 4/Extends %d 0 R" % (5 + (number + 1) % count))
        for number in range(count)
    ]
    return page(stream(b""), b"/XObject 7 0 R", *parts)


def many_objects(count: int = 100_000) -> bytes:
    """A hundred thousand forms, all drawn."""
    small = stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]")
    names = b"".join(b"/X%d %d 0 R" % (number, 5 + number) for number in range(count))
    drawn = b"".join(b"/X%d Do " % number for number in range(count))
    return page(stream(drawn), b"/XObject<<" + names + b">>", *[small] * count)


def strokes(count: int = 3_000_000) -> bytes:
    """Millions of dashed lines with round ends."""
    line = b"0 0 m 600 800 l S "
    packed = zlib.compress(b"[.001 .001] 0 d 1 J " + line * count, 9)
    return page(stream(packed, b"/Filter/FlateDecode"))


def nested_arrays(depth: int = 2_000_000) -> bytes:
    """An array in an array, and so on."""
    return page(stream(b""), b"/Font " + b"[" * depth + b"]" * depth)


def png(side: int = 60_000) -> bytes:
    """A PNG of 3,600 million pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(1 + side // 8)) for _ in range(side)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_text(megabytes: int = 2000) -> bytes:
    """A small PNG with a comment that unpacks to gigabytes."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    whole = buffer.getvalue()
    packer = zlib.compressobj(9)
    body = b"Comment\0\0" + b"".join(packer.compress(bytes(10**6)) for _ in range(megabytes)) + packer.flush()
    comment = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    return whole[:33] + comment + whole[33:]


def tiff(frames: int = 60_000) -> bytes:
    """A TIFF whose frames lead in a ring."""
    entries = ((256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))
    entries += ((273, 4, 1, 8), (278, 4, 1, 8), (279, 4, 1, 64))  # type: ignore[assignment]
    size = 2 + 12 * len(entries) + 4
    data = bytearray(b"II*\0" + struct.pack("<I", 80) + bytes(72))
    for number in range(frames):
        after = 80 + ((number + 1) % frames) * size
        data += struct.pack("<H", len(entries))
        data += b"".join(struct.pack("<HHII", *entry) for entry in entries)
        data += struct.pack("<I", after)
    return bytes(data)


def gif(side: int = 65_535) -> bytes:
    """A GIF of 4,295 million pixels."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6)
    return head + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00;"


def html(depth: int = 1_000_000) -> bytes:
    """A million elements, each inside the one before."""
    return b"<html><body>" + b"<div>" * depth + b"words" + b"</div>" * depth


def html_table(spans: int = 2_000) -> bytes:
    """Cells that each span a thousand million rows and columns."""
    cell = b"<td rowspan=1000000000 colspan=1000000000>x</td>"
    return b"<html><body><table>" + (b"<tr>" + cell * 10 + b"</tr>") * spans + b"</table>"


def svg(depth: int = 30) -> bytes:
    """Groups that use the group before ten times."""
    groups = b'<g id="g0"><rect width="1" height="1"/></g>'
    groups += b"".join(
        b'<g id="g%d">%s</g>' % (n, b'<use href="#g%d"/>' % (n - 1) * 10) for n in range(1, depth)
    )
    return b'<html><body><p>words</p><svg xmlns="http://www.w3.org/2000/svg">' + groups + b"</svg>"


def markdown_lists(depth: int = 3_000) -> bytes:
    """Lists in lists."""
    return b"\n".join(b"  " * level + b"- x" for level in range(depth))


def markdown_quotes(depth: int = 1_000_000) -> bytes:
    """A quote in a quote, a million times, and brackets without an end."""
    return b">" * depth + b" words\n\n" + b"[" * depth + b"\n\n" + b"*a " * (depth // 3)


def markdown_table(columns: int = 20_000, rows: int = 500) -> bytes:
    """A table of ten million cells."""
    row = b"|" * (columns + 1) + b"\n"
    return row + b"|-" * columns + b"|\n" + row * rows


def noise(seed: int = 1) -> bytes:
    """A PDF whose bytes after the head mean nothing."""
    return b"%PDF-1.7\n" + random.Random(seed).randbytes(2_000_000)


BOMBS: dict[str, Make] = {
    "forms.pdf": forms,
    "bitmap.pdf": bitmap,
    "tree.pdf": tree,
    "patterns.pdf": patterns,
    "glyphs.pdf": glyphs,
    "wide-page.pdf": wide_page,
    "object-streams.pdf": object_streams,
    "many-objects.pdf": many_objects,
    "gif.gif": gif,
    "nesting.html": html,
    "quotes.md": markdown_quotes,
    "png-text.png": lambda: png_text(400),
    "deflated.pdf": lambda: deflated(600),
    "strokes.pdf": strokes,
    "arrays.pdf": nested_arrays,
    "lists.md": markdown_lists,
    "png.png": png,
    "ring.tiff": tiff,
    "spans.html": html_table,
    "uses.html": svg,
    "cells.md": markdown_table,
    "noise.pdf": noise,
}
"""By file name; those that come first are made at every count."""


def write(folder: Path, count: int) -> list[str]:
    """Write so many bombs; returns their names."""
    names = list(BOMBS)[:count]
    for name in names:
        (folder / name).write_bytes(BOMBS[name]())
    return names
