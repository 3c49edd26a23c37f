"""Vision-language models of every family, on tiny random weights that are saved and loaded again."""

import threading
from collections.abc import Callable, Sequence
from itertools import count as counting
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import MissingExtraError, ModelError, OutOfMemoryError
from mmrag.generators import Limits, Message, Piece, decoding, load_generator
from mmrag.generators.decoding import Texts
from mmrag.generators.families import FAMILIES
from mmrag.generators.hf import TransformersModel
from mmrag.pictures import framed, squared
from mmrag.types import Usage
from mmrag.weights.device import import_transformers
from tests.tiny import conversing, generative
from tests.tiny.fixtures import no_network as no_network
from tests.tiny.fixtures import on_the_cpu_offline as on_the_cpu_offline
from tests.tiny.fixtures import tiny as tiny

# transformers 5.23 makes numpy warn when it prepares prompts of GLM-4.1V.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

Tiny = Callable[..., Path]
BUILDERS = {
    "llava": generative.llava,
    "qwen2_vl": generative.qwen2_vl,
    "qwen2_5_vl": conversing.qwen2_5_vl,
    "qwen3_vl": generative.qwen3_vl,
    "glm4v": conversing.glm4v,
    "mllama": generative.mllama,
    "idefics3": generative.idefics3,
    "smolvlm": conversing.smolvlm,
    "internvl": conversing.internvl,
}
SIZES = [(60, 40), (40, 90), (120, 120)]
TOKENS = 16

in_place = generative.CHAT.replace("PICTURE", "<image>")
PICTURES_FIRST = (
    "{% for message in messages %}<|user|>"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}"
    "{% for part in message['content'] | selectattr('type', 'equalto', 'text') %}{{ part.text }}{% endfor %}"
    "<|end|>{% endfor %}<|model|>"
)
NO_SYSTEM = (
    "{% for message in messages if message['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endfor %}" + in_place
)
NO_SYSTEM_BESIDE_PICTURES = (
    "{% for message in messages if message['role'] == 'system' %}{% for other in messages %}"
    "{% for part in other['content'] if part['type'] == 'image' %}"
    "{{ raise_exception('Prompting with images is incompatible with system messages.') }}"
    "{% endfor %}{% endfor %}{% endfor %}" + in_place
)
SYSTEM_LEFT_OUT = in_place.replace("in messages %}", "in messages if message['role'] != 'system' %}", 1)
TEXT_LEFT_OUT = "{% for message in messages %}<|user|><|end|>{% endfor %}<|model|>"
THINKING = in_place.replace("<|model|>", "<|model|><think>\n")


