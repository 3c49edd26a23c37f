"""Fixtures for tests on tiny models; a conftest imports what it needs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Build = Callable[..., Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """``tiny(builder)`` is the folder of that builder's model, which is built once a session."""
    built: dict[str, Path] = {}

    def build(builder: Build, **options: Any) -> Path:
        key = f"{builder.__module__}.{builder.__name__} {options}"
        if key not in built:
            from mmrag.weights.device import import_torch, import_transformers

            import_transformers("building a tiny model")
            # Threads cost more than they bring on matrices of 32 columns.
            import_torch("building a tiny model").set_num_threads(1)
            built[key] = builder(tmp_path_factory.mktemp(builder.__name__), **options)
        return built[key]

    return build


@pytest.fixture(scope="package", autouse=True)
def on_the_cpu_offline() -> Iterator[None]:
    """Tests compare numbers, so they run on the CPU wherever they run, and fetch nothing."""
    before = {name: os.environ.get(name) for name in ("MMRAG_DEVICE", "MMRAG_OFFLINE")}
    os.environ.update(MMRAG_DEVICE="cpu", MMRAG_OFFLINE="1")
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection is an error."""

    def refuse(*_: object) -> None:
        raise AssertionError("a model opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
