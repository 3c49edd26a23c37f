"""What the measures mean, for those who have not met them."""

from __future__ import annotations

from collections.abc import Sequence

_EXPLAINED = (
    (
        "nDCG",
        "looks at the first 5 (@5) or 10 pages of a ranking: 1 where the right pages come first, less the "
        "further down they stand, 0 where none is there.",
    ),
    ("Recall", "is the share of the right pages that are among the first 1, 5 or 10."),
    (
        "MRR",
        "(mean reciprocal rank) is 1 where the first right page comes first, ½ where it comes second, ⅓ "
        "where third, 0 where it is not among the first 10.",
    ),
    ("Hit", "is the share of the questions with at least one right page among the first 1 or 5."),
    (
        "IoU",
        "(intersection over union) says how well the place on the page is met: 1 where the box that was "
        "found is the box that answers, 0 where they do not touch or the page was not found.",
    ),
    ("Answer", "is the share of the answers that hold an accepted one; a refusal holds none."),
)


def explained(measures: Sequence[str]) -> list[tuple[str, str]]:
    """Name and meaning of what is measured."""
    kinds = {name.partition("@")[0] for name in measures}
    return [(name, text) for name, text in _EXPLAINED if name in kinds]
