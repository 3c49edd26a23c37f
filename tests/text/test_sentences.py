import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.text import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \n ", []),
        ("No stop at the end", ["No stop at the end"]),
        ("One. Two! Three? Four.", ["One.", "Two!", "Three?", "Four."]),
        ("See Fig. 3 for it. Next.", ["See Fig. 3 for it.", "Next."]),
        ("As in Fig. A1 and Sec. IV here. Next.", ["As in Fig. A1 and Sec. IV here.", "Next."]),
        ("Look at the fig. The next one.", ["Look at the fig.", "The next one."]),
        ("He said no. Then he left.", ["He said no.", "Then he left."]),
        ("Smith et al. Found it, i.e. Nothing. End.", ["Smith et al. Found it, i.e. Nothing.", "End."]),
        ("J. R. Smith wrote. It was I. Then he.", ["J. R. Smith wrote.", "It was I.", "Then he."]),
        ("It is 0.672 or 1.5. Then 3.", ["It is 0.672 or 1.5.", "Then 3."]),
        ('He said "yes." Then (no.) Then.', ['He said "yes."', "Then (no.)", "Then."]),
        ("Wait... what? No... Then.", ["Wait... what?", "No...", "Then."]),
        ("Quoi ? Oui ! Fin.", ["Quoi ?", "Oui !", "Fin."]),
        ("Contents . . . . 7", ["Contents . . . . 7"]),
        ("今天下雨。明天呢？好；行！", ["今天下雨。", "明天呢？", "好；", "行！"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("等等……然后", ["等等……", "然后"]),
        ("1. First item\n2. Second\n- third", ["1. First item", "2. Second", "- third"]),
        ("| a | b. C |\n| - | - |\n| 1. X | 2 |", ["| a | b. C |", "| - | - |", "| 1. X | 2 |"]),
        ("x = 1\ny = f(x)", ["x = 1", "y = f(x)"]),
        (
            "this is a long line of prose that was wrapped by its author\nand goes on here. Next.",
            ["this is a long line of prose that was wrapped by its author\nand goes on here.", "Next."],
        ),
        ("Das gilt z. B. Heute. Morgen.", ["Das gilt z. B. Heute.", "Morgen."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(st.sampled_from("aB1 .!?…\n|。；”)(-,é中")))
def test_spans_are_ordered_trimmed_and_cover_every_character(text: str) -> None:
    spans = sentences(text)
    covered = "".join("".join(text[start:end].split()) for start, end in spans)
    assert covered == "".join(text.split())
    assert all(start < end and text[start:end].strip() == text[start:end] for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def test_long_texts_take_linear_work() -> None:
    assert len(sentences("Word here. " * 200_000)) == 200_000
    assert len(sentences("." * 200_000 + " A")) == 1
    assert len(sentences("a b " * 200_000)) == 1
    assert len(sentences("." * 200_000 + "A")) == 1
    assert len(sentences("Contents " + ". " * 200_000 + "7")) == 1
