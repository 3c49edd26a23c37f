"""``openai:``: a model of a server with the OpenAI interface describes pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PIL.Image import Image

from mmrag.captioners.answers import described
from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.captioners.prompting import prompt, prompts_fingerprint
from mmrag.endpoint import ChatModel, EndpointError, split_model
from mmrag.errors import ModelError
from mmrag.pictures import LONGEST_SIDE, data_uri, framed
from mmrag.types import Usage

_MOST_TOKENS = 2048  # models that reason spend many before they answer


class OpenAICaptioner(Captioner):
    """Sends each picture with its context, and asks for its description, its words and its data.

    Args:
        name: ``MODEL``, or ``MODEL@BASE_URL`` for a server other than OpenAI's.
        seconds, attempts, sleep: see `mmrag.endpoint.ChatModel`.

    Raises:
        SpecError: if the base URL is none.
    """

    parallel = True

    def __init__(
        self,
        name: str,
        *,
        seconds: float = 120.0,
        attempts: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        model, address = split_model(name)
        self.spec = f"openai:{name}"
        self.fingerprint = (
            f"openai:{model}@{address.url} prompts:{prompts_fingerprint()} side:{LONGEST_SIDE} v1"
        )
        self._chat = ChatModel(model, address, seconds=seconds, attempts=attempts, sleep=sleep)

    def caption(self, picture: Image, context: PictureContext) -> Description:
        """What the model says of the picture, with the tokens that the server counts.

        Raises:
            ModelError: if the picture can't be decoded, or the server gives no answer for it.
        """
        shown = data_uri(framed(picture))
        reply = self._chat.chat(self._chat.picture_and_text(shown, prompt(context)), _MOST_TOKENS)
        usage = Usage(reply.tokens_in, reply.tokens_out, 1)
        if reply.cut and not reply.text.strip():
            raise CostlyError(
                f"{self.spec} spent all of its {_MOST_TOKENS} tokens before it answered: "
                "choose a model that does not reason",
                usage,
            )
        return described(reply.text, usage)

    def caption_all(self, pictures: Sequence[tuple[Image, PictureContext]]) -> list[Description | ModelError]:
        """See `Captioner.caption_all`.

        Raises:
            EndpointError: if no other picture would fare better: the key is refused, the model is unknown.
        """
        outcomes = super().caption_all(pictures)
        for outcome in outcomes:
            if isinstance(outcome, EndpointError) and outcome.fatal:
                raise outcome
        return outcomes


class CostlyError(ModelError):
    """An attempt that failed after tokens were spent on it."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message)
        self.usage = usage
