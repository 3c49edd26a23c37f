import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.text import language, readable_share, script_shares
from mmrag.text.script import script

LETTERS = {
    "Latn": "aÉß",
    "Hani": "中𠀀",
    "Zyyy": "〇7?𝑥ℝ",
    "Hira": "ひ",
    "Kana": "カ",
    "Hang": "한",
    "Cyrl": "я",
    "Grek": "λ",
    "Arab": "ع",
    "Thai": "ไ",
    "Deva": "ह",
    "Hebr": "ש",
    "Ethi": "አ",
    "Zzzz": "Ꭰ",
}


@pytest.mark.parametrize(("code", "letters"), LETTERS.items())
def test_script(code: str, letters: str) -> None:
    assert {script(letter) for letter in letters} == {code}


def test_shares_count_letters_only() -> None:
    assert script_shares("ab 12 中文!") == {"Latn": 0.5, "Hani": 0.5}
    assert script_shares("12 + 3.4") == {}


@given(st.text())
def test_shares_sum_to_one_or_nothing(text: str) -> None:
    shares = script_shares(text)
    assert sum(shares.values()) == pytest.approx(1) if shares else shares == {}


@pytest.mark.parametrize(
    ("text", "scripts", "share"),
    [
        ("abcd", frozenset({"Latn"}), 1.0),
        ("abc中", frozenset({"Latn"}), 0.75),
        ("中文", frozenset({"Latn"}), 0.0),
        ("中文", None, 1.0),
        ("0.672", frozenset({"Latn"}), 1.0),
        ("", frozenset(), 1.0),
    ],
)
def test_readable_share(text: str, scripts: frozenset[str] | None, share: float) -> None:
    assert readable_share(text, scripts) == share


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", ""),
        ("0.672", ""),
        ("fit model", ""),
        ("What is the capital of Sweden?", "en"),
        ("Quelle est la date de la version ?", "fr"),
        ("Was ist die Hauptstadt von Schweden?", "de"),
        ("¿Cuál es la capital de Suecia?", "es"),
        ("Come si chiama il file?", "it"),
        ("Qual é a capital do país?", "pt"),
        ("Wat is het verschil tussen een en twee?", "nl"),
        ("lmer 函数 Reaction 的默认值是什么", "zh"),
        ("カメラの使い方", "ja"),
        ("在东京的カメラ商店购买相机的最佳时间是什么时候", "zh"),
        ("한국어 문서", "ko"),
        ("Что это такое", "ru"),
    ],
)
def test_language(text: str, code: str) -> None:
    assert language(text) == code
