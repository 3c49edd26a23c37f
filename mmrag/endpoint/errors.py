"""What goes wrong with a server."""

from __future__ import annotations

from mmrag.errors import ModelError


class EndpointError(ModelError):
    """A server did not answer as asked.

    Attributes:
        fatal: whether no other request would fare better: the key is refused, the model is unknown, the
            server has been silent for several requests in a row.
    """

    def __init__(self, message: str, *, fatal: bool = False) -> None:
        super().__init__(message)
        self.fatal = fatal


class NoAnswerError(EndpointError):
    """Nothing came back: no connection, or not in time. Another try may fare better.

    Attributes:
        late: whether the time was over.
    """

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


class RejectedError(EndpointError):
    """The server refused this request.

    Attributes:
        param: the field of the request that it names as the reason; empty if it names none.
        status: that it answered with.
    """

    def __init__(self, message: str, *, fatal: bool, status: int, param: str = "") -> None:
        super().__init__(message, fatal=fatal)
        self.param, self.status = param, status
