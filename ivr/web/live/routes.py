"""The live page: calls as they change, and what may be done with one."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from ivr.records.board_rows import QueueRow
from ivr.web.identity import identify, parts_of
from ivr.web.line_names import read
from ivr.web.live.board import Board, News, Seat
from ivr.web.live.follower import Follower, NodeRefused
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/live")
QUIET_S = 10.0
"""A stream that has nothing to tell says so: proxies keep it open, and a browser that left is noticed."""
TOGETHER_S = 0.25
"""Changes within this are told at once."""
STILL_S = 20.0
"""Between two looks whether the visitor may still see this: sessions end, rights are taken."""
LADDER = ("all", "no speculation", "no second pass", "no neural voice", "built-in understanding", "keys only", "busy",
          "refusing")  # fmt: skip
"""Names of the overload ladder's steps (docs/overload.md)."""


def follower_of(connection: HTTPConnection) -> Follower:
    """The process's."""
    found: Follower = connection.app.state.follower
    return found


@router.get("")
def live(request: Request, visitor: Visitor = need(Right.SEE_LIVE)) -> Response:
    """Filled by the stream."""
    destinations = sorted(read(parts_of(request).flows).destinations)
    return page(request, visitor, "live/calls.html", destinations=destinations, ladder=LADDER)


@router.get("/events")
async def events(request: Request, visitor: Visitor = need(Right.SEE_LIVE)) -> Response:
    """Server-sent events: JSON with what changed (docs/web/live.md); the first one, `full`, has everything."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, visitor), media_type="text/event-stream", headers=headers)


async def _told(request: Request, visitor: Visitor) -> AsyncIterator[str]:
    version, looked = 0, time.monotonic()
    async with follower_of(request).watch() as board:
        while True:
            news = board.since(version, visitor.lines)
            if news is not None:
                version = news.version
            if news is not None and (news.full or news.calls or news.gone or news.nodes or news.queues is not None):
                yield f"data: {json.dumps(shown(board, news, visitor), ensure_ascii=False)}\n\n"
            elif news is None:
                yield ":\n\n"
            await asyncio.sleep(TOGETHER_S)
            await board.changed(version, QUIET_S)
            if time.monotonic() - looked > STILL_S:
                looked = time.monotonic()
                if not await still(request, Right.SEE_LIVE):
                    return


async def still(connection: HTTPConnection, right: Right) -> bool:
    """The visitor may still see this. While the database is away nobody can be asked, and it goes on."""
    try:
        await identify(connection, right)
    except SQLAlchemyError:
        return True
    except Exception:
        return False
    return True


def shown(board: Board, news: News, visitor: Visitor) -> dict[str, Any]:
    """News as this visitor may see them."""
    told: dict[str, Any] = {"full": news.full, "gone": news.gone}
    told["calls"] = [_call(board, seat, visitor) for seat in news.calls]
    if news.nodes is not None:
        told["nodes"] = [
            {"name": node.name, "there": node.there, "why": node.why, "media": node.media}
            for node in sorted(news.nodes, key=lambda it: it.name)
        ]
    if news.queues is not None:
        told["queues"] = _queues(news.queues, board.resting, visitor)
        told["database"] = board.database
    return told


def _call(board: Board, seat: Seat, visitor: Visitor) -> dict[str, Any]:
    row = seat.row
    plain = {name: row[name] for name in ("id", "line", "flow", "language", "at_node", "said_by", "kept", "position")}
    return {
        **plain,
        "node": seat.node,
        "caller": visitor.number(row["caller"]),
        "said": visitor.words(row["said"]),
        "lasts_s": round(board.lasts_s(seat), 1),
    }


def _queues(rows: list[QueueRow], resting: frozenset[str], visitor: Visitor) -> list[dict[str, Any]]:
    """By destination; agents' addresses are numbers too."""
    found: dict[str, dict[str, Any]] = {}
    busy = {row.agent: row.state for row in rows if row.agent}
    for row in rows:
        queue = found.setdefault(row.destination, {"destination": row.destination, "waiting": [], "agents": {}})
        if row.state == "waiting":
            queue["waiting"].append({"call": row.call, "waits_s": max(0.0, time.time() - row.entered_at.timestamp())})
        for agent in row.agents:
            state = busy.get(agent, "resting" if agent in resting else "free")
            queue["agents"][agent] = state
    for queue in found.values():
        queue["agents"] = [
            {"name": agent if visitor.sees_numbers else f"#{n}", "state": state}
            for n, (agent, state) in enumerate(queue["agents"].items(), 1)
        ]
    return list(found.values())


@router.post("/calls/{call}/hang_up", status_code=204)
async def hang_up(request: Request, call: UUID, visitor: Visitor = need(Right.CONTROL_CALLS)) -> Response:
    """End the call. 404: there is none such on a line of theirs."""
    address = await address_of_call(request, visitor, call)
    await run_in_threadpool(audit, visitor, "live.hung_up", call=str(call))
    return await _ordered(request, address, f"/calls/{call}/hang_up", {})


@router.post("/calls/{call}/transfer", status_code=204)
async def transfer(
    request: Request, call: UUID, visitor: Visitor = need(Right.CONTROL_CALLS), to: str = Form("", max_length=200)
) -> Response:
    """Hand the caller to a destination of lines.yaml now."""
    if to not in await run_in_threadpool(lambda: read(parts_of(request).flows).destinations):
        raise HTTPException(422, "lines.yaml names no such destination")
    address = await address_of_call(request, visitor, call)
    await run_in_threadpool(audit, visitor, "live.transferred", to, call=str(call))
    return await _ordered(request, address, f"/calls/{call}/transfer", {"to": to})


async def _ordered(request: Request, address: str, path: str, body: dict[str, Any]) -> Response:
    try:
        await follower_of(request).order(address, path, body)
    except NodeRefused as error:
        raise HTTPException(error.status, str(error)) from None
    return Response(status_code=204)


async def address_of_call(connection: HTTPConnection, visitor: Visitor, call: UUID) -> str:
    """Of the control API of its node. Raises HTTPException 404, for calls of other lines too."""
    found = await follower_of(connection).place(str(call))
    if found is None or not (visitor.lines is None or found[0] in visitor.lines):
        raise HTTPException(404, "there is no such call")
    return found[1]
