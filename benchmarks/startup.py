"""CPU seconds of starting: ``python benchmarks/startup.py [INDEX QUESTION]``.

Each command runs in a fresh process, all commands in turn, and the median of their user and system
time is printed with its ratio to a bare Typer program's ``--help``. INDEX adds a cold search.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from mmrag.benchmark.machine import print_machine

PEER = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def one(word: str): pass
@app.command()
def two(word: str): pass
app(["--help"])
"""


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run, its own children included."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", nargs="?")
    parser.add_argument("question", nargs="?", default="When was the station commissioned?")
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    print_machine()
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "bare typer --help": [sys.executable, "-c", PEER],
        "import mmrag": [sys.executable, "-c", "import mmrag"],
        "mmrag --help": [sys.executable, "-m", "mmrag.cli", "--help"],
    }
    if arguments.index:
        search = [sys.executable, "-m", "mmrag.cli", "search", arguments.index, arguments.question]
        commands["mmrag search, cold"] = search
    measured: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(arguments.runs):
        for name, command in commands.items():
            measured[name].append(cpu_seconds(command))
    peer = statistics.median(measured["bare typer --help"])
    print(f"| command | CPU s, median of {arguments.runs} | min | ratio to bare typer |\n|---|---|---|---|")
    for name, seconds in measured.items():
        middle = statistics.median(seconds)
        print(f"| {name} | {middle:.3f} | {min(seconds):.3f} | {middle / peer:.2f} |")


if __name__ == "__main__":
    main()
