import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.text import join_lines, normalise
from mmrag.text.normalise import find_whole, letters_of, word_edges


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("", ""),
        ("plain text", "plain text"),
        ("ﬁnd the eﬃcient ﬂow", "find the efficient flow"),
        ("a\u00a0b\u2003c\td", "a b c d"),
        ("  a   b  \n   c  ", "a b\nc"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u202eoverride\u202c", "override"),
        ("soft\u00adhyphen", "softhyphen"),
        ("inter\u00ad\nnational", "inter-\nnational"),
        ("ends\u00ad", "ends-"),
        ("bell\x07 and nul\x00", "bell and nul"),
        ("one\r\ntwo\rthree\x0cfour\u2028five", "one\ntwo\nthree\nfour\nfive"),
        ("ＡＢｃ１２", "ABc12"),
        ("句号。全角，标点！", "句号。全角，标点！"),
        ("x² ½ 10⁻³", "x² ½ 10⁻³"),
        ("⼀⽂", "一文"),
        ("cafe\u0301", "café"),
        ("ｶﾅ", "カナ"),
        ("f\u200ci but می\u200cخواهم", "fi but می\u200cخواهم"),
        ("lone \ud800 surrogate", "lone surrogate"),
    ],
)
def test_normalise(given_text: str, expected: str) -> None:
    assert normalise(given_text) == expected


@given(st.text(st.characters()))
def test_normal_form_is_stable_and_clean(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert not [
        char for char in once if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") and char != "\n"
    ]


@given(st.text(st.characters(codec="utf-8")))
def test_newlines_are_kept(text: str) -> None:
    plain = text.replace("\r", "")
    ends = sum(plain.count(end) for end in "\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    assert normalise(plain).count("\n") == ends


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        (["", "  "], ""),
        (["one", " two ", "", "three"], "one two three"),
        (["inter-", "national"], "international"),
        (["COVID-", "19"], "COVID-19"),
        (["Anglo-", "Saxon"], "Anglo-Saxon"),
        (["two-", "and three-way"], "two- and three-way"),
        (["a dash -", "then more"], "a dash - then more"),
        (["soft\u00ad", "ware"], "software"),
        (["第一行文字", "第二行文字"], "第一行文字第二行文字"),
        (["结束，", "继续"], "结束，继续"),
        (["使用", "PDF", "格式"], "使用 PDF 格式"),
        (["カタカナ", "ひらがな"], "カタカナひらがな"),
        (["한국어", "문서"], "한국어 문서"),
        (["-", "x"], "- x"),
    ],
)
def test_join_lines(lines: list[str], expected: str) -> None:
    assert join_lines(lines) == expected


@given(st.lists(st.text(st.characters(codec="utf-8"))))
def test_joining_loses_only_space_and_hyphens(lines: list[str]) -> None:
    joined = join_lines(lines)

    def letters(text: str) -> str:
        return "".join(char for char in text if not char.isspace() and char not in "-\u2010\u00ad")

    assert letters(joined) == letters("".join(lines))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("15 mm, 1.5mm", ["15", "mm", "15mm"]),
        ("位于 A4 纸", ["位", "于", "a4", "纸"]),
        ("10号-Straße_x", ["10", "号", "strasse", "x"]),
        ("...", []),
    ],
)
def test_words_end_at_their_edges(text: str, pieces: list[str]):
    edges, letters = sorted(word_edges(text)), letters_of(text)
    assert [letters[begin:end] for begin, end in pairwise(edges)] == pieces


@given(st.text(), st.text())
def test_a_word_is_found_where_it_stands(before: str, after: str):
    text = f"{before} 5 mm {after}"
    letters, edges = letters_of(text), word_edges(text)
    at = find_whole("5mm", letters, edges)
    assert 0 <= at <= len(letters_of(before))
    assert edges <= set(range(len(letters) + 1))
    assert find_whole("mm", letters_of("5mms"), word_edges("5mms")) == -1
