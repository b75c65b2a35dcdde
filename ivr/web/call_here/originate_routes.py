"""Have the server call somebody: for programs, and for pages that call back."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from ivr.web.call_here.lines import callable_lines
from ivr.web.call_here.node import NoNode, freest
from ivr.web.identity import parts_of
from ivr.web.parts import WebParts
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/api/v1", tags=["calls"])
TIMEOUT_S = 10.0


class Order(BaseModel):
    """Whom to call, and which line talks with them once they answer."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, Field(min_length=3, max_length=300)]
    """A number like +14155550123, or an address like sip:anna@pbx.example; setting `sip.originate` allows it."""
    line: Annotated[str, Field(min_length=1, max_length=100)]
    connect: Annotated[str, Field(max_length=100)] = ""
    """Destination of lines.yaml that they are handed to instead: no flow talks with them, nothing is recorded."""


@router.post("/calls", status_code=202)
async def make_call(request: Request, order: Order, visitor: Visitor = need(Right.ORIGINATE)) -> dict[str, Any]:
    """The call's id, once it is being made: its record tells whether they answer. 409 and why it is not made; 404: no
    such line; 503: no server takes calls now."""
    return await run_in_threadpool(originate, parts_of(request), visitor, order.to, order.line, order.connect)


def originate(parts: WebParts, visitor: Visitor, to: str, line: str, connect: str = "") -> dict[str, Any]:
    """The same for pages. Raises HTTPException, SQLAlchemyError."""
    if line not in {it.name for it in callable_lines(visitor, parts.flows)}:
        raise HTTPException(404, "there is no such line")
    try:
        api = freest(parts)
        audit(visitor, "call.originated", f"{line}: {to}" + (f" with {connect}" if connect else ""))
        answer = httpx.post(
            f"{api.address}/calls", json={"to": to, "line": line, "connect": connect}, headers=api.headers,
            timeout=TIMEOUT_S, trust_env=False,
        )  # fmt: skip
    except NoNode as why:
        raise HTTPException(503, str(why)) from None
    except httpx.HTTPError:
        raise HTTPException(503, "the server that takes calls does not answer") from None
    if answer.status_code == 202:
        made: dict[str, Any] = answer.json()
        return made
    if answer.status_code == 409:
        raise HTTPException(409, str(answer.json().get("detail", "")))
    raise HTTPException(503, "the server that takes calls does not answer as it should")
