"""Random input for the code that reads what others have written: what it is made of, and what must hold.

A target takes one input. It may raise an MmragError, and nothing else.
"""

from __future__ import annotations

from tests.stress.fuzzed import files, indexes, layouts, texts
from tests.stress.fuzzed.values import Target

TARGETS: dict[str, Target] = {**texts.TARGETS, **indexes.TARGETS, **layouts.TARGETS, **files.TARGETS}
