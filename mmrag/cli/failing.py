"""From an exception to one line on standard error and an exit code.

0 is fine, 1 an error, 2 a wrong call, 3 a result that is not whole (files skipped, pages not drawn), 4 a full
disk, 130 an interrupt from the keyboard.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import typer

from mmrag.cli.terminal import clean
from mmrag.errors import NO_ROOM, DiskFullError, MmragError, UsageError

ERROR = 1
USAGE = 2
SKIPPED = 3
DISK_FULL = 4
INTERRUPTED = 130


def run(call: Callable[[], object]) -> int:
    """The exit code of ``call``, after its failure, if any, was told in one line.

    An exception that mmrag did not raise on purpose is a bug: it goes through with its traceback.
    """
    _never_fail_on_a_letter()
    try:
        code = call()
        sys.stdout.flush()
    except MmragError as error:
        return _say(str(error), _code(error))
    except typer.TyperException as error:
        return _say(error.format_message() + _see_help(error), error.exit_code)
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        return _close_quietly()
    except OSError as error:
        return _say(_reason(error), DISK_FULL if error.errno in NO_ROOM else ERROR)
    if code == INTERRUPTED:
        return _stopped()
    return code if isinstance(code, int) else 0


def _code(error: MmragError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return DISK_FULL if isinstance(error, DiskFullError) else ERROR


def _say(message: str, code: int) -> int:
    print(f"mmrag: {clean(message)}", file=sys.stderr)
    return code


def _stopped() -> int:
    return _say("stopped; what an index run had finished is kept, and the same command goes on", INTERRUPTED)


def _see_help(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f" See {context.command_path} --help" if context is not None else ""


def _reason(error: OSError) -> str:
    name = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in NO_ROOM:
        return f"{name}no space left on the device; what was finished is kept, free some space and run again"
    return name + reason


def _close_quietly() -> int:
    """The reader of our output has gone, as `head` does. Python must not find out again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ERROR


def _never_fail_on_a_letter() -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            with suppress(io.UnsupportedOperation):  # of a standard input that has been read from
                stream.reconfigure(errors="replace")