def picture(seed: int, size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A gradient with noise, lighter for larger seeds."""
    noise = np.random.default_rng(seed).integers(0, 60, (size[1], size[0], 3))
    return Image.fromarray((noise + np.linspace(0, 60 * seed % 190, size[0])[None, :, None]).astype(np.uint8))


def asked(number: int) -> tuple[Message, ...]:
    """Rules, and a question with so many pictures of different shapes among its texts."""
    parts: list[str | Image.Image] = []
    for at in range(number):
        parts += [f"[{at + 1}] figure ", picture(at + 1, SIZES[at])]
    return (Message("system", ("Read.",)), Message("user", (*parts, " What is it?")))


def said(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


class Direct:
    """transformers, called as its documentation does."""

    def __init__(self, folder: Path, model: TransformersModel) -> None:
        transformers = import_transformers("the tests")
        self.processor = transformers.AutoProcessor.from_pretrained(folder)
        self.tokenizer = self.processor.tokenizer
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(folder).eval()
        self.crops = folder.name.startswith("llava")
        self.side = model.limits.side

    def shown(self, part: Image.Image) -> Image.Image:
        plain = framed(part, self.side)
        return squared(plain) if self.crops else plain

    def inputs(self, messages: Sequence[Message]) -> Any:
        conversation = [
            {
                "role": message.role,
                "content": [
                    {"type": "text", "text": part}
                    if isinstance(part, str)
                    else {"type": "image", "image": self.shown(part)}
                    for part in message.parts
                ],
            }
            for message in messages
        ]
        return self.processor.apply_chat_template(
            conversation, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )

    def answer(self, messages: Sequence[Message]) -> str:
        inputs = self.inputs(messages)
        written = self.model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
        tokens = written[0, inputs["input_ids"].shape[1] :]
        return str(
            self.processor.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    def slots(self, part: Image.Image) -> list[int]:
        """Tokens of a picture alone."""
        begin = self.tokenizer.bos_token
        text = f"{begin}{self.processor.image_token}"
        found = self.processor(text=[text], images=[[self.shown(part)]], add_special_tokens=False)
        return list(found["input_ids"][0])[1:]


@pytest.fixture(params=BUILDERS)
def family(request: pytest.FixtureRequest, tiny: Tiny) -> tuple[TransformersModel, Direct]:
    folder = tiny(BUILDERS[request.param])
    model = TransformersModel(str(folder))
    return model, Direct(folder, model)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_as_many_slots_as_pictures_in_their_order(
    family: tuple[TransformersModel, Direct], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt's tokens are those of its texts, with each picture's own tokens where it stands."""
    model, direct = family
    given: list[Any] = []
    monkeypatch.setattr(decoding, "_generate", lambda model, inputs, *_: given.append(inputs))
    messages = asked(number)
    *_, last = model.stream(messages, TOKENS)
    (inputs,) = given
    ids = inputs["input_ids"][0].tolist()
    at = 0
    for part in messages[1].parts:
        if isinstance(part, str):
            wanted = direct.tokenizer(part, add_special_tokens=False)["input_ids"]
        else:
            wanted = direct.slots(part)
        at = next(place for place in range(at, len(ids)) if ids[place : place + len(wanted)] == wanted)
        at += len(wanted)
    slot = direct.tokenizer.convert_tokens_to_ids(str(direct.processor.image_token))
    pictures = [part for part in messages[1].parts if not isinstance(part, str)]
    assert ids.count(slot) == sum(direct.slots(part).count(slot) for part in pictures) >= number
    expected = direct.inputs(messages)
    assert ids == expected["input_ids"][0].tolist()
    assert np.array_equal(inputs["pixel_values"], expected["pixel_values"])
    assert last.usage == Usage(len(ids), 0, number)


def test_it_says_what_transformers_says(family: tuple[TransformersModel, Direct]) -> None:
    model, direct = family
    spoken = set()
    for messages in (
        asked(1),
        asked(2),
        (
            Message(
                "user",
                (
                    "One ",
                    picture(9, (80, 30)),
                    "and the same",
                ),
            ),
        ),
    ):
        *_, last = pieces = list(model.stream(messages, TOKENS))
        assert said(pieces) == direct.answer(messages).strip()
        assert last.usage is not None
        assert last.usage.tokens_out <= TOKENS
        spoken.add(said(pieces))
    assert len(spoken) > 1  # else the prompt would play no part


def test_it_counts_what_it_reads(family: tuple[TransformersModel, Direct]) -> None:
    model, direct = family
    text = (Message("system", ("Lies. ",)), Message("user", ("图 é",)), Message("assistant", ("So.",)))
    again = (*asked(3), Message("assistant", ("A map. ",)), Message("user", ("Of?", picture(5, (200, 50)))))
    for messages in (asked(1), asked(2), asked(3), text, again):
        assert model.count(messages) == direct.inputs(messages)["input_ids"].shape[1]


def test_a_prompt_that_is_too_long_is_never_cut(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.llava)))
    base = model.count((Message("user", ("",)),))
    longest = (Message("user", ("x" * (4096 - base - 5),)),)
    *_, last = model.stream(longest, 100)
    assert last.usage is not None
    assert (last.usage.tokens_in, last.usage.tokens_out) == (4091, 5)
    assert last.cut
    with pytest.raises(
        ModelError, match=r"has room for 4,096 tokens with its answer, and the prompt has 4,096"
    ):
        next(model.stream((Message("user", ("x" * (4096 - base),)),), 100))


