"""Listening in: the sound of a call in the browser, as its node keeps it, half a second behind."""

import asyncio
import contextlib
import time
from uuid import UUID

from fastapi import APIRouter, HTTPException, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool
from websockets.exceptions import ConnectionClosed, WebSocketException

from ivr.web.live.routes import STILL_S, address_of_call, follower_of, still
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/live")
GONE = 4404
AWAY = 4503
REFUSED = 4403


@router.websocket("/calls/{call}/sound")
async def sound(stream: WebSocket, call: UUID, visitor: Visitor = need(Right.LISTEN_IN)) -> None:
    """Binary messages: stereo PCM16 little-endian of 8 kHz, caller left. Nothing comes while nothing is kept: before
    consent, and in sensitive steps. Closed with 4404 (no such call, or it is over), 4503 (its node is away), 4403 (the
    right was taken)."""
    try:
        address = await address_of_call(stream, visitor, call)
    except HTTPException:
        await stream.accept()
        await stream.close(GONE)
        return
    await run_in_threadpool(audit, visitor, "live.listened", call=str(call))
    await stream.accept()
    code = AWAY
    with contextlib.suppress(OSError, WebSocketException, WebSocketDisconnect, RuntimeError):
        code = await _relay(stream, address, str(call))
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await stream.close(code)


async def _relay(stream: WebSocket, address: str, call: str) -> int:
    """Until one side leaves; returns the code to close with. A slow browser slows this down alone: the node leaves out
    what is too long ago."""
    gone = asyncio.create_task(stream.receive())
    looked = time.monotonic()
    try:
        async with follower_of(stream).stream(address, f"/calls/{call}/sound") as node:
            while not gone.done():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        data = await node.recv()
                    await stream.send_bytes(data if isinstance(data, bytes) else b"")
                if time.monotonic() - looked > STILL_S:
                    looked = time.monotonic()
                    if not await still(stream, Right.LISTEN_IN):
                        return REFUSED
    except ConnectionClosed as error:
        return GONE if error.rcvd is not None and error.rcvd.code in (1000, GONE) else AWAY
    finally:
        gone.cancel()
    return 1000
