import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.captioners.base import Description
from mmrag.captioners.soundness import sound, without_loops, without_refusal
from mmrag.errors import ModelError
from mmrag.types import Usage

REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I’m sorry, I can’t assist with identifying people in images.",
    "I am very sorry, I am unable to describe this picture.",
    "Sorry, I can't do that.",
    "I cannot provide a description of this image.",
    "I do not have the ability to see pictures.",
    "I don't have access to images.",
    "I can't see the image. Please upload it again.",
    "I'm unable to view images. However, if you describe it, I can help you.",
    "Unfortunately, I am not able to process pictures.",
    "As an AI language model, I do not have eyes.",
    "I apologize, the picture does not meet our rules.",
    "抱歉，我无法描述这张图片。",
    "很抱歉，我不能识别图中的人物。如果您有其他问题，请告诉我。",
    "对不起，我无法协助处理此请求。",
    "作为一个人工智能语言模型，我无法查看图片。",
    "我无法查看图片。",
    "無法提供圖片的描述。",
    "Es tut mir leid, dabei kann ich nicht helfen.",
)


@pytest.mark.parametrize("said", REFUSALS)
def test_refusals(said: str) -> None:
    with pytest.raises(ModelError, match="the captioner refused: "):
        sound(Description(said))


@pytest.mark.parametrize(
    "said",
    [
        "A sign that says: I'm sorry, we are closed.",
        "A bar chart of sorry states.",
        "We do not have enough labels to read the axis, but the curve rises.",
        "I can see a photo of a harbour.",
        "图中有一块写着“对不起”的牌子。",
        "无法律依据的条款表格。",
        "",
    ],
)
def test_no_refusals(said: str) -> None:
    assert without_refusal(said) == said


def test_what_follows_a_refusal_is_kept() -> None:
    said = "I'm sorry, I can't identify people. The photo shows two engineers at a turbine. Please ask again."
    assert without_refusal(said) == "The photo shows two engineers at a turbine."
    assert sound(Description("抱歉，我无法识别人物。照片中有两名工程师。")).text == "照片中有两名工程师。"
    assert sound(Description("I can't describe it.", data="2020: 5")).text == "2020: 5"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("A chart of the the the the the the the the the", "A chart of the"),
        ("A red car. " + "The car is red and new. " * 9, "A red car. The car is red and new."),
        ("It rises. It falls and falls. " * 7 + "End.", "It rises. It falls and falls. End."),
        ("图表显示销量上升，销量上升，销量上升，销量上升，销量上升。", "图表显示销量上升。"),
        ("It is very very very very good.", "It is very very very very good."),
        ("the " * 400, ""),
        ("哈" * 400, ""),
        ("", ""),
        ("--- --- ---", "--- --- ---"),
    ],
)
def test_loops_are_cut(said: str, left: str) -> None:
    assert without_loops(said) == left


def test_equal_values_in_data_are_no_loop() -> None:
    rows = "| year | a | b |\n|---|---|---|\n" + "".join(f"| {2000 + n} | 0 | 0 |\n" for n in range(20))
    assert sound(Description("A table.", "0 0 0 0 0 0 0 0 0 0", rows)).data == rows.strip()
    assert sound(Description("A table.", "0 0 0 0 0 0 0 0 0 0")).visible_text == "0 0 0 0 0 0 0 0 0 0"


def test_a_loop_in_data_is_cut() -> None:
    rows = "a: 1\nb: 2\n" + "c: 3\n" * 200
    assert sound(Description("A chart.", data=rows)).data == "a: 1\nb: 2\nc: 3"


def test_nothing_but_a_loop() -> None:
    with pytest.raises(ModelError, match="only repeats itself: no no no"):
        sound(Description("no " * 500))


def test_control_characters_are_dropped() -> None:
    assert sound(Description("A \x1b[31mred\x1b[0m\u00a0chart\x00.")).text == "A [31mred[0m chart."


@pytest.mark.parametrize("said", ["", "  \n", "\x00\u200b"])
def test_nothing(said: str) -> None:
    with pytest.raises(ModelError, match="answered with nothing"):
        sound(Description(said, said, said))


def test_the_cost_stays() -> None:
    assert sound(Description("A chart.", usage=Usage(1, 2, 3))).usage == Usage(1, 2, 3)


@given(st.text(alphabet="ab中。. \n", max_size=120))
def test_only_tokens_that_were_there_are_left_and_a_second_pass_changes_nothing(text: str) -> None:
    left = without_loops(text)
    assert len(left) <= len(text)
    assert set(left) <= set(text)
