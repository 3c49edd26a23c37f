"""Servers that speak the OpenAI interface: one bounded request, retries, chats whole and streamed."""

from mmrag.endpoint.address import Address, split_model
from mmrag.endpoint.chat import ChatModel
from mmrag.endpoint.errors import EndpointError, RejectedError
from mmrag.endpoint.reply import Reply
from mmrag.endpoint.streaming import Delta

__all__ = [
    "Address",
    "ChatModel",
    "Delta",
    "EndpointError",
    "RejectedError",
    "Reply",
    "split_model",
]
