"""Imported by every Python process that has this folder in PYTHONPATH: it notes what the process does.

Each event that counts is a line of JSON in the file that MMRAG_WATCHED names: the event, what it was about,
the file of the code that caused it, and the process.
"""

import json
import os
import sys

_LOG = os.environ.get("MMRAG_WATCHED")
_FIRST = {
    "open", "sqlite3.connect", "pickle.find_class", "webbrowser.open", "urllib.Request",
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
    "os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod",
}  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _about(event: str, args: tuple) -> object:
    if event == "open":
        path, mode, flags = args
        writes = bool(flags & _WRITES) if mode is None else any(letter in mode for letter in "wax+")
        return [os.fsdecode(path) if isinstance(path, (str, bytes)) else path, "w" if writes else "r"]
    if event == "socket.connect":
        return args[1]
    if event == "subprocess.Popen":
        return [os.fsdecode(one) for one in args[1]]
    return [str(one)[:1000] for one in args]


def _caller() -> str:
    frame = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def _is_made_up(event: str, args: tuple) -> bool:
    """Whether code is made of a text rather than of a module's file."""
    name = args[0].co_filename if event == "exec" else str(args[1])
    return not name.startswith("<frozen") and not name.endswith((".py", ".pyc"))


def _watch(descriptor: int) -> None:
    def hook(event: str, args: tuple) -> None:
        if event in ("exec", "compile"):
            if not _is_made_up(event, args):
                return
            about: object = str(args[0])[:200]
        elif event == "marshal.loads":
            if sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"):
                return
            about = ""
        elif event in _FIRST:
            about = _about(event, args)
        else:
            return
        line = json.dumps([event, about, _caller(), os.getpid()], default=repr)
        os.write(descriptor, line.encode("ascii") + b"\n")

    sys.addaudithook(hook)


if _LOG:
    _watch(os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
