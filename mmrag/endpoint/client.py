"""Asks a server until it answers: bounded retries with exponential back-off, errors in one line."""

from __future__ import annotations

import email.utils
import json
import random
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from time import monotonic, sleep, time
from typing import Any, TypeVar
from urllib.parse import urlsplit

from mmrag.endpoint.address import Address
from mmrag.endpoint.errors import EndpointError, NoAnswerError, RejectedError
from mmrag.endpoint.exchange import Exchange, Response
from mmrag.endpoint.keys import KEY
from mmrag.endpoint.reply import one_line

SECONDS = 120.0
ATTEMPTS = 5
SILENCE = 60.0
PAUSES = 60.0  # seconds that the pauses between attempts may take together
MOST_BYTES = 8_000_000
MOST_STREAMED = 64_000_000  # bytes; each token comes in some hundred of them
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_LONGEST_WAIT = 300.0  # that a server may ask for
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
_NO_USE = frozenset({401, 403, 404, 405})  # for any request, not for this one alone
_LACKS = "is not supported"  # llama.cpp says so of pictures, with status 500
_SILENT = 5
_MOST_LATE = 2  # attempts that run out of time: what takes so long is too slow rather than unlucky
_Read = TypeVar("_Read")
_KEYLIKE = re.compile(r"\b(?:[sp]k-[\w*.-]{4,}|Bearer \S+)")


