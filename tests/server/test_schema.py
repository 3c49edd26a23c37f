"""Requests made up by Schemathesis from the OpenAPI document: none may break the server, or the document."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

import mmrag
from mmrag.server.app import create_app
from tests.api.test_update import RECIPE
from tests.cli.test_serving import serving
from tests.server.conftest import write_documents

# The document is read where tests are collected, so that each operation is a test of its own.
DESCRIPTION = schemathesis.openapi.from_dict(create_app([]).openapi())
OPERATIONS = {
    f"{found.method.upper()} {found.path}": found
    for found in (one.ok() for one in DESCRIPTION.get_all_operations())
}


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("schema")
    write_documents(folder / "docs")
    mmrag.build(folder / "docs", folder / "animals", pipeline=RECIPE).close()
    with serving(folder, str(folder / "animals")) as (_, link):
        yield link


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.filterwarnings("ignore")
def test_made_up_requests(name: str, link: str) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(OPERATIONS[name].as_strategy())
    def try_one(case: schemathesis.Case) -> None:
        aim(case, link)
        # Views, labels and pictures of an index are not in the document: what has the right shape may ask
        # for what is not there.
        case.call_and_validate(base_url=link, excluded_checks=[positive_data_acceptance])

    try_one()


def aim(case: schemathesis.Case, link: str) -> None:
    """Let every other request reach what is there: made-up names lead nowhere."""
    places = case.path_parameters or {}
    if "index" not in places or len(repr(case)) % 2:
        return
    places["index"] = "animals"
    if "document" in places:
        with urllib.request.urlopen(f"{link}api/indexes/animals/documents") as reply:
            papers = json.load(reply)
        places["document"] = papers[0]["id"] if papers else "0" * 64
    if "number" in places:
        places["number"] = 1
