from mmrag.errors import MissingExtraError


def test_one_missing_package_and_several() -> None:
    assert str(MissingExtraError("col:a/b", "torch", "models")) == (
        "col:a/b needs the package torch, which is not installed: pip install 'mmrag[models]'"
    )
    assert str(MissingExtraError("the recipe r", "torch, open_clip", "models")) == (
        "the recipe r needs the packages torch, open_clip, which are not installed: "
        "pip install 'mmrag[models]'"
    )
