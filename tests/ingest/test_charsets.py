import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.charsets import decode, is_text

CHINESE = (
    "\u6f6e\u6c50\u7535\u7ad9\u7684\u5e74\u5ea6\u62a5\u544a\u3002\u7b2c\u4e00\u7ae0\uff0c\u6982\u8ff0\u3002"
)
FRENCH = "L'\u00e9t\u00e9 dernier, la mar\u00e9e \u00e9tait tr\u00e8s haute \u00e0 No\u00ebl."


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
)
@pytest.mark.parametrize(
    "text", [CHINESE, "plain words, nothing else", FRENCH + "\n" + "and more words " * 20]
)
def test_text_in_every_encoding(text: str, encoding: str) -> None:
    if encoding in ("utf-16-le", "utf-16-be") and text == CHINESE:
        text = "abc " * 30 + text
    if encoding == "gb18030" and text.startswith(FRENCH):
        return
    assert decode(text.encode(encoding)) == text


def test_western_text_is_not_taken_for_chinese() -> None:
    assert decode(FRENCH.encode("cp1252")) == FRENCH


def test_the_charset_that_a_page_declares() -> None:
    page = '<meta charset="koi8-r"><p>\u043f\u0440\u0438\u043b\u0438\u0432</p>'
    assert decode(page.encode("koi8-r")) == page


def test_a_charset_that_does_not_exist() -> None:
    assert decode(b'<meta charset="no-such">caf\xe9') == '<meta charset="no-such">caf\u00e9'


@pytest.mark.parametrize(
    "charset",
    ["undefined", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "utf-7", "zlib", "utf-16"],
)
def test_a_charset_that_no_page_can_be_written_in(charset: str) -> None:
    page = f'<meta charset="{charset}">caf\u00e9 \\x41 \\u0041 +AEE-'
    assert decode(page.encode("cp1252")) == page


@pytest.mark.parametrize(
    ("charset", "text"), [("shift_jis", "\u2460\u2116"), ("big5", "\u7881"), ("gb2312", "\u9555")]
)
def test_a_declared_charset_has_the_characters_that_browsers_give_it(charset: str, text: str) -> None:
    page = f"<meta charset={charset}>{text}"
    wide = {"shift_jis": "cp932", "big5": "big5hkscs", "gb2312": "gbk"}[charset]
    assert decode(page.encode(wide)) == page


def test_a_broken_byte_does_not_belie_the_declared_charset() -> None:
    page = f'<meta charset="euc-kr"><p>{"분기 보고서에 따르면 매출은 증가했다. " * 2}'.strip() + "끝"
    assert decode(page.encode("euc-kr")[:-1]) == page[:-1] + "\ufffd"


SENTENCES = {
    "gb18030": "季度报告显示，公司营业收入较上年同期增长百分之十二。孔子曰：学而时习之，不亦说乎？",
    "big5": "季度報告顯示，公司營業收入較上年同期增長百分之十二。行政院核定之計畫，要求各縣市政府確實辦理。",
    "shift_jis": "四半期報告書によると、売上高は前年同期に比べて十二パーセント増加した。東京都の予算案です。",
    "euc_jp": "潮汐発電所の年次報告書では、発電量が天候に左右されるため、改善が必要だと指摘している。",
}


@pytest.mark.parametrize(("encoding", "text"), SENTENCES.items())
def test_chinese_and_japanese_in_their_old_encodings(encoding: str, text: str) -> None:
    for part in (text, text[4:12], text[10:22], f"Annual report\n\n{text}\nEnd.\n", text * 5000):
        assert decode(part.encode(encoding)) == part


@pytest.mark.parametrize(("encoding", "text"), SENTENCES.items())
def test_a_broken_byte_costs_one_character_in_every_encoding(encoding: str, text: str) -> None:
    data = text.encode(encoding)
    assert decode(data + b"\n\x81\n" + data) == f"{text}\n\ufffd\n{text}"
    assert decode(data[:-1]) == text[:-1] + "\ufffd"


@pytest.mark.parametrize(
    "text",
    [
        "it\u2019s the company\u2019s share \u2013 \u201cgrowth\u201d isn\u2019t all",
        "Die Gr\u00f6\u00dfe der T\u00fcrme \u00fcberragt H\u00e4user und Stra\u00dfen",
        "\u00c5se spiste r\u00f8d gr\u00f8d p\u00e5 F\u00e6r\u00f8erne, 10 \u00b0C \u00b1 2 \u00b5m",
    ],
)
def test_western_text_is_not_taken_for_eastern(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_one_broken_byte_costs_one_character() -> None:
    broken = (CHINESE * 5).encode() + b"\xff" + CHINESE.encode()
    assert decode(broken) == CHINESE * 5 + "\ufffd" + CHINESE


def test_line_ends() -> None:
    assert decode(b"a\r\nb\rc\n") == "a\nb\nc\n"


@given(st.binary(max_size=300))
def test_any_bytes_become_text(data: bytes) -> None:
    assert isinstance(decode(data), str)
    assert isinstance(is_text(data), bool)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=200))
def test_utf8_is_read_as_it_is(text: str) -> None:
    data = text.encode()
    if not data.startswith((codecs.BOM_UTF8,)):
        assert decode(data) == text
