"""A call from a browser's microphone, of the control API: a WebSocket on one side, media's socket on the other.

The WebSocket, `/calls/browser`: first a text message, `{"line": "orders", "caller": "browser:anna"}`. Then binary
messages of 160 bytes, 20 ms of 8 kHz µ-law, both ways, and text messages: `{"key": "5"}` and `{"hang_up": true}` from
the caller, `{"state": "calling", "call": "0190..."}`, `ringing`, `answered` and `ended` (with `by`, `reason`, `status`)
to them. What is none of these closes the socket with the reason.
"""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import uuid_utils
from fastapi import WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from ivr.wire.leg_messages import FRAME_BYTES, FromLeg, LegHungUp, LegKey, LegOffer, LegSound, LegState
from ivr.wire.streams import Connection, connect

FIRST_S = 5.0
"""Time for the first message."""
BURST = 100
"""Frames that may come at once, after a stall; then 50 a second."""
ENDED, NOT_UNDERSTOOD, TOO_MUCH, AWAY = 1000, 1003, 1008, 1013
"""Codes that close the socket (RFC 6455 §7.4.1)."""


class Wanted(BaseModel):
    """First message of the caller."""

    model_config = ConfigDict(extra="forbid")
    line: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    caller: Annotated[str, StringConstraints(pattern=r"^browser:[^\x00-\x1f\x7f]{1,100}$")]


class Told(BaseModel):
    """A later text message: one of these."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, StringConstraints(pattern=r"^[0-9*#A-D]$")] = ""
    hang_up: bool = False


class Odd(Exception):
    """The caller sent what nobody understands, or too much; `code` closes the socket."""

    def __init__(self, why: str, code: int = NOT_UNDERSTOOD) -> None:
        super().__init__(why)
        self.code = code


class Pace:
    """50 frames a second, and a burst after a stall."""

    def __init__(self) -> None:
        self._room, self._at = float(BURST), time.monotonic()

    def frame(self) -> None:
        """One came. Raises Odd."""
        now = time.monotonic()
        self._room = min(float(BURST), self._room + (now - self._at) * 50) - 1
        self._at = now
        if self._room < 0:
            raise Odd("more than 50 frames a second", TOO_MUCH)


async def carry(stream: WebSocket, media: Path) -> None:
    """Until one of the three ends it; the socket is accepted already. `media`: path of media's socket."""
    try:
        wanted = await _first(stream)
        line: Connection[FromLeg] = await connect(media, FromLeg)
    except Odd as error:
        await stream.close(error.code, str(error))
        return
    except WebSocketDisconnect:
        return
    except OSError:
        await stream.close(AWAY, "the media process is away")
        return
    call = str(uuid_utils.uuid7())
    line.post(LegOffer(call=call, caller=wanted.caller, line=wanted.line))
    await _say(stream, {"state": "calling", "call": call})
    out = asyncio.create_task(_to_caller(stream, line))
    into = asyncio.create_task(_to_media(stream, line))
    try:
        await asyncio.wait({out, into}, return_when=asyncio.FIRST_COMPLETED)
        if into.done():
            why = into.result()
            line.post(LegHungUp(reason=str(why or "")))
            with suppress(TimeoutError):  # the end is told by media
                await asyncio.wait_for(asyncio.shield(out), 1.0)
            if why is not None:
                await _close(stream, why.code, str(why))
        await _close(stream, ENDED, "")
    finally:
        for task in (out, into):
            task.cancel()
        await asyncio.gather(out, into, return_exceptions=True)
        await line.close()


async def _first(stream: WebSocket) -> Wanted:
    """Raises Odd, WebSocketDisconnect."""
    try:
        message = await asyncio.wait_for(_received(stream), FIRST_S)
    except TimeoutError:
        raise Odd("the first message says which line is called; none came") from None
    try:
        return Wanted.model_validate_json(message.get("text") or "")
    except ValidationError:
        raise Odd('the first message is {"line": ..., "caller": "browser:..."}') from None


async def _to_media(stream: WebSocket, line: Connection[FromLeg]) -> Odd | None:
    """What the caller sends, until they leave; Odd: what was wrong with it."""
    pace = Pace()
    try:
        while True:
            message = await _received(stream)
            frame = message.get("bytes")
            if frame is not None:
                if len(frame) != FRAME_BYTES:
                    raise Odd(f"a frame is {FRAME_BYTES} bytes of 8 kHz mu-law; this one has {len(frame)}")
                pace.frame()
                line.post(LegSound(frame=frame))
                continue
            told = _told(message.get("text") or "")
            pace.frame()
            if told.hang_up:
                return None
            line.post(LegKey(key=told.key))
    except Odd as error:
        return error
    except (WebSocketDisconnect, RuntimeError):
        return None


async def _to_caller(stream: WebSocket, line: Connection[FromLeg]) -> None:
    """What media sends, until the call is over. A caller who does not read is waited for here: media leaves frames out
    meanwhile."""
    with suppress(WebSocketDisconnect, RuntimeError):
        async for message in line:
            if isinstance(message, LegSound):
                await stream.send_bytes(message.frame)
                continue
            await stream.send_text(json.dumps(_shown(message)))
            if message.state == "ended":
                return
        await stream.send_text(json.dumps({"state": "ended", "by": "network", "reason": "the media process is away"}))


async def _received(stream: WebSocket) -> dict[str, Any]:
    """Raises WebSocketDisconnect."""
    message = await stream.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", ENDED))
    return dict(message)


def _told(text: str) -> Told:
    """Raises Odd."""
    try:
        told = Told.model_validate_json(text)
    except ValidationError:
        told = Told()
    if not told.key and not told.hang_up:
        raise Odd('a text message is {"key": "5"} or {"hang_up": true}')
    return told


def _shown(state: LegState) -> dict[str, Any]:
    if state.state != "ended":
        return {"state": state.state}
    return {"state": "ended", "by": state.by, "reason": state.reason, "status": state.status}


async def _say(stream: WebSocket, told: dict[str, Any]) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it is closed; whoever reads it notices
        await stream.send_text(json.dumps(told))


async def _close(stream: WebSocket, code: int, reason: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # it is closed
        await stream.close(code, reason)
