"""Run the commands in the READMEs and write what they print: ``python docs/make_examples.py``.

The commands run in a fresh folder that holds the examples, so the index is made anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
WIDTH = 100

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    """The commands of a console block, in order."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def printed(block: str, outputs: dict[str, str]) -> str:
    """The block with every command followed by its output."""
    return "\n".join(f"$ {command}\n{outputs[command]}" for command in commands(block))


def main() -> None:
    """Rewrite the pages."""
    outputs: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
        for block in _BLOCK.findall(PAGES[0].read_text(encoding="utf-8")):
            for command in commands(block):
                outputs[command] = _run(command, folder)
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(_BLOCK.sub(lambda found: printed(found[0], outputs), text), encoding="utf-8")
        print(page)


def _run(command: str, folder: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(WIDTH), "NO_COLOR": "1"}
    program = f'mmrag() {{ "{sys.executable}" -m mmrag.cli "$@"; }}\n'
    said = subprocess.run(  # noqa: S603 - the commands are our own pages'
        ["/bin/sh", "-c", program + command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout


if __name__ == "__main__":
    main()
