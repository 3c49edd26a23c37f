"""Text from bytes in any of the usual encodings."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from contextlib import suppress
from functools import cache

_ZERO_SHARE = 0.3
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_SAMPLE = 65_536
_WRONG = 20
_LIKELY = 0.6
# What no encoding that extends ASCII reads otherwise: escapes, UTF-7, and a name in Punycode.
_PLAIN = rb"a \x41 \u0041 +AEE- .xn--bcher-kva"
_WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "euc-kr": "cp949",
}
"""What browsers take for a charset that a page declares, where it has more characters (WHATWG Encoding)."""

_BOTH_HIGH = (range(0xA1, 0xFF),)
_FROM_ASCII = (range(0x40, 0x7F), range(0x80, 0xFF))
_COMMON: dict[str, tuple[Iterable[int], tuple[range, ...]]] = {
    "gb18030": ((0xA1, 0xA3, *range(0xB0, 0xD8)), _BOTH_HIGH),
    "euc_jp": ((0xA1, 0xA3, 0xA4, 0xA5, *range(0xB0, 0xD0)), _BOTH_HIGH),
    "big5hkscs": ((0xA1, 0xA2, *range(0xA4, 0xC7)), _FROM_ASCII),
    "cp932": ((0x81, 0x82, 0x83, *range(0x88, 0x99)), _FROM_ASCII),
}
"""First and second bytes of the common characters. GB 2312, Big5 and JIS X 0208 part their ideographs into
a first level of common ones and a second of rare ones; to these come punctuation, and kana in Japanese.
The first of those that are alike for a few words is believed."""


def is_text(head: bytes) -> bool:
    """Whether ``head`` begins text in one of the encodings that `decode` knows."""
    if _wide(head):
        return True
    return b"\0" not in head and len(_CONTROL.findall(head)) <= len(head) // 100


def decode(data: bytes) -> str:
    """``data`` as text with ``\\n`` line ends, by its byte order mark, else as what it can be.

    Tried in this order: UTF-16 without a mark, UTF-8, the charset that an HTML page declares, the
    encoding of Chinese or Japanese in which it says most in common characters, GB18030 (if its bytes
    come in pairs as they do in Chinese), Windows-1252. A few broken bytes keep nothing from being what
    it else is. Never fails: a byte that means nothing becomes U+FFFD.
    """
    return data.decode(_encoding(data), "replace").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    encoding = _wide(data)
    if encoding:
        return encoding
    with suppress(UnicodeDecodeError):
        data.decode("utf-8")
        return "utf-8"
    first = _HIGH.search(data)
    assert first is not None  # noqa: S101 - ASCII is UTF-8
    sample = data[first.start() : first.start() + _SAMPLE]
    for candidate in ("utf-8", _declared(data)):
        if candidate and _is_mostly(sample, candidate):
            return candidate
    likely = max(_COMMON, key=lambda name: _likelihood(sample, name))
    if _likelihood(sample, likely) >= _LIKELY:
        return likely
    return "gb18030" if _in_pairs(sample) and _is_mostly(sample, "gb18030") else "cp1252"


def _wide(data: bytes) -> str | None:
    """The encoding named by a byte order mark, or UTF-16 where every other byte of Latin text is zero."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:2000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    encoding, zeros, others = ("utf-16-le", odd, even) if odd > even else ("utf-16-be", even, odd)
    if len(sample) % 2 or zeros * 2 < _ZERO_SHARE * len(sample) or zeros < 5 * others:
        return None
    text = sample.decode(encoding, "ignore")
    return None if not text or _CONTROL.search(text.encode("utf-8")) else encoding


def _declared(data: bytes) -> str:
    """The charset that a page declares, if it is one that the declaration itself can be written in."""
    found = _META_CHARSET.search(data[:4096])
    name = found[1].decode("ascii", "replace").lower() if found else ""
    try:
        return _WIDER.get(name, name) if name and _PLAIN.decode(name) == _PLAIN.decode("ascii") else ""
    except (LookupError, UnicodeError):
        return ""


def _begun(sample: bytes, encoding: str) -> str:
    """``sample`` as text; it may end within a character."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(sample)


def _is_mostly(sample: bytes, encoding: str) -> bool:
    """Whether the bytes over 127 are of this encoding but for a few broken ones."""
    text = _begun(sample, encoding)
    wrong = text.count("\ufffd")
    return wrong * _WRONG < sum(not char.isascii() for char in text) - wrong


def _likelihood(sample: bytes, encoding: str) -> float:
    """Share, 0..1, of common characters among those that are not ASCII.

    One that stands alone counts for nothing: so do letters with accents, taken for a half of a character.
    """
    text, common = _begun(sample, encoding), _common(encoding)
    foreign = sum(not char.isascii() for char in text)
    known = sum(char in common for run in _FOREIGN_RUN.findall(text) for char in run)
    return known / foreign if foreign else 0.0


@cache
def _common(encoding: str) -> frozenset[str]:
    leads, trails = _COMMON[encoding]
    pairs = (bytes((lead, trail)) for lead in leads for some in trails for trail in some)
    return frozenset(char for pair in pairs if "\ufffd" not in (char := pair.decode(encoding, "replace")))


def _in_pairs(sample: bytes) -> bool:
    """Whether bytes over 127 come in long runs: so in Chinese, not in French or German."""
    runs = [len(run) for run in _HIGH_RUN.findall(sample)]
    return sum(length for length in runs if length > 1) >= 0.9 * sum(runs) > 0
