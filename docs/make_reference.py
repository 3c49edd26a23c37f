"""Write command-line.md from the commands themselves: ``python docs/make_reference.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from mmrag.cli.app import app

PAGE = Path(__file__).with_name("command-line.md")
BEGINNING = """# The command line

<!-- Written by docs/make_reference.py from the commands' own help. Change it there, then: make docs -->

`mmrag COMMAND --help` says what stands here. With `--json`, standard output holds one JSON document and
nothing else; progress, notes and errors go to standard error. An error is one line. Bars are shown on a
terminal only; colour follows `NO_COLOR` and `FORCE_COLOR`.

| exit code | means |
|---|---|
| 0 | all went well; also where `ask` says that the documents do not hold the answer |
| 1 | an error |
| 2 | wrong usage; nothing was touched |
| 3 | a part is missing: files of an index run were skipped, a page that `ask` was to draw was not drawn |
| 4 | no space is left on the disk; what was finished is kept, and searching goes on |
| 130 | stopped from the keyboard; what was finished is kept |
"""


def reference() -> str:
    """The whole page."""
    group: Any = typer.main.get_command(app)
    return BEGINNING + "".join(_section(name, command) for name, command in group.commands.items())


def _section(name: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    usage = " ".join(["mmrag", name, *(_metavar(argument) for argument in arguments)])
    lines = [f"\n## {name}\n", f"    {usage}\n", " ".join(command.help.replace("\n\n", "\0").split()), ""]
    lines[2] = lines[2].replace("\0", "\n\n")
    if arguments or options:
        lines += ["| | |", "|---|---|"]
    lines += [f"| `{_metavar(argument)}` | {argument.help} |" for argument in arguments]
    lines += [f"| `{_spelling(option)}` | {_explained(option)} |" for option in options]
    return "\n".join(lines) + "\n"


def _metavar(parameter: Any) -> str:
    return (parameter.metavar or parameter.name.upper()).replace("|", "/")


def _spelling(option: Any) -> str:
    words = ", ".join(sorted(option.opts, key=len))
    if option.is_flag:
        return words
    return f"{words} {_metavar(option)}"


def _explained(option: Any) -> str:
    text = option.help.replace("|", "\\|")
    if option.envvar:
        text += f" Also from `{option.envvar}`."
    if option.show_default and not option.is_flag and option.default is not None:
        text += f" Default: `{option.default}`."
    return text


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
    print(PAGE)
