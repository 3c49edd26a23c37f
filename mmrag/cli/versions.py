"""``mmrag version``."""

from __future__ import annotations

import platform

from mmrag import __version__
from mmrag.cli.options import Json


def version(json: Json = False) -> None:
    """Print the version."""
    show_version(json)


def show_version(json: bool = False) -> None:
    """The version of mmrag, in words or as JSON."""
    from mmrag.cli.terminal import print_json

    if json:
        print_json({"mmrag": __version__, "python": platform.python_version()})
    else:
        print(f"mmrag {__version__}")
