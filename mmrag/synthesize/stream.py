"""An answer while it is being written."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from mmrag.types import Answer

Writing = Generator[str, None, Answer]
"""Gives the text of an answer piece by piece, and returns the answer."""


class AnswerStream:
    """Iterate over it for the text as it is written; ``answer`` is the whole, checked and resolved.

        with index.stream("How high is the road deck?") as stream:
            for piece in stream:
                print(piece, end="", flush=True)
        print(stream.answer.citations)

    The pieces, put together, are the text of the answer. Leaving the ``with`` block before the end stops the
    model; there is no answer then.
    """

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._answer: Answer | None = None

    def __iter__(self) -> Iterator[str]:
        while self._answer is None:
            try:
                yield next(self._writing)
            except StopIteration as end:
                if end.value is None:  # it was closed, or broke off with an error that has been raised
                    return
                self._answer = end.value

    def __enter__(self) -> AnswerStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the model, if it still writes."""
        self._writing.close()

    @property
    def answer(self) -> Answer:
        """The whole answer; waits for what is not written yet.

        Raises:
            ModelError: if the model failed. ValueError: if the stream was closed before its end.
        """
        for _ in self:
            pass
        if self._answer is None:
            raise ValueError("the answer was not written to its end: the stream was closed, or had failed")
        return self._answer
