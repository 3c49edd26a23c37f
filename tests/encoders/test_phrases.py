import pytest

from mmrag.encoders.phrases import looked_for, phrases


def test_phrases_are_stretches_of_two_and_of_four_content_words() -> None:
    assert phrases("Which is the tallest dark survival bar for the ovarian patients?") == [
        "tallest dark",
        "dark survival",
        "survival bar",
        "bar ovarian",
        "ovarian patients",
        "tallest dark survival bar",
        "dark survival bar ovarian",
        "survival bar ovarian patients",
    ]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", []),
        ("How is it?", []),
        ("the lemon", ["lemon"]),
        ("lemon juice", ["lemon juice"]),
        ("juice, juice and juice", ["juice juice", "juice juice juice"]),
        ("a T-shirt for 2.5 dollars", ["T-shirt 2.5", "2.5 dollars", "T-shirt 2.5 dollars"]),
        ("Bayes' rule and Bob's bike", ["Bayes rule", "rule Bob", "Bob bike", "Bayes rule Bob bike"]),
        ("l'histoire d’une distribution", ["histoire distribution"]),
        ("如何画坐标轴", ["画坐标轴"]),
        (
            "在 Asymptote 中如何画三维的坐标轴？",
            ["Asymptote 画三维", "画三维坐标轴", "Asymptote 画三维坐标轴"],
        ),
    ],
)
def test_what_counts_as_a_word(question: str, found: list[str]) -> None:
    assert phrases(question) == found


def test_the_question_weighs_as_much_as_its_phrases() -> None:
    question = "How much lemon juice?"
    assert looked_for(question) == [question, "lemon juice"]
    assert looked_for("Why?") == ["Why?"]
    parts = looked_for("Which tallest dark survival bar?")
    assert parts.count("Which tallest dark survival bar?") == len(parts) / 2 == 4
