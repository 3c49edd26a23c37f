import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.text import query_terms, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("the of and", []),
        ("Running runs", ["run", "run"]),
        ("0.672", ["0.672"]),
        ("p = .05", ["p", "0.05"]),
        ("is -33.388.", ["-33.388", "33.388"]),
        ("is \u221233.388", ["-33.388", "33.388"]),
        ("10-20", ["10", "20"]),
        ("1,234,567 and 10,20", ["1234567", "10", "20"]),
        ("1e-5 1.2.3", ["1e-5", "1.2.3"]),
        ("G28 (5162)", ["g28", "5162"]),
        ("10mm", ["10mm", "10", "mm"]),
        ("12months", ["12months", "12", "month"]),
        ("2.4GHz", ["2.4ghz", "2.4", "ghz"]),
        ("1,000km 1,234.5km", ["1000km", "1000", "km", "1234.5km", "1234.5", "km"]),
        ("12,3456", ["12", "3456"]),
        ("长12,345人", ["长", "12345", "人"]),
        ("高-3.5度", ["高", "-3.5", "3.5", "度"]),
        ("labeling_list", ["labeling_list", "label", "list"]),
        ("__init__ ____", ["__init__", "init"]),
        ("lmerTest", ["lmertest", "lmer", "test"]),
        ("HTMLParser PDFs", ["htmlparser", "html", "parser", "pdfs"]),
        ("foo.bar() end.Next", ["foo.bar", "foo", "bar", "end.next", "end", "next"]),
        ("U.S.A. e.g. i.e.", ["usa"]),
        ("WHO says it is for the US, U.S. IT", ["who", "say", "us", "us", "it"]),
        ("l'histoire d'une école", ["histoir", "ecol"]),
        ("the model's don’t", ["model"]),
        ("Größe Straße", ["gross", "strass"]),
        ("ＰＤＦ ﬁle", ["pdf", "file"]),
        ("数据分析", ["数", "据", "分", "析", "数据", "据分", "分析"]),
        ("方法是什么？", ["方", "法", "方法", "法是"]),
        ("lmer函数", ["lmer", "函", "数", "函数"]),
        ("한국어", ["한", "국", "어", "한국", "국어"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Ёлка ёлка", ["елка", "елка"]),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_camel_case_and_plain_writing_share_a_term() -> None:
    assert set(terms("randomforests")) <= set(terms("RandomForests"))
    assert set(terms("HTMLParser")) & set(terms("htmlparser"))


def test_a_query_asks_each_term_once() -> None:
    assert query_terms("Run, run the runs: 数数") == ["run", "数", "数数"]


words = st.text(st.characters(codec="utf-8"))


@given(words)
def test_terms_are_words_without_white_space(text: str) -> None:
    assert all(term and not any(char.isspace() for char in term) for term in terms(text))


@given(words, words)
def test_a_term_does_not_depend_on_the_words_beside_it(one: str, other: str) -> None:
    assert terms(f"{one}\n{other}") == terms(one) + terms(other)


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=999))
def test_numbers_stay_whole(whole: int, thousandths: int) -> None:
    number = f"{whole}.{thousandths:03d}"
    assert terms(f"was {number} (p)") == [number, "p"]
    assert terms(f"{whole:,}") == [str(whole)]


def test_threads_share_one_stemmer() -> None:
    vocabulary = [
        f"{stem}{ending}" for stem in "aeiou" for ending in ("nations", "ming", "ingly", "fulness")
    ] * 50
    alone = [terms(f"q{word}x{i}y {word}") for i, word in enumerate(vocabulary)]
    together: dict[int, list[list[str]]] = {}

    def work(number: int) -> None:
        together[number] = [terms(f"q{word}x{i}y {word}") for i, word in enumerate(vocabulary)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result == alone for result in together.values())


def test_hostile_text_takes_linear_work() -> None:
    assert len(terms("1.1" * 20_000 + "a")) < 100
    assert len(terms("1," * 50_000)) == 50_000
    assert terms("'" * 50_000) == []
