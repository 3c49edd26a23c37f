"""mmrag: an index over documents that answers from what their pages say and show.

    import mmrag

    with mmrag.build("reports") as index:
        for hit in index.search("installed capacity by year"):
            print(hit.document.path, hit.page.number, hit.snippet)
        print(index.ask("When was the station built?").text)

Importing this package loads no other; each name below loads what it needs when it is first used.
Libraries that report to their makers are told to keep quiet, unless the environment says otherwise.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# ONNX Runtime reports to Microsoft from Linux and macOS too, unless this stands before it is loaded.
for _silenced in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_silenced, "1")

_PLACES = {
    "Answer": "mmrag.types:Answer",
    "AnswerStream": "mmrag.synthesize.stream:AnswerStream",
    "BBox": "mmrag.types:BBox",
    "Chat": "mmrag.api.chat:Chat",
    "Citation": "mmrag.types:Citation",
    "Document": "mmrag.types:Document",
    "Element": "mmrag.types:Element",
    "FileReport": "mmrag.types:FileReport",
    "Filters": "mmrag.types:Filters",
    "Finding": "mmrag.index.mending.checks:Finding",
    "Flag": "mmrag.types:Flag",
    "FlagKind": "mmrag.types:FlagKind",
    "Hit": "mmrag.types:Hit",
    "Index": "mmrag.api:Index",
    "IndexInfo": "mmrag.api:IndexInfo",
    "Kind": "mmrag.types:Kind",
    "LeftOut": "mmrag.types:LeftOut",
    "MmragError": "mmrag.errors:MmragError",
    "Page": "mmrag.types:Page",
    "Progress": "mmrag.types:Progress",
    "Query": "mmrag.types:Query",
    "Recipe": "mmrag.config:Recipe",
    "Repair": "mmrag.api.repairing:Repair",
    "Report": "mmrag.types:Report",
    "SharedIndex": "mmrag.api.sharing:SharedIndex",
    "Source": "mmrag.types:Source",
    "Status": "mmrag.types:Status",
    "build": "mmrag.api:build",
    "index_path": "mmrag.api:index_path",
    "list_indexes": "mmrag.api:list_indexes",
    "load_recipe": "mmrag.config:load_recipe",
    "open": "mmrag.api:open_index",
    "repair": "mmrag.api.repairing:repair",
    "verify": "mmrag.api.verifying:verify",
}

__all__ = [
    "Answer",
    "AnswerStream",
    "BBox",
    "Chat",
    "Citation",
    "Document",
    "Element",
    "FileReport",
    "Filters",
    "Finding",
    "Flag",
    "FlagKind",
    "Hit",
    "Index",
    "IndexInfo",
    "Kind",
    "LeftOut",
    "MmragError",
    "Page",
    "Progress",
    "Query",
    "Recipe",
    "Repair",
    "Report",
    "SharedIndex",
    "Source",
    "Status",
    "build",
    "index_path",
    "list_indexes",
    "load_recipe",
    "open",
    "repair",
    "verify",
]

if TYPE_CHECKING:
    from mmrag.api import Index, IndexInfo, build, index_path, list_indexes
    from mmrag.api import open_index as open  # noqa: A004 - mmrag.open reads as it should
    from mmrag.api.chat import Chat
    from mmrag.api.repairing import Repair, repair
    from mmrag.api.sharing import SharedIndex
    from mmrag.api.verifying import verify
    from mmrag.config import Recipe, load_recipe
    from mmrag.errors import MmragError
    from mmrag.index.mending.checks import Finding
    from mmrag.synthesize.stream import AnswerStream
    from mmrag.types import (
        Answer,
        BBox,
        Citation,
        Document,
        Element,
        FileReport,
        Filters,
        Flag,
        FlagKind,
        Hit,
        Kind,
        LeftOut,
        Page,
        Progress,
        Query,
        Report,
        Source,
        Status,
    )


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'mmrag' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value
