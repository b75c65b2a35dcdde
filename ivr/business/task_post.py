"""One try of a background task, as whoever runs it makes it: the POST to the company's service, and what came of it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import msgspec

from ivr.business import received
from ivr.signing import signed

PASSES = frozenset({408, 425, 429})
"""Statuses below 500 after which the same request may succeed."""


@dataclass(frozen=True)
class Work:
    """Where a task is asked and how. Plain values: they travel to a worker."""

    url: str
    body: dict[str, Any]
    timeout_s: float
    max_bytes: int


class Outcome(msgspec.Struct):
    """Of one try."""

    state: Literal["done", "failed", "again"]
    """`failed`: the service said that it never will; `again`: it may work another time."""
    value: Any = None
    why: str = ""


def posted(body: Mapping[str, Any], kind: str, secret: str) -> dict[str, Any]:
    """Arguments of httpx's post: content and headers, signed."""
    data = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "X-IVR-Event": kind}
    headers["X-IVR-Delivery"] = str(body["id"])
    return {"content": data, "headers": headers | signed(secret, data, int(time.time()))}


def refused(status: int) -> bool:
    return 400 <= status < 500 and status not in PASSES


async def tried(client: httpx.AsyncClient, work: Work, secret: str) -> Outcome:
    """Never raises but when cancelled."""
    try:
        async with client.stream(
            "POST", work.url, timeout=work.timeout_s, **posted(work.body, "task", secret)
        ) as answer:
            status = answer.status_code
            if refused(status):
                return Outcome("failed", why=str(status))
            if not answer.is_success:
                return Outcome("again", why=str(status))
            data = bytearray()
            async for piece in answer.aiter_raw():
                data += piece
                if len(data) > work.max_bytes:
                    raise received.Unreadable("size")
            plain = received.unpacked(bytes(data), answer.headers.get("content-encoding", ""), work.max_bytes)
            return Outcome("done", received.value(plain, answer.charset_encoding or ""))
    except received.Unreadable as error:
        return Outcome("failed", why=str(error))
    except httpx.InvalidURL as error:
        return Outcome("failed", why=type(error).__name__)
    except httpx.HTTPError as error:
        return Outcome("again", why=type(error).__name__)


class PostRunner:
    """tasks.Runner in this process."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._client = httpx.AsyncClient(trust_env=False)

    async def run(self, id: str, work: Work) -> Outcome:
        del id  # a try that ends with this process is made again
        return await tried(self._client, work, self._secret)

    async def close(self) -> None:
        await self._client.aclose()