def test_closing_stops_the_model(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TransformersModel(str(tiny(generative.qwen2_vl)))
    written = counting()
    put = decoding._Streamer.put
    monkeypatch.setattr(decoding._Streamer, "put", lambda self, value: (next(written), put(self, value)))
    pieces = model.stream(asked(1), 4000)
    assert next(pieces).text
    pieces.close()  # type: ignore[attr-defined]
    assert next(written) < 1000
    assert all(thread.name != model.spec for thread in threading.enumerate())
    assert said(list(model.stream(asked(1), TOKENS)))  # and it can be asked again


def test_two_at_once_do_not_mix(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.qwen2_vl)))
    alone = [said(list(model.stream(asked(number), TOKENS))) for number in (1, 2)]
    first, second = model.stream(asked(1), TOKENS), model.stream(asked(2), TOKENS)
    begun = next(first)
    assert said(list(second)) == alone[1]
    assert begun.text + said(list(first)) == alone[0]


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate"), OutOfMemoryError, "ran out of memory: CUDA"),
        (ValueError("bad\nshape"), ModelError, "failed: bad"),
        (ModuleNotFoundError("no", name="tokenizers"), MissingExtraError, "needs the package tokenizers"),
    ],
)
def test_what_fails_in_the_thread_fails_in_the_caller(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, failure: Exception, kind: type[Exception], message: str
) -> None:
    model = TransformersModel(str(tiny(generative.llava)))

    def generate(**_: Any) -> None:
        raise failure

    monkeypatch.setattr(model._weights.model, "generate", generate)
    with pytest.raises(kind, match=message):
        list(model.stream(asked(1), TOKENS))


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        (in_place, "<|user|>Read.<|end|><|user|>[1] figure <image> What is it?<|end|><|model|>"),
        (PICTURES_FIRST, "<|user|>Read.<|end|><|user|>[1] figure <image>\n What is it?<|end|><|model|>"),
        (NO_SYSTEM, "<|user|>Read.\n\n[1] figure <image> What is it?<|end|><|model|>"),
        (NO_SYSTEM_BESIDE_PICTURES, "<|user|>Read.\n\n[1] figure <image> What is it?<|end|><|model|>"),
        (SYSTEM_LEFT_OUT, "<|user|>Read.\n\n[1] figure <image> What is it?<|end|><|model|>"),
    ],
    ids=["in place", "pictures first", "no system", "no system beside pictures", "system left out"],
)
def test_templates_of_every_kind_keep_all_parts_in_order(tiny: Tiny, template: str, prompt: str) -> None:
    model = TransformersModel(str(tiny(generative.llava, chat=template)))
    tokenizer = model._weights.tokenizer
    ids = model._inputs(model._prompt(asked(1), model.limits))["input_ids"][0].tolist()
    slot = tokenizer.convert_tokens_to_ids("<image>")
    assert ids.count(slot) == 16
    assert (
        tokenizer.decode([token for at, token in enumerate(ids) if token != slot or ids[at - 1] != slot])
        == prompt
    )
    for number in (1, 2, 3):
        *_, last = model.stream(asked(number), TOKENS)
        assert last.usage is not None
        assert last.usage.tokens_in == model.count(asked(number))


def test_a_system_beside_texts_alone_keeps_its_turn(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.llava, chat=NO_SYSTEM_BESIDE_PICTURES)))
    assert model._prompt(asked(0), model.limits).text == (
        "<|user|>Read.<|end|><|user|> What is it?<|end|><|model|>"
    )


def test_a_template_that_leaves_out_what_is_asked(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.llava, chat=TEXT_LEFT_OUT)))
    with pytest.raises(
        ModelError, match="can't be prompted with this conversation: its template leaves out a part"
    ):
        model.count(asked(1))


