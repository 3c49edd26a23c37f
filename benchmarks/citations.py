"""How well the checks of citations find what is wrong: ``python benchmarks/citations.py [SET]``.

SET (default: the hand-made one of tests/synthesize/answers.yaml) holds answers with the flags that a careful
reader would raise. Prints, for each kind of flag, how many are expected and raised, with precision and
recall, for the half that thresholds were chosen on (``dev``) and the half that was held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mmrag.benchmark.machine import print_machine
from mmrag.synthesize.checking import check
from mmrag.synthesize.markers import Markers
from mmrag.types import Flag, FlagKind

SET = Path(__file__).parents[1] / "tests" / "synthesize" / "answers.yaml"
KINDS = {
    "number": FlagKind.NUMBER,
    "quote": FlagKind.QUOTE,
    "unsupported": FlagKind.UNSUPPORTED,
    "uncited": FlagKind.UNCITED,
}
WHOLE = frozenset({FlagKind.NUMBER, FlagKind.QUOTE})


@dataclass(frozen=True, slots=True)
class Case:
    """An answer with its sources and the flags that are expected of it."""

    id: str
    half: str
    question: str
    text: str
    sources: tuple[str, ...]
    expected: tuple[tuple[FlagKind, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case: flags found, expected ones missed, and flags too many."""

    case: Case
    found: tuple[Flag, ...]
    missed: tuple[tuple[FlagKind, str], ...]
    extra: tuple[Flag, ...]


def load(path: Path) -> list[Case]:
    """The cases of a set."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_case(row, data["sources"]) for row in data["answers"]]


def _case(row: Mapping[str, Any], sources: Mapping[str, str]) -> Case:
    return Case(
        row["id"],
        row["half"],
        row["question"],
        row["text"],
        tuple(sources[name] for name in row["sources"]),
        tuple((KINDS[flag["kind"]], str(flag["text"])) for flag in row["flags"]),
    )


def judge(case: Case) -> Outcome:
    """Check the answer as it is checked before it is shown, and compare the flags."""
    markers = Markers(len(case.sources))
    text = markers.feed(case.text) + markers.close()
    sources = [case.sources[number - 1] for number in markers.order]
    extra = list(check(text, sources, case.question))
    found, missed = [], []
    for kind, words in case.expected:
        flag = next((flag for flag in extra if flag.kind is kind and _meets(flag, words)), None)
        if flag is None:
            missed.append((kind, words))
        else:
            extra.remove(flag)
            found.append(flag)
    return Outcome(case, tuple(found), tuple(missed), tuple(extra))


def _meets(flag: Flag, words: str) -> bool:
    return flag.text == words if flag.kind in WHOLE else words in flag.text


def rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, int, int, int]]:
    """Name, expected, raised and right flags: by kind, and of all."""
    for name, kinds in [*((kind.value, {kind}) for kind in KINDS.values()), ("all", set(KINDS.values()))]:
        right = sum(flag.kind in kinds for one in outcomes for flag in one.found)
        extra = sum(flag.kind in kinds for one in outcomes for flag in one.extra)
        missed = sum(kind in kinds for one in outcomes for kind, _ in one.missed)
        yield name, right + missed, right + extra, right


def share(part: int, whole: int) -> str:
    """A share with three digits; a dash where there is nothing to share."""
    return f"{part / whole:.3f}" if whole else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path, nargs="?", default=SET)
    parser.add_argument("--show", choices=("dev", "held"), help="print what went wrong in one half")
    arguments = parser.parse_args()
    print_machine()
    outcomes = [judge(case) for case in load(arguments.set)]
    print("| half | answers | flag | expected | raised | precision | recall |")
    print("|---|---|---|---|---|---|---|")
    for half in ("dev", "held"):
        members = [one for one in outcomes if one.case.half == half]
        for name, expected, raised, right in rows(members):
            shares = f"{share(right, raised)} | {share(right, expected)}"
            print(f"| {half} | {len(members)} | {name} | {expected} | {raised} | {shares} |")
    for half in ("dev", "held"):
        clean = [one for one in outcomes if one.case.half == half and not one.case.expected]
        passed = sum(not one.extra for one in clean)
        print(f"\n{half}: {passed} of {len(clean)} right answers pass without a flag")
    for one in outcomes:
        if one.case.half == arguments.show and (one.missed or one.extra):
            print(
                f"\n{one.case.id}: missed {[(kind.value, words) for kind, words in one.missed]}, "
                f"too many {[(flag.kind.value, flag.text) for flag in one.extra]}"
            )


if __name__ == "__main__":
    main()
