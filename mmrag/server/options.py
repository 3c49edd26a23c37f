"""How a server is run, and what it lets its clients do."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass

from mmrag.errors import UsageError

_NAME = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]*")

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What ``mmrag serve`` can be told.

    Attributes:
        host: address to listen at.
        port: to listen at; 0 lets the system choose one.
        token: what a client has to show, in ASCII; needed where others can reach the server: unless ``host``
            is of this machine alone and ``allowed_hosts`` is empty. Empty for none.
        allowed_hosts: names that clients may call the server by, besides its address, without ports: that of
            a proxy, which lets others in.
        read_only: whether documents can't be uploaded, removed or read again.
        threads: searches, pictures and the like that are worked on at once.
        answers: answers that are written at once; further ones wait.
        waiting: requests that are worked on or wait, at most; further ones are told to come again.
        rate: requests a second that one client address may make in the long run; 0 for no limit.
        upload_mb: size of one upload, at most, in millions of bytes.
        upload_files: files of one upload, at most.
        reports: folder of folders that ``mmrag bench`` has written, whose reports are shown; empty for none.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    allowed_hosts: tuple[str, ...] = ()
    read_only: bool = False
    threads: int = 8
    answers: int = 4
    waiting: int = 128
    rate: float = 0.0
    upload_mb: int = 200
    upload_files: int = 50
    reports: str = ""

    def __post_init__(self) -> None:
        for name in ("threads", "answers", "waiting", "upload_mb", "upload_files"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} wants a number from 1, found {getattr(self, name)}")
        if not 0 <= self.port < 1 << 16:
            raise UsageError(f"port wants a number from 0 to 65535, found {self.port}")
        for name in self.allowed_hosts:
            if not _NAME.fullmatch(name):
                raise UsageError(f"a host is a name such as docs.example, without a port, found {name!r}")
        if not _TOKEN.fullmatch(self.token):
            raise UsageError("a token is of ASCII letters, digits and -._~+/=: choose another")
        if self.is_open and not self.token:
            by = f"at {self.host}" if not self.is_local else f"by the name {self.allowed_hosts[0]}"
            raise UsageError(
                f"{by} other machines can reach the server: it wants a token (--token, or "
                "MMRAG_SERVE_TOKEN in the environment)"
            )

    @property
    def is_local(self) -> bool:
        """Whether it listens where this machine alone can reach it."""
        return is_loopback(self.host)

    @property
    def is_open(self) -> bool:
        """Whether others can reach it, themselves or through a proxy."""
        return not self.is_local or bool(self.allowed_hosts)


def password() -> str | None:
    """What opens encrypted files: ``MMRAG_PASSWORD`` in the environment, as for the other commands."""
    return os.environ.get("MMRAG_PASSWORD") or None


def is_loopback(host: str) -> bool:
    """Whether a host name or address, as in a ``Host`` header without its port, is of this machine alone."""
    if host in LOOPBACK:
        return True
    address = address_of(host)
    return address is not None and address.is_loopback


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The IP address that ``host`` spells out; ``None`` for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
