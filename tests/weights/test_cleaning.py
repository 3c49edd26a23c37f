from types import SimpleNamespace

from mmrag.weights.cleaning import cleaner, special_words

TOKENIZER = SimpleNamespace(all_special_tokens=["<image>", "<|im_end|>", "!", "[SEP]", "pad", "</s>"])


def test_special_tokens_become_blanks() -> None:
    clean = cleaner(TOKENIZER)
    assert clean(["a<image>b", "<<image>image>", "x </s>!", "pad [SEP]"]) == [
        "a b",
        "< image>",
        "x  !",
        "pad  ",
    ]


def test_what_is_left_holds_no_special_token() -> None:
    clean = cleaner(TOKENIZER)
    text = "<im<image>age><|im_<|im_end|>end|>"
    assert not any(token in clean([text])[0] for token in ("<image>", "<|im_end|>"))


def test_half_surrogates_become_question_marks() -> None:
    assert cleaner(TOKENIZER)(["a\ud800b"]) == ["a?b"]


def test_lower_case_where_the_model_was_trained_so() -> None:
    assert cleaner(TOKENIZER, lower=True)(["A <image> B"]) == ["a   b"]


def test_a_tokenizer_without_special_tokens_changes_nothing() -> None:
    assert cleaner(SimpleNamespace())(["<image> a"]) == ["<image> a"]


def test_added_tokens_count_where_they_are_special() -> None:
    class Token(str):
        special = True

    tokenizer = SimpleNamespace(added_tokens_decoder={1: Token("<tool>"), 2: "<plain>"})
    assert cleaner(tokenizer)(["<tool><plain>"]) == [" <plain>"]


def test_the_words_of_a_tokenizer_come_with_the_longest_first() -> None:
    assert special_words(TOKENIZER) == ("<|im_end|>", "<image>", "[SEP]", "</s>")


def test_a_processor_adds_its_own_words() -> None:
    processor = SimpleNamespace(
        tokenizer=TOKENIZER, video_token="<video>", image_token=None, image_token_id=7
    )
    assert set(special_words(processor)) - set(special_words(TOKENIZER)) == {"<video>"}
