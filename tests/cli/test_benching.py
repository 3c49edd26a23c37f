"""``mmrag bench`` with recipes of fakes, and once with the mini models over the example documents."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

import mmrag as library
from mmrag.benchmark.caching import OutcomeCache
from mmrag.errors import ModelError
from tests.benchmark.making import QUESTIONS, corpus
from tests.cli.running import Result, Run, run_command
from tests.conftest import EXAMPLES
from tests.fakes import LinesEncoder

RECIPE = {
    "ingest": {"workers": 1, "ocr": "never", "layout": "never"},
    "caption": {"captioner": "tests.fakes:SizeCaptioner", "encoders": ["tests.fakes:LetterEncoder"]},
    "joint": {"encoders": ["tests.fakes:ColourEncoder"], "labels": []},
    "visual": {"encoders": ["tests.fakes:LinesEncoder"]},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a dataset ``animals`` and a recipe ``fake.yaml``."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "animals").mkdir()
    corpus(tmp_path / "animals")
    lines = [
        {
            "id": one.id,
            "text": one.text,
            "lang": one.language,
            "kind": one.kind,
            "doc": one.gold[0].file,
            "pages": [1],
        }
        for one in QUESTIONS
    ]
    text = "\n".join(map(json.dumps, lines))
    (tmp_path / "animals/queries.jsonl").write_text(text, encoding="utf-8")
    (tmp_path / "fake.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    return tmp_path


@pytest.fixture
def bench(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """``bench("--json")`` compares on the dataset ``animals`` with the fakes."""

    def call(*words: str, place: str = "animals") -> Result:
        pipeline = () if "--pipeline" in words else ("--pipeline", "fake.yaml")
        return run_command(capsys, "bench", place, *pipeline, *words)

    return call


def test_the_default_is_each_alone_and_all(bench: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/mmrag", "bench", str(folder / "animals")])
    result = bench()
    assert result.code == 0
    assert re.findall(r"^\| ([a-d] \w+) \|", result.out, re.MULTILINE)[:4] == [
        "a joint", "b caption", "c visual", "d all",
    ]  # fmt: skip
    for said in (
        "## 3 questions, all pages judged alike",
        "## nDCG@5 by kind",
        "no difference shown",
        "kB/page",
    ):
        assert said in result.out
    assert "See bench/animals/report.html; besides in bench/animals: report.json," in result.err
    page = (folder / "bench/animals/results.md").read_text("utf-8")
    assert result.out.strip() in page
    assert "- command: mmrag bench animals\n" in page
    assert "- seed: 0" in page


def test_strategies_are_parted_by_commas_and_fused_by_plus(bench: Run) -> None:
    means = bench("--strategy", "visual,caption+joint", "--strategy", "visual", "--json").json["means"]
    assert list(means) == ["fake.yaml · visual", "fake.yaml · joint+caption"]


def test_json_is_all_of_standard_output(bench: Run) -> None:
    result = bench("--strategy", "caption,visual", "--json", "--seed", "7")
    assert result.err == ""
    assert result.json["dataset"]["questions"] == 3
    assert result.json["means"]["fake.yaml · caption"]["nDCG@5"] == 1.0
    assert result.json["differences"][0]["better"] == ""
    assert result.json["laying"]["fake.yaml · visual"]["pages"] == 3
    assert result.json["made_with"]["seed"] == "7"
    assert result.json["failed"] == {}
    assert [Path(file).is_file() for file in result.json["files"]] == [True] * 6


def test_a_second_run_measures_nothing_and_a_fresh_one_everything(
    bench: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: list[str] = []
    real = OutcomeCache.put
    monkeypatch.setattr(
        OutcomeCache, "put", lambda self, key, outcome: (put.append(key), real(self, key, outcome))
    )
    first = bench("--strategy", "caption")
    assert len(put) == 3
    assert bench("--strategy", "caption", "--resume").out == first.out
    assert len(put) == 3
    (folder / "animals/corpus/lake.md").write_text("# lake.md\n\nA deep, quiet lake.\n", encoding="utf-8")
    changed = bench("--strategy", "caption")
    assert (changed.code, "--fresh" in changed.error) == (2, True)
    assert bench("--strategy", "caption", "--fresh").code == 0
    assert len(put) == 6


def test_a_damaged_file_is_told_and_fresh_begins_anew(bench: Run, folder: Path) -> None:
    bench("--strategy", "caption")
    (folder / "bench/animals/laying.json").write_text("{", encoding="utf-8")
    damaged = bench("--strategy", "caption")
    assert (damaged.code, "laying.json is damaged" in damaged.error, "--fresh" in damaged.error) == (
        1,
        True,
        True,
    )
    assert bench("--strategy", "caption", "--fresh").code == 0


def test_a_seed_below_zero_is_refused_before_anything_is_measured(bench: Run, folder: Path) -> None:
    refused = bench("--seed", "-1")
    assert (refused.code, "--seed" in refused.error) == (2, True)
    assert not (folder / "bench").exists()


def test_an_interrupt_keeps_what_is_done(bench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = OutcomeCache.put
    kept: list[str] = []

    def put(self: OutcomeCache, key: str, outcome: object) -> None:
        if len(kept) == 4:
            raise KeyboardInterrupt
        kept.append(key)
        real(self, key, outcome)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(OutcomeCache, "put", put)
        stopped = bench()
    assert stopped.code == 130
    assert stopped.err.splitlines() == [
        "Kept in bench/animals: 4 of 12 outcomes and what was indexed.",
        "mmrag: stopped; what an index run had finished is kept, and the same command goes on",
    ]
    assert stopped.out == ""
    assert bench().code == 0


def test_a_server_that_dies_while_answering_is_told_with_what_is_kept(
    bench: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = library.Index.ask, [0]

    def ask(self: library.Index, *words: object, **options: object) -> object:
        asked[0] += 1
        if asked[0] == 3:
            raise ModelError("the server is away")
        return real(self, *words, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(library.Index, "ask", ask)
        stopped = bench("--answers", "--strategy", "caption,visual")
    assert (stopped.code, stopped.err.splitlines()) == (
        1,
        ["Kept in bench/animals: 2 of 6 outcomes and what was indexed.", "mmrag: the server is away"],
    )
    assert bench("--answers", "--strategy", "caption,visual").code == 0


def test_a_view_that_fails_is_left_out_with_exit_code_3(bench: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ModelError("no eyes today")

    monkeypatch.setattr(LinesEncoder, "encode_pages", fail)
    result = bench("--strategy", "caption,visual")
    assert result.code == 3
    assert "| a caption |" in result.out
    assert re.search(r"left out: fake.yaml · visual: visual: .*no eyes today", result.err)


@pytest.mark.parametrize(
    ("words", "place", "says"),
    [
        (("--strategy", "visuel"), "animals", r"--strategy wants .* found 'visuel'; did you mean 'visual'\?"),
        (("--strategy", "joint+all"), "animals", r"--strategy wants .* found 'joint\+all'"),
        (("--pipeline", "minni"), "animals", r"no recipe is named 'minni'; there are .*mini"),
        (("--self", "--generate", "3"), "animals", r"--self and --generate both make questions: choose one"),
        ((), "nowhere", r"there is no dataset nowhere"),
        ((), "animals/corpus", r"corpus holds the documents of a dataset: mmrag bench animals asks"),
        (("--self",), "nowhere", r"there is no folder of documents, no dataset and no index nowhere"),
        (("--out", "animals"), "animals", r"animals holds other files and no comparison: .*--out"),
        (("--top-k", "5"), "animals", r"Invalid value for '--top-k'"),
        (("--generate", "3"), "animals", r"mini:extractive"),
    ],
)
def test_wrong_calls_are_said_in_one_line(
    bench: Run, folder: Path, words: tuple[str, ...], place: str, says: str
) -> None:
    result = bench(*words, place=place)
    assert result.code == 2
    assert re.search(says, result.error)


def test_a_recipe_whose_models_are_missing_is_refused_before_anything_is_done(
    bench: Run, folder: Path
) -> None:
    recipe = {**RECIPE, "visual": {"encoders": ["tests.nowhere:Encoder"]}}
    (folder / "fake.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    result = bench()
    assert (result.code, result.out) == (1, "")
    assert "tests.nowhere" in result.error
    assert not (folder / "bench").exists()
    assert bench("--strategy", "caption").code == 0


def test_doubts_are_told_and_do_not_stop(bench: Run, folder: Path) -> None:
    lines = (folder / "animals/queries.jsonl").read_text("utf-8").splitlines()
    boxes = [{"page": 1, "fractions": [0.1, 0.1, 1.2, 0.5]}] * 25
    lines[0] = json.dumps({**json.loads(lines[0]), "bbox": boxes})
    (folder / "animals/queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = bench("--strategy", "caption", "--json")
    assert (result.code, result.json["dataset"]["questions"]) == (0, 3)
    first, *doubts, last = result.err.splitlines()
    assert first == "Doubtful, and taken all the same:"
    assert len(doubts) == 20
    assert set(doubts) == {
        "animals/queries.jsonl, line 1: the box [0.1, 0.1, 1.2, 0.5] on page 1 of zebra.md reaches over the "
        "edge of the page and is cut off there"
    }
    assert last == "and 5 more"


def test_one_document_asks_about_itself(bench: Run, folder: Path) -> None:
    said = "It was built of steel cables and carries two lanes of traffic over the water of the deep valley. "
    (folder / "bridge.md").write_text(f"# The swinging bridge of our valley\n\n{said * 3}", encoding="utf-8")
    result = bench("--self", "--strategy", "caption", place="bridge.md")
    assert result.code == 0
    assert "## 1 question, all pages judged alike" in result.out
    assert "1 question, to read and edit in bench/bridge-self/questions" in result.err
    assert "# bridge.md (its own captions and headings): which" in (
        (folder / "bench/bridge-self/results.md").read_text("utf-8")
    )


def test_documents_ask_about_themselves(bench: Run, folder: Path) -> None:
    text = (
        "The {0} bridge spans a river. It was built of {1} and carries two lanes of traffic over the water."
    )
    docs = folder / "bridges"
    docs.mkdir()
    for name, stuff in (
        ("swinging", "steel cables"),
        ("covered", "oak timber"),
        ("floating", "hollow concrete"),
    ):
        heading = f"# The {name} bridge of our valley\n\n"
        (docs / f"{name}.md").write_text(heading + " ".join([text.format(name, stuff)] * 3), encoding="utf-8")
    result = bench("--self", "--strategy", "caption", "--json", place="bridges")
    assert result.code == 0
    assert result.json["dataset"]["questions"] == 3
    assert "captions and headings" in result.json["dataset"]["note"]
    questions = folder / "bench/bridges-self/questions/queries.jsonl"
    assert "swinging bridge of our valley" in questions.read_text("utf-8")
    # Somebody edits them.
    kept = [line for line in questions.read_text("utf-8").splitlines() if "covered" not in line]
    questions.write_text("\n".join(kept), encoding="utf-8")
    questions.with_name("qrels.tsv").unlink()
    assert (
        bench("--self", "--strategy", "caption", "--json", place="bridges").json["dataset"]["questions"] == 2
    )


def test_the_documents_of_an_index_are_meant_by_its_name(bench: Run, folder: Path) -> None:
    from mmrag.benchmark.choosing import documents_of

    library.build(
        folder / "animals/corpus", "zoo", pipeline=folder / "fake.yaml", strategies=["caption"]
    ).close()
    assert documents_of("zoo") == folder / "animals/corpus"
    assert documents_of("animals") == folder / "animals/corpus"
    assert documents_of("animals/corpus") == folder / "animals/corpus"


def test_answers_are_judged(bench: Run, folder: Path) -> None:
    text = (
        (folder / "animals/queries.jsonl")
        .read_text("utf-8")
        .replace('"pages"', '"answer": "stripes", "pages"')
    )
    (folder / "animals/queries.jsonl").write_text(text, encoding="utf-8")
    result = bench("--answers", "--strategy", "caption", "--json")
    assert result.json["means"]["fake.yaml · caption"]["Answer"] is not None
    report = json.loads((folder / "bench/animals/report.json").read_text("utf-8"))
    assert isinstance(report["runs"][0]["outcomes"][0]["answer"], str)


def test_the_mini_models_on_real_documents(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ("residents-guide-zh.pdf", "turbine-workshop-notes.md")
    (folder / "papers/corpus").mkdir(parents=True)
    for name in chosen:
        shutil.copy(EXAMPLES / "docs" / name, folder / "papers/corpus")
    lines = (EXAMPLES / "questions.jsonl").read_text("utf-8").splitlines()
    asked = [line for line in lines if json.loads(line)["doc"] in chosen]
    (folder / "papers/queries.jsonl").write_text("\n".join(asked), encoding="utf-8")
    result = run_command(capsys, "bench", "papers", "--strategy", "caption,visual", "--answers", "--json")
    assert result.code == 0
    assert result.json["dataset"]["questions"] == len(asked) > 3
    for name in ("mini · caption", "mini · visual"):
        assert result.json["means"][name]["nDCG@5"] > 0.9
        assert result.json["means"][name]["Answer"] > 0.5
        assert result.json["laying"][name]["seconds"] > 0


def test_tables_on_a_terminal_have_the_columns_that_fit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from mmrag.benchmark.tables import Table
    from mmrag.cli.tabulating import print_tables

    table = Table("Title", ("", "nDCG@5", "Recall@10"), (("a joint", ".612", ".700"),), "How to read it.")
    print_tables(Console(force_terminal=True, width=80, color_system=None), (table,))
    wide = capsys.readouterr().out
    print_tables(Console(force_terminal=True, width=18, color_system=None), (table,))
    narrow = capsys.readouterr().out
    assert "|" not in wide + narrow
    read = ["How", "to", "read", "it."]
    rows = ["nDCG", "Recall", "@5", "@10", "a", "joint", ".612", ".700"]
    assert wide.replace("─", "").split() == ["Title", *rows, *read]
    left_out = ["In", "results.md,", "not", "here", "for", "want", "of", "room:", "Recall@10."]
    assert narrow.replace("─", "").split() == [
        "Title", "nDCG", "@5", "a", "joint", ".612", *read, *left_out,
    ]  # fmt: skip


def test_an_index_of_that_name_does_not_hide_a_folder(bench: Run, folder: Path) -> None:
    from mmrag.benchmark.choosing import documents_of

    docs = folder / "animals/corpus"
    library.build(docs, "bridges", pipeline=folder / "fake.yaml", strategies=["caption"]).close()
    assert documents_of("bridges") == docs
    (folder / "bridges").mkdir()
    assert documents_of("bridges") == folder / "bridges"


def test_a_folder_of_indexes_is_never_taken_for_ours(bench: Run, folder: Path) -> None:
    (folder / "mine/indexes/precious").mkdir(parents=True)
    result = bench("--out", "mine", "--fresh")
    assert (result.code, "mine holds other files" in result.error) == (2, True)
    assert (folder / "mine/indexes/precious").is_dir()


def test_two_at_once_in_one_folder_are_kept_apart(bench: Run, folder: Path) -> None:
    from mmrag.benchmark.choosing import held

    with held(folder / "bench/animals", fresh=False):
        result = bench()
    assert result.code == 1
    assert "is being written by process" in result.error
