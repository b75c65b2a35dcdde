"""The page, and the call itself as a WebSocket."""

from fastapi import APIRouter, Query, Request, WebSocket
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ivr.web.call_here.lines import callable_lines
from ivr.web.call_here.node import NoNode, freest
from ivr.web.call_here.relay import AWAY, relay
from ivr.web.identity import POLICY_VIOLATION, parts_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter()


@router.get("/try")
def call_here(
    request: Request, visitor: Visitor = need(Right.ORIGINATE), line: str = Query("", max_length=100),
    flow: str = Query("", max_length=100),
) -> Response:  # fmt: skip
    """`line`: chosen already, for links; `flow`: the first line of that flow is."""
    lines = callable_lines(visitor, parts_of(request).flows)
    line = line or next((it.name for it in lines if flow and it.flow == flow), "")
    record = "/calls" in request.app.state.page_paths and visitor.may(Right.SEE_CALLS)
    return page(request, visitor, "call_here/page.html", lines=lines, chosen=line, record=record)


@router.websocket("/try/call")
async def call(
    stream: WebSocket, visitor: Visitor = need(Right.ORIGINATE), line: str = Query("", max_length=100)
) -> None:
    """Frames of 160 bytes both ways, and texts (docs/web/call-here.md)."""
    parts = parts_of(stream)
    await stream.accept()
    try:
        lines = {it.name for it in await run_in_threadpool(callable_lines, visitor, parts.flows)}
        if line not in lines:
            await stream.close(POLICY_VIOLATION, "there is no such line, or you may not call it")
            return
        api = await run_in_threadpool(freest, parts)
        await run_in_threadpool(audit, visitor, "call.from_browser", line)
    except NoNode as why:
        await stream.close(AWAY, str(why))
    except SQLAlchemyError:
        await stream.close(AWAY, "the database is away")
    else:
        await relay(stream, api, line, f"browser:{shown(visitor.name)}")


def shown(name: str) -> str:
    """A person's name as the caller of the call."""
    return "".join(it for it in name if it.isprintable())[:100] or "somebody"
