"""Pages to pictures, from their files: here, or in a parser process that a bad page may break."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image, ImageOps

from mmrag.config import IngestOptions
from mmrag.config.cores import available_cores
from mmrag.errors import DamagedError, IngestError
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.process import ParserProcess
from mmrag.pictures import FORMATS, as_rgb


@dataclasses.dataclass(frozen=True, slots=True)
class PageOfFile:
    """What is to be drawn.

    Attributes:
        path: of the file.
        media_type: ``application/pdf`` or that of a picture.
        number: of the page, from 1.
        dpi: pixels an inch; a picture's own page is shown at its own size.
        password: of an encrypted PDF.
    """

    path: Path
    media_type: str
    number: int
    dpi: int
    password: str | None = None


def draw(page: PageOfFile) -> Image.Image:
    """The page in RGB, drawn in this process.

    Raises:
        IngestError: if it can't be drawn.
    """
    if page.media_type == "application/pdf":
        from mmrag.ingest.pdf import render_page

        return render_page(page.path, page.number, page.dpi, page.password)
    try:
        with Image.open(page.path, formats=FORMATS) as picture:
            picture.seek(page.number - 1)
            return as_rgb(ImageOps.exif_transpose(picture))
    except (OSError, EOFError, ValueError, SyntaxError) as error:  # all that Pillow raises
        raise DamagedError(
            f"{page.path.name}: its picture {page.number} can't be decoded: {error}"
        ) from error


class Drawer:
    """Draws pages in a process with the limits of a parser, one at a time, for any number of threads.

    What hangs, crashes or takes too much memory there is an error here; the next page gets a fresh process.

    Args:
        options: ``page_seconds`` and ``memory_mb`` are its limits.
    """

    def __init__(self, options: IngestOptions) -> None:
        self._options = options
        # A process dies with the thread that started it: this one stays.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mmrag-drawing")
        self._process: ParserProcess | None = None

    def __enter__(self) -> Drawer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def draw(self, page: PageOfFile) -> Image.Image:
        """As `draw`.

        Raises:
            IngestError: as `draw`; TimedOutError and CrashedError if the page is beyond the limits.
        """
        return self._thread.submit(self._draw, page).result()

    def close(self) -> None:
        """End the process."""
        self._thread.submit(self._discard).result()
        self._thread.shutdown()

    def _draw(self, page: PageOfFile) -> Image.Image:
        if self._process is None:
            self._process = ParserProcess(self._options, "mmrag.ingest:ingestors", available_cores())
        request = {**dataclasses.asdict(page), "path": str(page.path.absolute())}
        self._process.send(wire.to_frame(wire.DRAW, request))
        step = f"drawing page {page.number}"
        try:
            frame = self._process.receive(page.path.name, self._options.page_seconds, step)
        except IngestError:
            self._discard()
            raise
        if frame.kind == wire.FATAL:
            self._discard()
        if frame.kind != wire.PICTURE:
            raise wire.to_error(frame)
        return wire.to_picture(frame)

    def _discard(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None
