"""What the package's own code never does, read off its source.

Each thing that is dangerous has a name here, with the places where it is allowed and why.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "mmrag"

ALLOWED = {
    # A spec is the user's word (a recipe, an option), and names a class that is called without arguments.
    ("config/specs.py", "importlib.import_module"),
    ("llama_index/part.py", "importlib.import_module"),
    # Names of our own modules, written in the package.
    ("__init__.py", "importlib.import_module"),
    ("llama_index/embeddings.py", "importlib.import_module"),
    ("weights/torchvision.py", "importlib.import_module"),
    ("ingest/registry.py", "importlib.import_module"),
    # The pool tells its own process which ingestors to make; documents have no say in it.
    ("ingest/processes/worker.py", "importlib.import_module"),
    # Programs with fixed words: a parser process, what fonts and what processor this machine has.
    ("ingest/processes/process.py", "subprocess.Popen"),
    ("benchmark/machine.py", "subprocess.run"),
    ("cli/checks.py", "subprocess.run"),
    # Two files change places in one step.
    ("index/exchange.py", "ctypes.CDLL"),
    # It closes the network for parsers.
    ("ingest/processes/confinement.py", "ctypes.CDLL"),
    # The kernel is asked to kill a parser with its parent.
    ("ingest/processes/worker.py", "ctypes.CDLL"),
    # A client of servers that the user has named: the only place that opens connections.
    ("endpoint/connection.py", "socket.socket"),
    ("endpoint/connection.py", "socket.getaddrinfo"),
    ("endpoint/connection.py", "http.client.HTTPConnection"),
    ("endpoint/connection.py", "http.client.HTTPSConnection"),
}

FORBIDDEN_MODULES = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "jsonpickle",
    "xmlrpc", "code", "codeop", "runpy", "pty", "telnetlib", "ftplib", "smtplib", "socketserver",
    "webbrowser", "imp", "requests", "httpx", "aiohttp", "urllib3", "xml.sax", "xml.dom",
    "xml.etree", "lxml", "tarfile", "zipimport",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "breakpoint", "os.system", "os.popen", "os.startfile",
    "tempfile.mktemp", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "hashlib.md5",
    "hashlib.sha1", "urllib.request.urlopen", "urllib.request.urlretrieve", "shutil.unpack_archive",
    "ssl._create_unverified_context",
}  # fmt: skip
WATCHED_CALLS = (
    "importlib.import_module", "importlib.util.spec_from_file_location", "subprocess.", "os.exec", "os.spawn",
    "os.posix_spawn", "os.fork", "ctypes.CDLL", "ctypes.cdll", "socket.socket", "socket.create_connection",
    "socket.getaddrinfo", "http.client.HTTP", "multiprocessing.",
)  # fmt: skip


def modules() -> list[tuple[str, ast.Module]]:
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


MODULES = modules()


def names_of(tree: ast.AST) -> dict[str, str]:
    """What the names that a module imports stand for: ``run`` for ``subprocess.run``."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom):
            found |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return found


def called(node: ast.Call, names: dict[str, str]) -> str:
    """The full name of what is called; empty where that is no plain name."""
    parts: list[str] = []
    place: ast.expr = node.func
    while isinstance(place, ast.Attribute):
        parts.append(place.attr)
        place = place.value
    if not isinstance(place, ast.Name):
        return f"?.{'.'.join(reversed(parts))}" if parts else ""
    return ".".join((names.get(place.id, place.id), *reversed(parts)))


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    names = names_of(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield called(node, names), node


def keyword(node: ast.Call, name: str) -> object:
    """The constant that is given for a keyword; ``None`` where none is."""
    for given in node.keywords:
        if given.arg == name:
            return given.value.value if isinstance(given.value, ast.Constant) else ast.unparse(given.value)
    return None


def wrong(path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = (
                [name.name for name in node.names] if isinstance(node, ast.Import) else [str(node.module)]
            )
            for name in imported:
                if any(name == bad or name.startswith(f"{bad}.") for bad in FORBIDDEN_MODULES):
                    yield f"{path}:{node.lineno}: imports {name}"
    for name, node in calls(tree):
        place = f"{path}:{node.lineno}: {name}"
        if name in FORBIDDEN_CALLS or name.removeprefix("builtins.") in FORBIDDEN_CALLS:
            yield place
        elif name.startswith(WATCHED_CALLS) and (path, name) not in ALLOWED:
            yield f"{place} is not among what is allowed here"
        yield from wrong_keywords(name, node, place)


def wrong_keywords(name: str, node: ast.Call, place: str) -> Iterator[str]:
    last = name.rpartition(".")[2]
    if keyword(node, "shell") not in (None, False):
        yield f"{place} goes through a shell"
    if keyword(node, "allow_pickle") not in (None, False):
        yield f"{place} allows pickle"
    if keyword(node, "trust_remote_code") not in (None, False):
        yield f"{place} trusts remote code"
    safe = keyword(node, "allow_pickle") is False or keyword(node, "weights_only") is True
    if name in ("numpy.load", "torch.load", "torch.hub.load", "numpy.lib.format.read_array") and not safe:
        yield f"{place} may unpickle"
    if (
        name in ("PIL.Image.open", "?.open")
        and last == "open"
        and name.startswith("PIL")
        and not keyword(node, "formats")
    ):
        yield f"{place} lets Pillow guess the format, and run Ghostscript"
    if last == "from_pretrained":
        # Configurations and tokenizers have no weights.
        wanted = ("trust_remote_code", "local_files_only")
        if any(keyword(node, key) is None for key in wanted):
            yield f"{place} wants {' and '.join(wanted)}"
    if last in ("enable_load_extension", "load_extension"):
        yield f"{place} loads native code"


@pytest.mark.parametrize(("path", "tree"), MODULES, ids=[path for path, _ in MODULES])
def test_no_module_does_what_is_dangerous(path: str, tree: ast.Module) -> None:
    assert list(wrong(path, tree)) == []


def test_what_is_allowed_is_there() -> None:
    """An allowance that nothing needs would let the next one in unseen."""
    used = {(path, name) for path, tree in MODULES for name, _ in calls(tree)}
    assert ALLOWED - used == set()


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from xml.etree import ElementTree",
        "import os as o\no.system('x')",
        "from os import system as run\nrun('x')",
        "eval('1')",
        "import builtins\nbuiltins.exec('1')",
        "import yaml\nyaml.load(text, yaml.Loader)",
        "import subprocess\nsubprocess.run('x', shell=True)",
        "import subprocess\nsubprocess.run(['x'])",
        "import numpy as np\nnp.load(path)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "import torch\ntorch.load(path)",
        "import hashlib\nhashlib.md5(b'')",
        "from PIL import Image\nImage.open(path)",
        "import PIL.Image as pillow\npillow.open(path)",
        "AutoModel.from_pretrained(folder)",
        "AutoModel.from_pretrained(folder, local_files_only=True, trust_remote_code=True)",
        "kind(folder, trust_remote_code=options.trust)",
        "import importlib\nimportlib.import_module(name)",
        "import socket\nsocket.create_connection(place)",
        "connection.enable_load_extension(True)",
    ],
)
def test_the_test_sees_what_is_wrong(code: str) -> None:
    assert list(wrong("new.py", ast.parse(code)))


@pytest.mark.parametrize(
    "code", ["import yaml\nyaml.safe_load(text)", "import re\nre.compile('x')", "model.eval()"]
)
def test_the_test_lets_pass_what_is_not(code: str) -> None:
    assert list(wrong("new.py", ast.parse(code))) == []
