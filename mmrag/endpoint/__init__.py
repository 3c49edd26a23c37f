"""Servers that speak the OpenAI chat interface: one bounded request, retries, chats."""

from mmrag.endpoint.address import Address, split_model
from mmrag.endpoint.chat import ChatModel, Reply, without_thoughts
from mmrag.endpoint.errors import EndpointError

__all__ = ["Address", "ChatModel", "EndpointError", "Reply", "split_model", "without_thoughts"]