def test_a_word_for_a_picture_in_a_text_is_no_picture(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.llava)))
    with pytest.raises(ModelError, match="or takes one for a picture"):
        list(model.stream((Message("user", ("see <image>", picture(1))),), TOKENS))


def test_tokens_of_pictures_that_are_missing_are_found_out(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = TransformersModel(str(tiny(generative.qwen2_vl)))
    model.count(asked(2))
    inputs = model._inputs

    def swapped(prompt: Any) -> Any:
        made = inputs(prompt)
        made["input_ids"] = made["input_ids"].flip(1)
        return made

    monkeypatch.setattr(model, "_inputs", swapped)
    with pytest.raises(
        ModelError, match="was given 2 pictures, and its prompt has the tokens of 0 in their places"
    ):
        list(model.stream(asked(2), TOKENS))


def test_limits(tiny: Tiny) -> None:
    found = {name: TransformersModel(str(tiny(builder))).limits for name, builder in BUILDERS.items()}
    assert found == {
        "llava": Limits(4096, 1, 32),
        "qwen2_vl": Limits(4096, 16, 159),
        "qwen2_5_vl": Limits(4096, 16, 159),
        "qwen3_vl": Limits(4096, 16, 182),
        "glm4v": Limits(4096, 16, 224),
        "mllama": Limits(4096, 1, 56),
        "idefics3": Limits(4096, 16, 64),
        "smolvlm": Limits(4096, 16, 64),
        "internvl": Limits(4096, 16, 128),
    }


def test_the_table_names_models_that_transformers_knows() -> None:
    auto = import_transformers("the tests").models.auto.modeling_auto
    assert FAMILIES.keys() <= auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.keys()


def test_control_tokens(tiny: Tiny) -> None:
    found = TransformersModel(str(tiny(conversing.internvl))).control_tokens
    assert {"<IMG_CONTEXT>", "<img>", "</img>", "<video>", "<|user|>", "</s>"} <= set(found)


class Letters:
    """A tokenizer whose tokens are characters, or bytes of them."""

    def decode(self, tokens: Sequence[int], **_: Any) -> str:
        return bytes(tokens).decode("utf-8", "replace")


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ("图 é 🙂 ok ", False, "图 é 🙂 ok"),
        ("<think>hm</think><answer>A <|begin_of_box|>map<|end_of_box|>.</answer>", False, "A map."),
        ("hm</think>\n\nA map.", True, "A map."),
        ("hm", True, ""),
    ],
)
def test_texts_come_whole_and_without_what_is_around_them(text: str, thinking: bool, answer: str) -> None:
    texts = Texts(Letters(), FAMILIES["glm4v"].marks, thinking)
    pieces = [texts.add(token) for token in text.encode()]
    assert "\ufffd" not in "".join(pieces)
    assert "".join(pieces) + texts.end() == answer


def test_a_prompt_may_end_in_thoughts(tiny: Tiny) -> None:
    model = TransformersModel(str(tiny(generative.llava, chat=THINKING)))
    pieces = list(model.stream(asked(1), TOKENS))
    assert said(pieces) == ""
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.tokens_out > 0


def test_a_check_loads_and_runs_it(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TransformersModel(str(tiny(generative.llava)))
    model.check()
    monkeypatch.setattr(model._weights.model, "generate", lambda **_: 1 / 0)
    with pytest.raises(ModelError, match="failed: division by zero"):
        model.check()


def test_what_cannot_converse_says_so(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no chat template"):
        TransformersModel(str(tiny(generative.llava, chat=None))).count(asked(1))
    with pytest.raises(ModelError, match="is not on this machine|no model folder|not complete"):
        TransformersModel(str(tmp_path)).count(asked(1))
    with pytest.raises(ModelError, match="MMRAG_OFFLINE"):
        list(load_generator("hf:owner/no-such-model").stream(asked(1), 5))  # type: ignore[union-attr]
