"""What the control API sends for as long as somebody listens: calls as they change, a journal, the sound of a call."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from ivr.services.parts import LiveJournals
from ivr.services.server import MediaAway
from ivr.wire.messages import ControlDone

LOOK_S = 0.5
"""Between two looks at the journals, for each who follows the calls."""
STATUS_S = 2.0
SHOWN = ("id", "caller", "line", "flow", "language", "offered_at", "answered_at", "at_node", "said", "said_by", "kept",
         "position")  # fmt: skip
"""Of a call that lasts."""


async def send(stream: WebSocket, parts: AsyncIterator[str] | AsyncIterator[bytes]) -> None:
    """Until there are no more, or the far side is gone. A KeyError of `parts`: no such call."""
    await stream.accept()
    gone = asyncio.create_task(stream.receive())
    try:
        async for part in parts:
            if gone.done():
                return
            if isinstance(part, str):
                await stream.send_text(part)
            elif part:
                await stream.send_bytes(part)
        await stream.close(1000)
    except KeyError:
        await stream.close(4404, "no such call")
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        gone.cancel()


async def changes(
    live: LiveJournals, control: Callable[[str, str, dict[str, Any]], Awaitable[ControlDone]], node: str
) -> AsyncIterator[str]:
    """JSON: `{"now", "node", "calls": those that are new or changed, "gone": ids, "media"}`; the first one has all.
    `media` (what the media process says of its load; null while it is away) comes every STATUS_S, and something comes
    at least that often."""
    known: dict[str, dict[str, Any]] = {}
    told, begun = float("-inf"), False
    while True:
        calls = {row["id"]: {name: row.get(name, "") for name in SHOWN} for row in await asyncio.to_thread(live.calls)}
        news: dict[str, Any] = {
            "now": time.time(),
            "node": node,
            "calls": [row for id, row in calls.items() if known.get(id) != row],
            "gone": [id for id in known if id not in calls],
        }
        if time.monotonic() - told >= STATUS_S:
            told = time.monotonic()
            news["media"] = await _media(control)
        if not begun or news["calls"] or news["gone"] or "media" in news:
            yield json.dumps(news, default=str)
        known, begun = calls, True
        await asyncio.sleep(LOOK_S)


async def _media(control: Callable[[str, str, dict[str, Any]], Awaitable[ControlDone]]) -> dict[str, Any] | None:
    """Its load, without the calls."""
    try:
        value = (await control("status", "", {})).value or {}
    except MediaAway:
        return None
    figures = value.get("figures", {})
    numbers = {name: int(value.get(name, 0)) for name in ("max_calls", "free_calls")}
    return {**numbers, "draining": bool(value.get("draining")), "ladder_step": int(figures.get("ladder_step", 0))}
