"""`send` nodes: a text message or an e-mail, handed to the company's own sender by a signed webhook."""

import asyncio
import json
import time

import httpx
import structlog

from ivr.actions import Query
from ivr.business.cache import Answer
from ivr.signing import signed

log = structlog.get_logger("query")

TRIES = 3


class Messages:
    """Posts {"id", "by", "to", "subject", "text", "call"}; `id` is the same at every try. `ask` never raises."""

    def __init__(self, url: str, secret: str) -> None:
        """`url` empty: nothing can be sent."""
        self._url = url
        self._secret = secret
        self._client = httpx.AsyncClient(trust_env=False, timeout=None)

    async def ask(self, query: Query) -> Answer:
        """`ok`, `timeout`, or `error`."""
        if not self._url:
            log.warning("a message cannot be sent: webhooks.send_url is not set", node=query.node)
            return Answer("error")
        id = str(query.request.get("key") or f"{query.call}-{query.id}")
        message = {"id": id, "by": query.request.get("by", "sms"), "call": query.call, **query.parameters}
        body = json.dumps(message, ensure_ascii=False, default=str).encode("utf-8", "replace")
        try:
            async with asyncio.timeout(query.deadline_s):
                for attempt in range(TRIES):
                    if await self._taken(body, id):
                        return Answer("ok")
                    await asyncio.sleep(0.2 * 2**attempt)
        except TimeoutError:
            return Answer("timeout")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("a message cannot be sent", node=query.node, why=type(error).__name__)
        return Answer("error")

    async def _taken(self, body: bytes, id: str) -> bool:
        """False: it may be tried again. Raises httpx.HTTPStatusError when it was refused."""
        headers = {"Content-Type": "application/json", "X-IVR-Event": "message", "X-IVR-Delivery": id}
        headers |= signed(self._secret, body, int(time.time()))
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.TransportError:
            return False
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
            answer.raise_for_status()
        return answer.is_success

    async def close(self) -> None:
        await self._client.aclose()
