"""Between the page's WebSocket and the control API's: what comes on one side goes out on the other."""

import asyncio
import json
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from ivr.web.call_here.node import Api

LONGEST = 4096
"""Bytes of a message; a frame has 160."""
AWAY, NOT_UNDERSTOOD = 1013, 1003
"""Codes that close the page's socket (RFC 6455 §7.4.1)."""


async def relay(page: WebSocket, api: Api, line: str, caller: str) -> None:
    """Until one side closes; the page's socket is accepted already."""
    try:
        async with connect(
            api.socket("/calls/browser"), additional_headers=api.headers, proxy=None, open_timeout=5, close_timeout=1,
            max_size=LONGEST, max_queue=4, compression=None,
        ) as node:  # fmt: skip
            await node.send(json.dumps({"line": line, "caller": caller}))
            await _both(page, node)
    except (OSError, TimeoutError, WebSocketException):
        await _close(page, AWAY, "the server that takes calls does not answer")


async def _both(page: WebSocket, node: ClientConnection) -> None:
    out, into = asyncio.create_task(_to_page(page, node)), asyncio.create_task(_to_node(page, node))
    try:
        await asyncio.wait({out, into}, return_when=asyncio.FIRST_COMPLETED)
        if into.done() and not out.done():  # the page is gone, or sent too much at once
            if why := into.result():
                await _close(page, NOT_UNDERSTOOD, why)
            await node.close()
    finally:
        for task in (out, into):
            task.cancel()
        await asyncio.gather(out, into, return_exceptions=True)


async def _to_page(page: WebSocket, node: ClientConnection) -> None:
    """A page that does not read is waited for: the node leaves out meanwhile what it would hear late."""
    with suppress(WebSocketDisconnect, RuntimeError):
        try:
            while True:
                message = await node.recv()
                await (page.send_text(message) if isinstance(message, str) else page.send_bytes(message))
        except ConnectionClosed as closed:
            told = closed.rcvd
            await page.close(told.code if told else AWAY, told.reason if told else "the call was cut off")


async def _to_node(page: WebSocket, node: ClientConnection) -> str:
    """Until the page is gone; the reason when its message is too long to be handed on."""
    with suppress(WebSocketDisconnect, RuntimeError, ConnectionClosed):
        while True:
            message = await page.receive()
            if message["type"] == "websocket.disconnect":
                return ""
            data = message.get("bytes")
            sent = data if data is not None else message.get("text") or ""
            if len(sent) > LONGEST:
                return f"a message of {len(sent)} bytes; a frame is 160 bytes of 8 kHz mu-law"
            await node.send(sent)
    return ""


async def _close(page: WebSocket, code: int, reason: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it is closed
        await page.close(code, reason)
