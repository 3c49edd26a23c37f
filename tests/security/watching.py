"""Running Python while noting what it and its children do: by an audit hook (PEP 578), and by strace."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOOKS = Path(__file__).parent / "hooks"
ROOT = Path(__file__).resolve().parents[2]
_TRACED = "connect,sendto,sendmsg,sendmmsg,execve,open,openat,openat2,creat,unlink,unlinkat,/^rename"
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_INSTALL = (
    "apt install strace util-linux, and allow user namespaces (sysctl kernel.unprivileged_userns_clone=1)"
)


@dataclass(frozen=True)
class Event:
    """One thing that a process did: what, about what, from which file of code, in which process."""

    kind: str
    about: Any
    caller: str
    process: int


@dataclass
class Watched:
    """What came of a run.

    Attributes:
        output: of it.
        events: by the audit hook, in all Python processes.
        calls: lines of strace, of all processes; none without it.
    """

    output: str
    events: list[Event] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    @property
    def connections(self) -> list[str]:
        """Every try to reach something over a network, or to ask where it is."""
        asked = self.of(
            "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"
        )
        traced = [call for call in self.calls if re.search(r"\b(connect|send\w+)\(.*AF_INET6?\b", call)]
        return [*map(str, asked), *traced]

    @property
    def opened(self) -> set[str]:
        """Files that were opened, or that somebody tried to open."""
        seen = {event.about[0] for event in self.of("open") if isinstance(event.about[0], str)}
        opens = (call for call in self.calls if re.search(r"\b(open\w*|creat)\(", call))
        return seen | {found[1] for call in opens if (found := _PATH.search(call))}

    @property
    def written(self) -> set[str]:
        """Files that were opened for writing, made, renamed to or removed."""
        wrote = {event.about[0] for event in self.of("open") if event.about[1] == "w"}
        changed = self.of(
            "os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate"
        )
        wrote |= {about for event in changed for about in event.about if about.startswith("/")}
        traced = (
            call for call in self.calls if re.search(r"O_WRONLY|O_RDWR|O_CREAT|creat\(|unlink|rename", call)
        )
        return {str(path) for path in wrote} | {path for call in traced for path in _PATH.findall(call)}

    @property
    def started(self) -> list[list[str]]:
        """Programs that were started, with their arguments; the first by strace is the run itself."""
        started = [
            event.about
            for event in self.of("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
        ]
        traced = [_PATH.findall(call) for call in self.calls if "execve(" in call and call.endswith("= 0")]
        return [*started, *traced[2:]]


def run(
    arguments: Sequence[str | Path],
    scratch: Path,
    *,
    traced: bool = False,
    environment: Mapping[str, str] | None = None,
    codes: Iterable[int] = (0,),
    timeout: float = 600,
) -> Watched:
    """Python with these arguments, watched.

    Args:
        arguments: behind ``python``.
        scratch: folder for what is noted.
        traced: whether it has no network and is traced by strace too.
        environment: variables besides those of this process.
        codes: with which it may end.
        timeout: seconds, after which something hangs.
    """
    log, trace = scratch / "events.jsonl", scratch / "strace.txt"
    paths = [str(HOOKS), str(ROOT), os.environ.get("PYTHONPATH", "")]
    watched = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "MMRAG_WATCHED": str(log)}
    command = [*(_tracing(trace) if traced else ()), sys.executable, *map(str, arguments)]
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {}), **watched},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode in codes, done.stdout[-4000:]
    events = [Event(*json.loads(line)) for line in log.read_text("ascii").splitlines()]
    log.unlink()
    calls = trace.read_text("utf-8", "replace").splitlines() if traced else []
    return Watched(done.stdout, events, calls)


def _tracing(trace: Path) -> list[str]:
    missing = [name for name in ("strace", "unshare") if shutil.which(name) is None]
    assert not missing, f"{' and '.join(missing)}: not there: {_INSTALL}"
    apart = ["unshare", "--map-root-user", "--net"]
    alone = subprocess.run([*apart, "true"], capture_output=True, text=True, check=False)
    assert alone.returncode == 0, f"{alone.stderr.strip()}: {_INSTALL}"
    return [
        *apart,
        "strace",
        "-f",
        "-q",
        "--seccomp-bpf",
        "-s",
        "4096",
        "-e",
        f"trace={_TRACED}",
        "-o",
        str(trace),
    ]
