"""Where a server is, and which key it may be shown."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from mmrag.config.offline import is_offline
from mmrag.endpoint.errors import EndpointError
from mmrag.endpoint.keys import KEY, SERVICE, key_of
from mmrag.errors import SpecError

OPENAI = "https://api.openai.com/v1"
BASE_URL = "OPENAI_BASE_URL"
_MODEL_AT = re.compile(r"(?P<model>.+?)@(?P<url>https?://.+)")


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL, such as ``https://api.openai.com/v1``.

    Raises:
        SpecError: if it is no http or https URL, or holds a user name or a password.
    """

    url: str = OPENAI

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise SpecError(f"{_harmless(self.url)!r} is not a URL: {error}") from None
        if parts.username is not None or parts.password is not None:
            raise SpecError(f"a URL with a password in it: put the key into {KEY} instead")
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise SpecError(
                f"{_harmless(self.url)!r} is not the base URL of a server, such as http://localhost:11434/v1"
            )

    @property
    def is_local(self) -> bool:
        """Whether the server runs on this machine."""
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.is_local or urlsplit(self.url).scheme == "https"

    def key(self) -> str:
        """The key to show, from the environment or the keyring; empty where none is needed or may be sent.

        Over plain http a key goes to this machine alone.

        Raises:
            EndpointError: if the server needs a key and there is none, or it can't be one.
        """
        host = urlsplit(self.url).hostname or ""
        key = key_of(host, local=self.is_local) if self.is_private else ""
        if not key and self.url.rstrip("/") == OPENAI:
            raise EndpointError(
                f"{KEY} is not set: export it, or keep it in a keyring (pip install keyring; keyring set "
                f"{SERVICE} {host}), then run the same command again",
                fatal=True,
            )
        if not all("!" <= char <= "~" for char in key):
            raise EndpointError(f"{KEY} holds characters that no key has: set it anew", fatal=True)
        return key

    def check_allowed(self) -> None:
        """Does nothing, unless the network is forbidden and the server is not on this machine.

        Raises:
            EndpointError: if so.
        """
        if not self.is_local and is_offline():
            raise EndpointError(
                f"MMRAG_OFFLINE or HF_HUB_OFFLINE forbids to ask {self.url}: unset it, or name a server on "
                "this machine",
                fatal=True,
            )


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself; ``localhost`` and below are (RFC 6761, 6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def split_model(name: str) -> tuple[str, Address]:
    """The parts of ``MODEL@BASE_URL``; of ``MODEL`` alone at OpenAI, or where ``OPENAI_BASE_URL`` says.

    Raises:
        SpecError: if there is no model, or what follows the @ is no base URL.
    """
    found = _MODEL_AT.fullmatch(name)
    model, url = (found["model"], found["url"]) if found else (name, os.environ.get(BASE_URL) or OPENAI)
    if not model.strip() or "@" in model[:1] + model[-1:] or "//" in model:
        raise SpecError(f"{_harmless(name)!r} names no model: write MODEL or MODEL@BASE_URL")
    return model, Address(url.rstrip("/"))


def _harmless(url: str) -> str:
    """The text of a URL without what may be a secret in it: user name, password and query."""
    return re.sub(r"//[^/]*@", "//…@", re.split(r"[?#]", url)[0])
