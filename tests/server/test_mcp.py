"""The tools of the MCP server, called by the SDK's own client: in process, over pipes, and over HTTP."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from PIL import Image

import mmrag
from mmrag.server.mcp import create_mcp
from mmrag.server.shelf import Shelf
from tests.cli.test_serving import ROOT, home, serving  # noqa: F401 - a fixture

TOOLS = ["ask", "list_documents", "read_page", "search", "show_page"]


@pytest.fixture(scope="module")
def shelf(place: Path) -> Iterator[Shelf]:
    shelf = Shelf([place])
    yield shelf
    shelf.close()


def with_client(to: Any, call: Callable[[Client], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Client(to) as client:
            return await call(client)

    return asyncio.run(run())


def said(shelf: Shelf, tool: str, **arguments: Any) -> str:
    result = with_client(create_mcp(lambda: shelf), lambda client: client.call_tool(tool, arguments))
    (content,) = result.content
    assert not result.is_error, content
    return str(content.text)


def refused(shelf: Shelf, tool: str, **arguments: Any) -> str:
    result = with_client(create_mcp(lambda: shelf), lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return str(result.content[0].text)


def test_the_tools_say_what_they_do_and_that_they_only_read(shelf: Shelf) -> None:
    listed = with_client(create_mcp(lambda: shelf), lambda client: client.list_tools())
    assert sorted(tool.name for tool in listed.tools) == TOOLS
    for tool in listed.tools:
        assert tool.description
        assert tool.annotations.read_only_hint


def test_search_gives_places_and_words(shelf: Shelf) -> None:
    found = said(shelf, "search", question="The owl hunts at night", top_k=1)
    assert found.startswith("1. owl.md, section 1 (Owls): text\n")
    assert "The owl hunts at night" in found
    assert said(shelf, "search", question="owl", document="otter.md").count("owl.md") == 0
    assert said(shelf, "search", question="owl", kind="figure") == "Nothing was found."


def test_an_answer_names_its_sources(shelf: Shelf, place: Path) -> None:
    with mmrag.open(place) as index:
        answer = index.ask("When does the owl hunt?")
    reply = said(shelf, "ask", question="When does the owl hunt?")
    assert reply.startswith(answer.text)
    assert ("[1] owl.md, section 1" in reply) == bool(answer.citations)


def test_a_page_is_read_and_shown(shelf: Shelf) -> None:
    text = said(shelf, "read_page", document="otter.md", page=1)
    assert text.startswith("otter.md, section 1 (Otters)\n\n# Otters")
    assert "It eats fish." in text
    result = with_client(
        create_mcp(lambda: shelf),
        lambda client: client.call_tool(
            "show_page", {"document": "otter.md", "page": 1, "box": [0, 0, 1, 0.5]}
        ),
    )
    (picture,) = result.content
    assert picture.mime_type == "image/jpeg"
    assert Image.open(io.BytesIO(base64.b64decode(picture.data))).width > 200


def test_documents_are_listed(shelf: Shelf) -> None:
    assert said(shelf, "list_documents").splitlines() == [
        "otter.md: Otters (2 sections)",
        "owl.md: Owls (1 section)",
    ]


def test_errors_are_in_words_without_folders(shelf: Shelf, place: Path) -> None:
    for call in (
        lambda: refused(shelf, "read_page", document="fox.md", page=1),
        lambda: refused(shelf, "read_page", document="owl.md", page=9),
        lambda: refused(shelf, "show_page", document="owl.md", page=1, box=[0, 0, 2, 2]),
        lambda: refused(shelf, "search", question=" "),
        lambda: refused(shelf, "list_documents", index="zoo"),
    ):
        message = call()
        assert message
        assert str(place.parent) not in message
        assert "Traceback" not in message


@pytest.mark.parametrize("tool", ["read_page", "show_page"])
def test_no_page_has_such_a_number(shelf: Shelf, tool: str) -> None:
    for page, wanted in ((2**63, "less than or equal to 1000000"), (0, "greater than or equal to 1")):
        assert wanted in refused(shelf, tool, document="owl.md", page=page)


def test_an_assistant_starts_it_and_speaks_over_pipes(home: Path) -> None:  # noqa: F811
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "mmrag.cli", "mcp", "docs"],
        cwd=home,
        env={"PYTHONPATH": str(ROOT)},
    )

    async def call(client: Client) -> str:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == TOOLS
        return str((await client.call_tool("search", {"question": "The owl hunts at night"})).content[0].text)

    assert with_client(command, call).startswith("1. owl.md, section 1")


def test_the_same_tools_are_there_over_http(home: Path) -> None:  # noqa: F811
    async def call(client: Client) -> str:
        return str((await client.call_tool("search", {"question": "The owl hunts at night"})).content[0].text)

    with serving(home) as (_, link):
        assert with_client(f"{link}mcp", call).startswith("1. owl.md, section 1")
