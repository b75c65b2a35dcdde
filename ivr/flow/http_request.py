"""HTTP requests of flows: what is written, and the request that comes of it. Nothing is sent here.

Values of a call are data: in a path or query they are percent-encoded, in headers they are one line, in a body they are
JSON values. Only `{config.x}`, which the administrator wrote, may give scheme and host.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from pydantic import Field

from ivr.flow.base import Part
from ivr.flow.scalars import Body, Flag, Template, Url
from ivr.flow.template import Hole, holes, parse

HEADER = r"^[A-Za-z][A-Za-z0-9-]{0,60}$"


class Http(Part):
    """A request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: Url
    """Begins with https://host or `{config.name}`; other values are encoded."""
    headers: dict[str, Template] = Field(default_factory=dict)
    """Sensitive values are refused; secrets come from lines.yaml's `config`."""
    body: Body | None = None
    """Sent as JSON and typed as JSON is: `4` is a number, `"4"` a text; `"{order_id}"` alone is the value itself."""
    idempotency_key: Flag = False
    """Sends an `Idempotency-Key` of call and node, so that a change may be tried again."""


class Request(NamedTuple):
    method: str
    url: str
    headers: dict[str, str]
    body: Any
    """None: there is none."""


def spoken_of(http: Http) -> list[str]:
    """Names of the values that it takes, each once."""
    texts = [http.url, *http.headers.values(), *_texts(http.body)]
    return list(dict.fromkeys(hole.name for text in texts for hole in holes(text)))


def _texts(body: Any) -> list[str]:
    match body:
        case str():
            return [body]
        case Mapping():
            return [text for value in body.values() for text in _texts(value)]
        case list() | tuple():
            return [text for value in body for text in _texts(value)]
    return []


def build(request: Mapping[str, Any], parameters: Mapping[str, Any]) -> Request:
    """The request of an `http` Query: `request` as the node gives it, `parameters` by name (dots as `__`)."""

    def value(hole: Hole) -> Any:
        found = parameters.get(hole.name.replace(".", "__"))
        return hole.fallback or "" if found in (None, "") else found

    headers = {str(name): _line(text, value) for name, text in request.get("headers", {}).items()}
    if request.get("key"):
        headers["Idempotency-Key"] = str(request["key"])
    return Request(
        str(request.get("method", "GET")),
        _url(str(request["url"]), value),
        headers,
        _fill(request.get("body"), value),
    )


def _url(text: str, value: Any) -> str:
    parts = []
    for part in parse(text):
        if isinstance(part, str):
            parts.append(part)
        elif part.name.startswith("config."):
            parts.append(str(value(part)))
        else:
            said = str(value(part))
            encoded = quote(said, safe="")
            parts.append(encoded.replace(".", "%2E") if set(said) <= {"."} else encoded)
    return "".join(parts)


def _line(text: str, value: Any) -> str:
    found = "".join(part if isinstance(part, str) else str(value(part)) for part in parse(text))
    return re.sub(r"[\x00-\x1f\x7f]+", " ", found).strip()


def _fill(body: Any, value: Any) -> Any:
    match body:
        case str():
            parts = parse(body)
            if len(parts) == 1 and isinstance(parts[0], Hole):
                return value(parts[0])
            return "".join(part if isinstance(part, str) else str(value(part)) for part in parts)
        case Mapping():
            return {str(name): _fill(inner, value) for name, inner in body.items()}
        case list() | tuple():
            return [_fill(inner, value) for inner in body]
    return body


def url_trouble(url: str) -> str:
    """Why a flow may not ask this address, with the mend behind `; `; empty when it may."""
    parts = parse(url)
    first = parts[0] if parts else ""
    if isinstance(first, Hole):
        if first.name.startswith("config.") and (len(parts) == 1 or _starts(parts[1], "/?")):
            return ""
        return 'a value may not be the host of a URL; begin with https://host/ or "{config.name}/"'
    split = urlsplit(first)
    if split.scheme not in ("http", "https") or not split.netloc:
        return f'{url!r} is no address; begin with https://host/ or "{{config.name}}/"'
    if len(parts) > 1 and not (split.path or split.query):
        return "a value may not be part of a URL's host; put a / behind the host"
    return ""


def _starts(part: str | Hole, letters: str) -> bool:
    return isinstance(part, str) and part[:1] in letters
