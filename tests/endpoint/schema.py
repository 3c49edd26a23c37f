"""What the public chat-completions interface takes, checked field by field."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

FIELDS = {
    "model": str,
    "messages": list,
    "max_tokens": int,
    "max_completion_tokens": int,
    "temperature": (int, float),
    "stream": bool,
    "stream_options": dict,
}
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


def problems(payload: Any) -> list[str]:
    """What is wrong with a request, one line each; nothing if it keeps to the interface."""
    if not isinstance(payload, dict):
        return ["the body is no object"]
    found = [f"unknown field {name}" for name in payload.keys() - FIELDS.keys()]
    found += [f"{name} is missing" for name in ("model", "messages") if name not in payload]
    found += [
        f"{name} is {type(value).__name__}"
        for name, value in payload.items()
        if not isinstance(value, FIELDS.get(name, object)) or (isinstance(value, bool) and name != "stream")
    ]
    if found:
        return found
    if {"max_tokens", "max_completion_tokens"} <= payload.keys():
        found.append("two limits")
    if "stream_options" in payload:
        if not payload.get("stream"):
            found.append("stream_options without stream")
        if payload["stream_options"].keys() - {"include_usage"}:
            found.append("unknown stream option")
    if not payload["messages"]:
        found.append("no messages")
    return found + [problem for message in payload["messages"] for problem in _message(message)]


def pictures(payload: dict[str, Any]) -> list[Image.Image]:
    """The pictures of a request, decoded, in order."""
    return [part for part in parts(payload) if isinstance(part, Image.Image)]


def parts(payload: dict[str, Any]) -> list[str | Image.Image]:
    """All texts and pictures of a request, in order."""
    found: list[str | Image.Image] = []
    for message in payload["messages"]:
        content = message["content"]
        if isinstance(content, str):
            found.append(content)
            continue
        found += [
            part["text"] if part["type"] == "text" else decoded(part["image_url"]["url"]) for part in content
        ]
    return found


def decoded(uri: str) -> Image.Image:
    """The picture in a data URI, whose media type has to be the picture's own."""
    head, _, data = uri.partition(";base64,")
    picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    picture.load()
    kind = FORMATS[head.removeprefix("data:")]
    if picture.format != kind or picture.mode not in ("RGB", "L", "P"):
        raise ValueError(f"{head} is {picture.format} {picture.mode}")
    return picture


def _message(message: Any) -> list[str]:
    if not isinstance(message, dict) or message.keys() != {"role", "content"}:
        return [f"a message of {sorted(message)}"]
    role, content = message["role"], message["content"]
    if role not in ("system", "developer", "user", "assistant"):
        return [f"role {role!r}"]
    if isinstance(content, str):
        return []
    if not isinstance(content, list) or not content:
        return ["content is neither a text nor parts"]
    return [problem for part in content for problem in _part(role, part)]


def _part(role: str, part: Any) -> list[str]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        return (
            [] if part.keys() == {"type", "text"} and isinstance(part["text"], str) else ["a bad text part"]
        )
    if kind != "image_url":
        return [f"a part of type {kind!r}"]
    if role != "user":
        return [f"a picture of the {role}'s"]
    url = part.get("image_url")
    if part.keys() != {"type", "image_url"} or not isinstance(url, dict) or url.keys() - {"url", "detail"}:
        return ["a bad picture part"]
    try:
        decoded(url["url"])
    except (OSError, ValueError, KeyError) as error:
        return [f"a picture that can't be decoded: {error}"]
    return []
