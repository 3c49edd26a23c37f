from __future__ import annotations

import pytest

from mmrag.benchmark.datasets.wording import (
    Hidden,
    is_labelled,
    is_telling,
    language_of,
    letters,
    only_once,
    title_of,
    without_label,
    without_number,
)


def test_letters_stay_the_same_however_a_text_is_broken_and_numbered() -> None:
    assert letters("3.2 Über-\nsicht, Teil 4") == "übersichtteil"
    assert letters("Ａｂｃ 第3章") == "abc第章"


@pytest.mark.parametrize(
    ("caption", "rest"),
    [
        ("Figure 3: The mill", "The mill"),
        ("Table B.2. Prices", "Prices"),
        ("表4.3: 数学函数", "数学函数"),
        ("Fig. 7 – Flow of oil", "Flow of oil"),
        ("The mill", "The mill"),
    ],
)
def test_labels_are_taken_off(caption: str, rest: str) -> None:
    assert without_label(caption) == rest
    assert is_labelled(caption) == (caption != rest)


@pytest.mark.parametrize(
    ("heading", "rest"),
    [
        ("2.1. Mosaic plots", "Mosaic plots"),
        ("3 Rate models", "Rate models"),
        ("A.4 Oil", "Oil"),
        ("IV. The war", "The war"),
        ("Chapter 12: Wheels", "Wheels"),
        ("第3章 图形", "图形"),
        ("1.2 如何获得它？", "如何获得它？"),
        ("二、安装", "安装"),
        ("第一章 绪论", "绪论"),
        ("第十二章绪论", "绪论"),
        ("第三部分：方法", "方法"),
        ("（二）方法", "方法"),
        ("(2) 方法", "方法"),
        ("1、引言", "引言"),
        ("B. Methods", "Methods"),
        ("Appendix B Tables", "Tables"),
        ("§ 12 Fees", "Fees"),
        ("2024 年报", "2024 年报"),
        ("2024: a year", "2024: a year"),
        ("12月总结", "12月总结"),
        ("10.5.2024 Bericht", "10.5.2024 Bericht"),
        ("第一季度报告", "第一季度报告"),
        ("三国演义", "三国演义"),
        ("C programming", "C programming"),
        ("V model", "V model"),
        ("A new approach", "A new approach"),
        ("I came home", "I came home"),
        ("B-52 bombers", "B-52 bombers"),
        ("Parti socialiste", "Parti socialiste"),
        ("3D in smyrna", "3D in smyrna"),
        ("Ideas", "Ideas"),
        ("Vim", "Vim"),
        ("42", "42"),
    ],
)
def test_numbering_is_taken_off(heading: str, rest: str) -> None:
    assert without_number(heading) == rest


def test_a_long_caption_asks_with_its_first_sentence() -> None:
    short = "Figure 1: A mill. It turns."
    assert title_of(short) == "A mill. It turns."
    assert title_of("Figure 1: A mill by the river. " + "It turns and turns. " * 8) == "A mill by the river."


@pytest.mark.parametrize(
    ("text", "least", "tells"),
    [
        ("Oil mill", 2, True),
        ("The mill", 2, False),
        ("Mill, mill", 2, False),
        ("TkLinuxCNC", 2, False),
        ("3.5 12", 1, False),
        ("Table of Contents", 1, False),
        ("参考文献", 1, False),
        ("颜色填充", 2, True),
        ("曲线", 2, False),
    ],
)
def test_what_tells_something(text: str, least: float, tells: bool) -> None:
    assert is_telling(text, least) is tells


def test_a_title_too_short_to_tell_is_in_the_language_of_its_document() -> None:
    french = "Le projet est né dans les années de la guerre et il est une association pour les logiciels."
    assert language_of("Debian Installer", french) == "fr"
    assert language_of("什么是 Debian?", french) == "zh"
    assert language_of("Debian Installer", "这是一个中文文档。") == "en"
    assert language_of("Debian Installer", "") == "en"


def test_lines_that_stand_alone_are_found() -> None:
    hidden = Hidden(["2.1 Oil mills of the north", "Prices"])
    lines = [
        "2.1 Oil mills of",
        "the north",
        "We list oil mills of the north here.",
        "2.1 Oil mills of the north . . . . 17",
        "Oil mills of",
        "the south",
        "Table 3: Prices",
        "Prices rose",
        "12 Prices 14",
    ]
    assert hidden.alone(lines) == {0, 1, 3, 6, 8}


def test_a_text_that_begins_another_hides_both() -> None:
    hidden = Hidden(["Oil", "Oil mills"])
    assert hidden.alone(["Oil", "mills", "Oil", "presses"]) == {0, 1, 2}


def test_a_broken_word_is_the_word() -> None:
    assert Hidden(["Figure 3: Examples of mills"]).alone(["Figure 3: Exam-", "ples of", "mills", "x"]) == {
        0,
        1,
        2,
    }


def test_rows_and_lines_are_taken_out_of_a_text() -> None:
    hidden = Hidden(["Oil mills"])
    assert hidden.without("a\nOil mills\nb") == "a\nb"
    assert hidden.without("| 1 | Oil mills | 5 |\n| 2 | Presses | 9 |") == "| 2 | Presses | 9 |"
    assert hidden.without("of oil mills") == "of oil mills"
    assert hidden.without("12\n\n") == "12\n\n"


def test_nothing_is_hidden_by_nothing() -> None:
    assert Hidden(["12", ""]).alone(["12", "", "a"]) == set()


def test_what_occurs_twice_is_left_out() -> None:
    assert only_once(["a", "b", "a"]) == {"b"}
