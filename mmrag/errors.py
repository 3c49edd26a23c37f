"""Every exception that mmrag raises on purpose.

    MmragError
    ├── UsageError              the call itself is wrong; nothing was touched
    │   ├── RecipeError         a recipe that can't be read, or an unknown key in it
    │   ├── DatasetError        files of a dataset are wrong; it holds every place
    │   └── SpecError           a model named by a spec that nothing resolves
    ├── MissingExtraError       a package is not installed; the message is the install line
    ├── ModelError              a model that is there but can't be loaded or run
    │   ├── OutOfMemoryError    it needs more memory than the device has for so much at once
    │   └── BudgetError         asking it would cost more than was allowed
    ├── IngestError             one file or page that can't be read (reported, never fatal to a run)
    │   ├── UnreadableError     the file can't be opened: gone, or not permitted
    │   ├── UnsupportedError    no ingestor reads this kind of file
    │   ├── EncryptedError      a password is needed or wrong
    │   ├── DamagedError        the file is not what its name says, or is broken
    │   ├── TooLargeError       over a size, pixel or page limit
    │   ├── TimedOutError       the parser was stopped at its time limit
    │   └── CrashedError        the parser died or ran out of its memory limit
    └── IndexStoreError         an index folder that can't be used as asked
        ├── NotAnIndexError     nothing there, or not an index
        ├── SchemaError         written by a newer version of mmrag
        ├── FingerprintError    its vectors were made by another model or other settings
        ├── LockedError         another process is writing to it
        ├── DiskFullError       no space left; what was committed before is whole
        └── CorruptError        a checksum or an invariant does not hold

A message says what was tried, what was found, and what to do next, in one line.
"""

from __future__ import annotations

import errno
from typing import ClassVar

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
"""What the system says where a disk is full, or all that one may have of it is used."""


class MmragError(Exception):
    """Base of all errors above; the command line prints it in one line and exits with 1."""


class UsageError(MmragError):
    """The call itself is wrong; nothing was touched."""


class RecipeError(UsageError):
    """A recipe can't be read, or holds an unknown key or a value of the wrong kind."""


class DatasetError(UsageError):
    """Files of a dataset are wrong, in one place or in many.

    Args:
        where: the dataset.
        faults: what is wrong, each with its file and line; at least one.

    Attributes:
        where: the dataset. faults: all of them; the message names the first twenty.
    """

    _NAMED: ClassVar[int] = 20

    def __init__(self, where: str, faults: tuple[str, ...]) -> None:
        self.where, self.faults = where, faults
        named = "; ".join(faults[: self._NAMED])
        rest = len(faults) - self._NAMED
        more = f"; and {rest} more" if rest > 0 else ""
        super().__init__(named if len(faults) == 1 else f"{len(faults)} faults in {where}: {named}{more}")


class SpecError(UsageError):
    """A spec string such as ``mini:text`` names nothing that mmrag can resolve."""


class MissingExtraError(MmragError):
    """An optional package is not installed.

    Args:
        what: what needs it, for the reader.
        package: the package that could not be imported, or several with commas between.
        extra: the extra of mmrag that brings it.
    """

    def __init__(self, what: str, package: str, extra: str) -> None:
        several = "," in package
        needed = f"packages {package}, which are" if several else f"package {package}, which is"
        super().__init__(f"{what} needs the {needed} not installed: pip install 'mmrag[{extra}]'")


class ModelError(MmragError):
    """A model is there but can't be loaded or run."""


class OutOfMemoryError(ModelError):
    """A model needs more memory than the device has for so much at once; half as much may fit."""


class BudgetError(ModelError):
    """Asking a model would cost more tokens or money than was allowed; it was not asked."""


class IngestError(MmragError):
    """One file or page can't be read. Reported in the run's report; the run goes on."""

    status: ClassVar[str] = "damaged"


class UnreadableError(IngestError):
    """The file can't be opened: it is gone, or reading it is not permitted."""

    status: ClassVar[str] = "unreadable"


class UnsupportedError(IngestError):
    """No ingestor reads this kind of file."""

    status: ClassVar[str] = "unsupported"


class EncryptedError(IngestError):
    """A password is needed, or the one given is wrong."""

    status: ClassVar[str] = "encrypted"


class DamagedError(IngestError):
    """The file is not what its name says, or it is broken."""


class TooLargeError(IngestError):
    """The file, a page or a picture is over a limit."""

    status: ClassVar[str] = "too large"


class TimedOutError(IngestError):
    """The parser was stopped at its time limit."""

    status: ClassVar[str] = "timed out"


class CrashedError(IngestError):
    """The parser died or ran out of its memory limit."""

    status: ClassVar[str] = "crashed"


class IndexStoreError(MmragError):
    """An index folder can't be used as asked."""


class NotAnIndexError(IndexStoreError):
    """There is nothing at this path, or it is not an index."""


class SchemaError(IndexStoreError):
    """The index was written by a newer version of mmrag."""


class FingerprintError(IndexStoreError):
    """The vectors were made by another model or with other settings."""


class LockedError(IndexStoreError):
    """Another process is writing to the index."""


class DiskFullError(IndexStoreError):
    """No space is left on the device; what was committed before is whole."""


class CorruptError(IndexStoreError):
    """A checksum or an invariant of the index does not hold."""
