"""Questions that a language model writes, with a model whose answers are known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import mmrag
from mmrag.benchmark.datasets import drafts_in, generated, load, save
from mmrag.benchmark.datasets.checking import Draft, agree, fault_beside, fault_of, read_draft
from mmrag.benchmark.values import Gold
from mmrag.config import CaptionOptions, IngestOptions
from mmrag.errors import ModelError, UsageError
from mmrag.generators.language_model import Message, Piece
from mmrag.types import Usage
from tests.benchmark.mills import PROSE, mills
from tests.synthesize.models import Says


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mmrag.Index]:
    docs = mills(tmp_path_factory.mktemp("documents") / "docs")
    recipe = mmrag.Recipe(
        name="fake",
        strategies=("caption",),
        ingest=IngestOptions(workers=1, ocr="never"),
        caption=CaptionOptions(
            captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)
        ),
    )
    with mmrag.build(docs, docs.parent / "index", pipeline=recipe) as built:
        yield built


def draft(question: str, answer: str) -> str:
    return json.dumps({"question": question, "answer": answer}, ensure_ascii=False)


def asks(number: int) -> tuple[str, str]:
    """A draft that holds, and the answer that shows it."""
    return draft(f"What does the miller number {'x' * number} grind?", "oats"), "It grinds oats."


def test_questions_are_about_all_kinds_and_documents(index: mmrag.Index, tmp_path: Path) -> None:
    model = Says(*(said for number in range(1, 10) for said in asks(number)))
    spent: list[Usage] = []
    dataset = generated(index, model, 9, seed=1, on_usage=spent.append)
    assert Counter(question.kind for question in dataset.questions) == {"figure": 3, "table": 3, "text": 3}
    files = Counter((question.kind, question.gold[0].file[0]) for question in dataset.questions)
    assert {files["table", name] for name in "abc"} == {files["text", name] for name in "abc"} == {1}
    first = dataset.questions[0]
    assert (first.answers, first.language) == (("oats",), "en")
    assert [question.id.partition("-")[0] for question in dataset.questions] == [
        "figure",
        "table",
        "text",
    ] * 3
    assert "9 of 9 drafts held" in dataset.note
    assert "tests:Says" in dataset.note
    assert len(spent) == 18
    save(dataset, tmp_path / "set")
    assert load(tmp_path / "set").questions == dataset.questions


def test_the_model_sees_the_element_then_its_page(index: mmrag.Index) -> None:
    model = Says(*(said for number in range(1, 4) for said in asks(number)))
    questions = generated(index, model, 3).questions
    for at, question in enumerate(questions):
        wants, checks = model.text(2 * at), model.text(2 * at + 1)
        assert question.text in checks
        assert question.text not in wants
        assert ("| 1900 |" in wants, "drives a shaft" in wants) == (
            question.kind == "table",
            question.kind == "text",
        )
        assert "| 1900 |" in checks
        assert "drives a shaft" in checks
        pictures = [
            [
                part
                for message in model.asked[2 * at + step]
                for part in message.parts
                if not isinstance(part, str)
            ]
            for step in (0, 1)
        ]
        assert [len(found) for found in pictures] == [question.kind == "figure"] * 2
        assert all(max(picture.size) <= 200 for found in pictures for picture in found)


def test_what_does_not_hold_is_left_out(index: mmrag.Index) -> None:
    model = Says(
        "I would rather not.",
        draft("What does this figure show of the mill?", "oats"),
        draft("Which mill grinds oats in the north?", "oats"),
        draft("What does the miller of the north grind?", "oats"),
        "NONE",
        draft("What does the miller of the south grind?", "oats"),
        "barley",
        *asks(1),
        asks(1)[0],
        *asks(2),
    )
    dataset = generated(index, model, 2)
    assert [question.text[-9:] for question in dataset.questions] == [" x grind?", "xx grind?"]
    assert "2 of 8 drafts held" in dataset.note


def test_fewer_than_wanted_may_hold(index: mmrag.Index) -> None:
    model = Says(*asks(1), *["nothing"] * 100)
    assert len(generated(index, model, 2).questions) == 1


def test_no_draft_that_holds_is_an_error_that_says_why(index: mmrag.Index) -> None:
    model = Says(*["nothing"] * 7, draft("Why is the figure red?", "rust"))
    with pytest.raises(UsageError) as error:
        generated(index, model, 2)
    assert str(error.value).startswith(
        "none of 8 drafts of tests:Says held: no question in the answer (7), points at what the asker does"
    )


def test_a_model_that_sees_nothing_is_not_asked_about_figures(index: mmrag.Index) -> None:
    model = Says(*(said for number in range(1, 5) for said in asks(number)), pictures=0)
    assert Counter(one.kind for one in generated(index, model, 4).questions) == {"table": 2, "text": 2}


def test_the_same_seed_asks_about_the_same_elements(index: mmrag.Index) -> None:
    def golds(seed: int) -> list[tuple[Gold, ...]]:
        model = Says(*(said for number in range(1, 5) for said in asks(number)))
        return [question.gold for question in generated(index, model, 4, seed).questions]

    assert golds(3) == golds(3)
    assert any(golds(seed) != golds(3) for seed in range(4, 9))


def test_excerpts_are_shortened_to_the_models_room(index: mmrag.Index) -> None:
    model = Says(*(said for number in range(1, 4) for said in asks(number)), tokens=400 + 300)
    assert len(generated(index, model, 3).questions) == 3
    assert max(model.count(messages) for messages in model.asked) <= 300


class Fails(Says):
    """Fails at these calls."""

    def __init__(self, at: Sequence[int], *answers: str) -> None:
        super().__init__(*answers)
        self._at = set(at)
        self.calls = 0

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        self.calls += 1
        if self.calls in self._at:
            raise ModelError("the server is away")
        return super().stream(messages, max_tokens)


def test_a_failure_now_and_then_is_borne_and_three_in_a_row_are_not(index: mmrag.Index) -> None:
    assert len(generated(index, Fails([1, 2, 5], *asks(1), *asks(2)), 2).questions) == 2
    with pytest.raises(ModelError, match="the server is away"):
        generated(index, Fails([3, 4, 5], *asks(1), *asks(2)), 2)


def test_what_writes_no_questions_is_refused(index: mmrag.Index) -> None:
    with pytest.raises(UsageError, match="mini:extractive writes no questions: name a language model"):
        generated(index, "mini:extractive", 3)
    with pytest.raises(UsageError, match="wants a positive number of questions, found 0"):
        generated(index, Says(), 0)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ('{"question": "What  turns?", "answer": " a wheel "}', Draft("What turns?", "a wheel")),
        ('```json\n{"question": "What turns?", "answer": 7}\n```', Draft("What turns?", "7")),
        ('{"question": "What turns?"}', None),
        ('{"question": ["What"], "answer": "x"}', None),
        ('{"question": "What turns?", "answer": true}', None),
        ("[1, 2]", None),
        ("{broken}", None),
        ("", None),
        (
            'Here {it} is: {"question": "What turns?", "answer": 1.5} {"question": "x"}',
            Draft("What turns?", "1.5"),
        ),
        ('{"excerpt": {"question": "What turns?", "answer": "x"}}', Draft("What turns?", "x")),
        ('{"question": "What turns?", "answer": "a wheel"', None),
        ('{"question": "What \\ud800 turns?", "answer": "x"}', None),
        ('{"question": "", "answer": "x"}', None),
        ('{"question": "What turns?", "answer": null}', None),
        ("{" * 5000, None),
        ("I am sorry, but I can't help with that.", None),
    ],
)
def test_drafts_are_read(said: str, found: Draft | None) -> None:
    assert read_draft(said) == found


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        ("What does the mill of Egret Bay grind?", ""),
        ("Which curve of the Titanic data is highest?", ""),
        ("What were the sales figures of 2020 for flour?", ""),
        ("水车驱动什么设备？", ""),
        ("What does this figure show about mills?", "points at what the asker does not see"),
        ("According to the bar chart, what is milled most?", "points at what the asker does not see"),
        ("What is listed in the following table about mills?", "points at what the asker does not see"),
        ("What does Figure 3 say about mills?", "points at what the asker does not see"),
        ("Que montre cette figure de moulin à eau ?", "points at what the asker does not see"),
        ("这张图显示了什么设备？", "points at what the asker does not see"),
        ("根据表中数据，哪一年最高？", "points at what the asker does not see"),
        ("Who grinds oats in the north?", "holds its answer"),
        ("Oats, why?", "no question of usual length"),
        ("What is that? " * 40, "no question of usual length"),
    ],
)
def test_questions_that_nobody_could_be_asked(question: str, fault: str) -> None:
    assert fault_of(Draft(question, "oats")) == fault


CHINESE = "水车在河里转动，并且驱动一根橡木轴。磨坊主白天睡觉，晚上磨面粉，每年大约可以磨四十一吨小麦。"
GERMAN = (
    "Das Rad dreht sich in dem Fluss und treibt die Welle aus Eichenholz, während der Müller bei Tage "
    "schläft und erst am Abend zu mahlen beginnt; im Jahr sind es einundvierzig Tonnen Weizen und Hafer. "
)
FOREIGN = "in another language than the page"


@pytest.mark.parametrize(
    ("question", "excerpt", "fault"),
    [
        ("What moves the oaken shaft that the river drives?", PROSE, ""),
        ("Which wheel turns in the river and drives a shaft of oak?", PROSE, "copies the text"),
        ("THE WHEEL TURNS IN THE RIVER, AND DRIVES A SHAFT OF OAK.", PROSE, "copies the text"),
        ("Who sleeps by day?", "The miller: who sleeps by day?", ""),  # too short to be a copy
        ("磨坊主白天睡觉，晚上磨面粉，每年大约可以磨多少？", CHINESE, "copies the text"),
        ("哪种木头做了水车的轴？", CHINESE, ""),
        ("What is the shaft made of?", CHINESE, FOREIGN),
        ("What is the shaft made of?", GERMAN, FOREIGN),
        ("Woraus ist die Welle?", GERMAN, ""),
        ("Why does the miller sleep?", PROSE, "asked before"),
        ("why does the miller sleep", PROSE, "asked before"),
        ("Why does the miller sleep in 1903?", PROSE, ""),
    ],
)
def test_questions_beside_what_they_are_about(question: str, excerpt: str, fault: str) -> None:
    others = ["Why does the miller sleep?", "Why does the miller sleep in 1902?"]
    assert fault_beside(Draft(question, "oats"), excerpt, excerpt, others) == fault


def test_a_table_has_too_few_words_to_tell_a_language_by() -> None:
    table = "| a | de | la |\n| 1 | 2 | 3 |"
    assert fault_beside(Draft("How many are there of the first?", "1"), table, PROSE, ()) == ""


@pytest.mark.parametrize("answer", ["N/A", "None.", "not specified", "unknown"])
def test_answers_that_say_nothing_are_none(answer: str) -> None:
    assert fault_of(Draft("What does the mill grind?", answer)) == "no short answer"


@pytest.mark.parametrize("answer", ["Yes.", "no", "是"])
def test_answers_that_can_be_guessed_show_nothing(answer: str) -> None:
    assert fault_of(Draft("Does the mill of the north grind?", answer)) == "can be guessed"


def test_documents_of_other_languages_are_asked_in_theirs(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/磨坊.md").write_text(f"# 磨坊\n\n{CHINESE * 2}\n", encoding="utf-8")
    (tmp_path / "docs/Mühle.md").write_text(f"# Mühle\n\n{GERMAN * 3}\n", encoding="utf-8")
    drafts = {
        "磨坊": [draft("How many tonnes are ground?", "41"), draft("一年能磨多少吨麦子？", "四十一吨")],
        "Mühle": [draft("Wann schläft der Müller?", "bei Tage")] * 2,
    }

    class Speaks(Says):
        def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
            text = str(messages[0].parts[0])
            name = "磨坊" if "磨坊" in text else "Mühle"
            if "EXCERPT" in text:
                self._answers.append(drafts[name].pop(0))
            else:
                self._answers.append({"磨坊": "大约四十一吨。", "Mühle": "Er schläft bei Tage."}[name])
            return super().stream(messages, max_tokens)

    recipe = mmrag.Recipe(
        name="fake",
        strategies=("caption",),
        ingest=IngestOptions(workers=1, ocr="never"),
        caption=CaptionOptions(
            captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)
        ),
    )
    with mmrag.build(tmp_path / "docs", tmp_path / "index", pipeline=recipe) as built:
        (question,) = generated(built, Speaks(pictures=0), 2, folder=tmp_path / "set").questions
        assert (question.language, question.gold[0].file) == ("de", "Mühle.md")
        drafts_there = drafts_in(tmp_path / "set")
        assert drafts_there is not None
        assert drafts_there.left_out == f"{FOREIGN} (1)"
        questions = generated(built, Speaks(pictures=0), 2, folder=tmp_path / "again").questions
    assert {one.gold[0].file: one.language for one in questions} == {"Mühle.md": "de", "磨坊.md": "zh"}
    assert "一年能磨多少吨麦子？" in (tmp_path / "again/queries.jsonl").read_text("utf-8")


def test_long_and_empty_answers_are_none() -> None:
    assert fault_of(Draft("What does the mill grind?", "…")) == "no short answer"
    assert fault_of(Draft("What does the mill grind?", "oats and " * 40)) == "no short answer"


@pytest.mark.parametrize(
    ("given", "wanted", "same"),
    [
        ("It is 1,250 kg.", "1250 kg", True),
        ("oats", "They grind oats", True),
        ("seven", "7", True),
        ("wheat flour of the north", "flour of wheat, north", True),
        ("NONE", "None", False),
        ("NONE", "oats", False),
        ("12", "21", False),
        ("", "oats", False),
    ],
)
def test_answers_that_say_the_same(given: str, wanted: str, same: bool) -> None:
    assert agree(given, wanted) is same
