from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.checking.holding import held, is_held
from mmrag.synthesize.checking.number_words import chinese_value
from mmrag.synthesize.checking.numbers import numbers


def stated(text: str, tongue: str = "en") -> list[str]:
    return [text[one.begin : one.end] for one in numbers(text, tongue)]


def finds(number: str, source: str, tongue: str = "en") -> bool:
    found = numbers(number, tongue)
    assert found
    return all(is_held(one, held(source)) for one in found)


@pytest.mark.parametrize(
    ("text", "tongue", "expected"),
    [
        ("It cost €1,234.50 in the 1990s, and 12m of rope.", "en", ["1,234.50", "1990", "12"]),
        ("On 14 May 1987, and again in July", "en", ["14", "May", "1987", "July"]),
        ("It may march on in two days; one of them", "en", ["two"]),
        ("twenty-five boats, two hundred and fifty people", "en", ["twenty-five", "two hundred and fifty"]),
        ("H2O, Qwen2 and v2", "en", []),
        ("am 14.5.1987 und 1.946 Räder, zwölf Tage", "de", ["14", "5", "1987", "1.946", "zwölf"]),
        ("les trois forages, 612 400 m³, un réseau neuf", "fr", ["trois", "612 400"]),
        ("三十台水泵，百分之二十，五座水闸，二〇二五年", "zh", ["三十", "百分之二十", "五", "二〇二五"]),
        ("第三章，一些人，十分重要，三分之一，一致", "zh", []),
        ("三点五亿元，百分之三点六，两点一线，三点五十分", "zh", ["三点五亿", "百分之三点六", "五十"]),
        ("1万3千名员工，2万和5千", "zh", ["1万3", "2", "5"]),
        ("two thousand five hundred; 2 million and 5 thousand", "en", ["two thousand five", "2", "5"]),
    ],
)
def test_what_a_sentence_states(text: str, tongue: str, expected: list[str]):
    assert stated(text, tongue) == expected


@pytest.mark.parametrize(
    ("number", "source"),
    [
        ("1234.5", "1,234.5"),
        ("1,234.5", "1 234,5 €"),
        ("1,946", "1.946 Räder"),
        ("1.2 million", "1,234,567 people"),
        ("1,200,000", "1.2 million"),
        ("612,000", "Costs, thousand crowns: 612"),
        ("131.7 thousand", "in Tausend Euro 131,7"),
        ("5万", "共有50,000人"),
        ("50,000", "共有5万人"),
        ("19.2", "19.23"),
        ("19", "19.23"),
        ("about 20", "19.23"),
        ("over 1,200", "1,234"),
        ("nearly 2", "1.9"),
        ("15 %", "a share of 0.15"),
        ("30", "三十名员工"),
        ("三十名", "30 employees"),
        ("1987年", "一九八七年"),
        ("three", "3 boats"),
        ("3", "the third boat, that is three"),
        ("1987-05-14", "14 May 1987"),
        ("14 May 1987", "1987-05-14"),
        ("5月14日", "May 14"),
        ("May 1987", "1987年5月"),
        ("0.5", "a dose of .5 mg"),
        ("12 million", "Costs ($ million): 12"),
        ("12 million", "Costs (in M$): 12"),
        ("3.5 million", "3.5 to 4 million"),
        ("2 million 500 thousand", "2.5 million"),
        ("Two thousand five hundred", "2,500"),
        ("one thousand two hundred", "1,200"),
        ("1万3千", "13000"),
        ("13000", "1万3千名"),
        ("3亿5000万", "3.5亿"),
        ("2万亿", "20000亿"),
        ("2500万", "单位：千万元 2.5"),
        ("1.2亿", "一亿二千万"),
        ("三点五亿", "3.5亿"),
        ("百分之三十五点六", "35.6%"),
        ("35.6%", "百分之三十五点六"),
    ],
)
def test_the_same_number_is_found(number: str, source: str):
    assert finds(number, source)


@pytest.mark.parametrize(
    ("number", "source"),
    [
        ("1,235", "1,234"),
        ("20", "19.23"),
        ("1,200", "1,234"),
        ("2", "1.9"),
        ("19.3", "19.23"),
        ("about 30", "19.23"),
        ("1.3 million", "1,234,567"),
        ("5万", "6 people"),
        ("five", "May 1987"),
        ("June 1987", "six boats in May 1987"),
        ("23", "19.23"),
        ("三十五名", "三十名员工"),
        ("3.5 billion", "3.5 million dollars"),
        ("3.5亿", "3.5万元"),
        ("1亿", "3.5万元"),
        ("12 million", "Profit ($ billion): 12"),
        ("2,600", "two thousand five hundred"),
        ("3.1", "有三点一是水位"),
        ("3", "no number"),
        ("3", ""),
    ],
)
def test_another_number_is_not(number: str, source: str):
    assert not finds(number, source)


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_a_number_is_found_in_itself_however_it_is_written(value: Decimal):
    plain, grouped = f"{value:.2f}", f"{value:,.2f}"
    german = grouped.translate(str.maketrans(",.", ".,"))
    for source in (plain, grouped, german, german.replace(".", " ")):
        assert finds(plain, f"a value of {source} m")
        assert finds(grouped, f"a value of {source} m")
        assert finds(german, f"ein Wert von {source} m", "de")


@given(st.text())
def test_any_text_is_read_and_places_are_in_it(text: str):
    for tongue in ("", "en", "de", "zh"):
        for one in numbers(text, tongue):
            assert 0 <= one.begin < one.end <= len(text)
    held(text)


@pytest.mark.parametrize(
    "text", ["一" * 9000, "9" * 9000, "1." * 9000, "十" + "亿" * 90 + "年", f"{'1' * 40}.5"]
)
def test_what_is_too_long_for_a_number_does_no_harm(text: str):
    for tongue in ("", "en", "zh"):
        for one in numbers(text, tongue):
            is_held(one, held(f"{text} 1"))


@pytest.mark.parametrize(
    ("numerals", "value"),
    [
        ("一亿二千万", 120_000_000),
        ("十三亿五千零二万三千", 1_350_023_000),
        ("一万亿", 10**12),
        ("三万五千亿", 35 * 10**11),
        ("两百五十亿", 25 * 10**9),
        ("二〇二五", 2025),
        ("一百零五", 105),
        ("万", 10_000),
    ],
)
def test_chinese_numerals_have_their_value(numerals: str, value: int):
    assert chinese_value(numerals) == value
