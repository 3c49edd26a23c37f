"""The guide says all there is, and links to nothing that isn't there."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import mmrag
from mmrag.config import Recipe, load_recipe
from mmrag.types import Status
from tests.documents import PAGES, ROOT, blocks

GUIDE = ROOT / "docs"


def script(name: str) -> ModuleType:
    """One of those that write parts of the guide."""
    specification = importlib.util.spec_from_file_location(name, GUIDE / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_command_line_reference_is_what_the_commands_say() -> None:
    expected = script("make_reference").reference()
    assert (GUIDE / "command-line.md").read_text("utf-8") == expected, "run: make docs"


def test_tables_are_those_that_were_printed_last() -> None:
    filled = script("make_tables").filled
    texts = {page.relative_to(ROOT): page.read_text("utf-8") for page in PAGES}
    assert [name for name, text in texts.items() if filled(text) != text] == [], "run: make docs"
    # A stale line is replaced, and what follows the table stays.
    (marked, *_) = re.findall(r"^<!-- [\w.]+\.md: .+ -->\n(?=\|)", texts[Path("README.md")], re.MULTILINE)
    assert filled(f"{marked}| old |\n\nAfter.\n") == filled(marked) + "\nAfter.\n"
    with pytest.raises(LookupError, match="has no table 'no such title'"):
        filled("<!-- bench.md: no such title -->\n")


def test_the_guide_for_python_names_everything_that_is_exported() -> None:
    text = (GUIDE / "python.md").read_text("utf-8")
    assert [name for name in mmrag.__all__ if not re.search(rf"\b{name}\b", text)] == []


def test_the_guide_for_python_names_every_method_of_an_index() -> None:
    text = (GUIDE / "python.md").read_text("utf-8")
    methods = [
        name
        for name in dir(mmrag.Index)
        if not name.startswith("_") and name != "document" and callable(getattr(mmrag.Index, name))
    ]
    assert [name for name in methods if f"index.{name}(" not in text] == []


def keys(kind: Any, default: Any, before: str = "") -> dict[str, Any]:
    """Every key of a recipe with its default."""
    out: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        value = getattr(default, field.name)
        if dataclasses.is_dataclass(value):
            out |= keys(type(value), value, f"{field.name}.")
        else:
            out[before + field.name] = value
    return out


def test_the_page_on_recipes_lists_every_key_with_its_default() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.*?) \|", (GUIDE / "recipes.md").read_text("utf-8"), re.MULTILINE)
    expected = keys(Recipe, Recipe())
    del expected["name"]
    assert [name for name, _ in rows] == list(expected)
    for name, shown in rows:
        value = expected[name]
        if isinstance(value, (int, float)):
            assert float(shown.strip("`")) == value, name
        elif isinstance(value, tuple):
            assert shown.strip("`") == f"[{', '.join(value)}]", name
        elif isinstance(value, dict):
            assert yaml.safe_load(shown.strip("`")) == value, name
        elif isinstance(value, str) and value:
            assert shown.strip("`") == value, name


def test_the_recipe_in_the_guide_can_be_read(tmp_path: Path) -> None:
    (recipe,) = blocks(GUIDE / "recipes.md", "yaml")
    (tmp_path / "my.yaml").write_text(recipe, encoding="utf-8")
    assert load_recipe(tmp_path / "my.yaml").ingest.ocr == "never"


def test_the_page_on_formats_names_every_status_and_ending() -> None:
    from mmrag.ingest.sniff import ENDINGS

    text = (GUIDE / "formats.md").read_text("utf-8")
    assert [status for status in Status if status.skipped and f"`{status}`" not in text] == []
    assert [ending for ending in ENDINGS if f"`{ending}`" not in text] == []


def test_the_page_on_the_format_names_every_table() -> None:
    schema = (ROOT / "mmrag/index/schema.sql").read_text("utf-8")
    text = (ROOT / "indexes/README.md").read_text("utf-8")
    tables = re.findall(r"CREATE (?:VIRTUAL )?TABLE (\w+)", schema)
    assert len(tables) > 5
    assert [table for table in tables if f"`{table}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_of_the_guide_is_listed() -> None:
    listed = (GUIDE / "README.md").read_text("utf-8")
    assert [
        page.name for page in GUIDE.glob("*.md") if page.name != "README.md" and page.name not in listed
    ] == []


def test_every_package_is_named_for_contributors() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    packages = [folder.parent.name for folder in (ROOT / "mmrag").glob("*/__init__.py")]
    assert [name for name in packages if not re.search(rf"\b{name}\b", text)] == []