class Client:
    """Sends requests to one server. May be used by several threads.

    Args:
        address: where it is.
        seconds: limit of one attempt, from connecting to the last byte; of one that is streamed, to its first
            piece, and from there to the last.
        attempts: most attempts for one request. All of them and the pauses between are over, or a stream has
            begun, after ``attempts * seconds`` and a minute.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        address: Address,
        *,
        seconds: float = SECONDS,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        self._address, self._seconds, self._attempts, self._sleep = address, seconds, attempts, sleep
        self._lock = threading.Lock()
        self._silent = 0  # requests in a row that had no answer in any attempt

    def ask(self, path: str, payload: Mapping[str, Any] | None) -> dict[str, Any]:
        """The server's JSON answer to ``payload`` at ``path`` below its base URL; to a GET without one.

        Raises:
            EndpointError: if it does not answer, refuses the request, or answers with something else than a
                JSON object. No message holds the key.
        """

        def whole(exchange: Exchange) -> Iterator[dict[str, Any]]:
            body = exchange.response().body
            if not body.strip():
                raise NoAnswerError(f"the answer of {self._host} is empty")
            yield parsed(body, self._host)

        (data,) = self._tried(path, payload, whole, MOST_BYTES)
        return data

    def stream(
        self, path: str, payload: Mapping[str, Any], read: Callable[[Iterator[bytes]], Iterator[_Read]]
    ) -> Generator[_Read, None, None]:
        """What ``read`` makes of the lines of the answer, as they come in. Closing the iterator hangs up.

        A request is made again as long as nothing has been given; from then on the server may pause for
        a minute at most.

        Raises:
            EndpointError: as `ask`, before anything is given; later on, if the answer breaks off.
        """

        def lines(exchange: Exchange) -> Iterator[_Read]:
            for number, item in enumerate(read(exchange.lines())):
                if not number:
                    exchange.allow_silence(SILENCE)
                yield item

        return self._tried(path, payload, lines, MOST_STREAMED)

    def _tried(
        self,
        path: str,
        payload: Mapping[str, Any] | None,
        read: Callable[[Exchange], Iterator[_Read]],
        most_bytes: int,
    ) -> Generator[_Read, None, None]:
        self._address.check_allowed()
        key, url = self._address.key(), f"{self._address.url}{path}"
        end = monotonic() + self._attempts * self._seconds + PAUSES
        late = 0  # attempts so far that ran out of time
        for attempt in range(1, self._attempts + 1):
            begun = False
            try:
                seconds = max(0.001, min(self._seconds, end - monotonic()))
                with Exchange(url, payload, key, seconds, most_bytes) as exchange:
                    if exchange.status == 200:
                        for item in read(exchange):
                            if not begun:
                                self._heard()
                            begun = True
                            yield item
                        return
                    response = exchange.response()
            except NoAnswerError as error:
                if begun:
                    raise EndpointError(f"the answer broke off: {error}") from error
                pause = _pause(attempt)
                late += error.late
                if attempt == self._attempts or late == _MOST_LATE or pause >= end - monotonic():
                    raise self._gave_up(str(error), attempt) from error
                self._sleep(pause)
                continue
            self._sleep(self._wait(response, attempt, end - monotonic()))
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, response: Response, attempt: int, left: float) -> float:
        """Seconds until the next attempt; raises where there is to be none in the seconds that are left."""
        said, param, code = _complaint(response)
        message = f"{self._host} answered {response.status}{f': {said}' if said else ''}".rstrip(".")
        rejected = partial(RejectedError, status=response.status)
        if 300 <= response.status < 400:
            target = urlsplit(response.headers.get("location", "")).hostname or "elsewhere"
            raise rejected(
                f"{message}: it sends us to {target}; name the right address in the spec", fatal=True
            )
        if response.status in _NO_USE or code == "insufficient_quota":
            raise rejected(message + self._advice(response.status), fatal=True)
        if response.status not in TRY_AGAIN or _LACKS in said:
            self._heard()
            raise rejected(message, fatal=False, param=param)
        asked = _retry_after(response.headers.get("retry-after", ""))
        if asked is not None and asked > _LONGEST_WAIT:
            raise rejected(f"{message}; it asks to wait {asked:,.0f} s: run again then", fatal=True)
        pause = _pause(attempt) if asked is None else asked
        if attempt == self._attempts or pause >= left:
            raise self._gave_up(message, attempt)
        return pause

    def _advice(self, status: int) -> str:
        if status == 401 and not self._address.is_private:
            return ": no key is sent over plain http to another machine; use https, or a tunnel to localhost"
        if status in (401, 403):
            return f": check {KEY}"
        return "" if status != 404 else f": check the model's name and the address {self._address.url}"

    def _gave_up(self, reason: str, attempts: int) -> EndpointError:
        with self._lock:
            self._silent += 1
            fatal = self._silent >= _SILENT
        row = (
            f", and so for {self._silent} requests in a row: run again when the server is up" if fatal else ""
        )
        return EndpointError(f"{reason} (tried {attempts} times{row})", fatal=fatal)

    def _heard(self) -> None:
        with self._lock:
            self._silent = 0

    @property
    def _host(self) -> str:
        return urlsplit(self._address.url).netloc


def parsed(body: bytes, host: str = "the server") -> dict[str, Any]:
    """The JSON object that ``body`` holds; an `EndpointError` if it holds none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise EndpointError(f"{host} answered with something that is not JSON") from error
    if not isinstance(data, dict):
        raise EndpointError(f"{host} answered with JSON that is no object")
    return data


def _pause(attempt: int) -> float:
    """Exponential back-off with jitter, so that many clients do not come back at once."""
    longest: float = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret hangs on it


def _retry_after(value: str) -> float | None:
    """Seconds that a Retry-After field asks for: a number or an HTTP date (RFC 9110, 10.2.3)."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time())
    except (TypeError, ValueError):
        return None


def _complaint(response: Response) -> tuple[str, str, str]:
    """Message, parameter and code of an error; in one line, without what looks like a part of a key."""
    text = response.body[:100_000].decode("utf-8", "replace")
    param = code = ""
    try:
        data = json.loads(text)
        error = data.get("error", data) if isinstance(data, dict) else text
        if isinstance(error, dict):
            param, code = str(error.get("param") or ""), str(error.get("code") or "")
            text = str(error.get("message") or error.get("detail") or "")
        else:
            text = str(error)
    except (ValueError, RecursionError):
        text = "" if "<" in text else text  # a page of HTML from a proxy says nothing
    return one_line(_KEYLIKE.sub("[key]", text), 300), one_line(param, 100), one_line(code, 100)
