"""Documents to ask about: three of them, each with a paragraph, a table and a picture."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

PROSE = "The wheel turns in the river and drives a shaft of oak while the miller sleeps by day NAME. " * 5
TABLE = "| Year | Flour | Oil |\n|---|---|---|\n" + "".join(
    f"| {year} | wheat{year} | rape{year} |\n" for year in range(1900, 1912)
)


def mills(folder: Path) -> Path:
    """The folder with the documents in it."""
    folder.mkdir()
    for number, name in enumerate("abc"):
        Image.new("RGB", (300, 200), (200, 10 * number, 10)).save(folder / f"{name}.png")
        parts = (f"# The mill {name}", PROSE.replace("NAME", name), TABLE.replace("wheat", name))
        (folder / f"{name}.md").write_text("\n\n".join((*parts, f"![A wheel]({name}.png)\n")))
    return folder
