"""What programs may ask below /api/v1, beside what areas put there themselves; the description; the page to read it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from ivr.records import audit as trail
from ivr.web.api import description, figure_routes
from ivr.web.parts import WebParts
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need

PREFIX = "/api/v1"
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str, Query(max_length=40, description="`after` of the page before; empty: the first page")]


class Me(BaseModel):
    """Who the token belongs to, and what it may."""

    name: str
    role: str
    scopes: list[str]
    lines: list[str] | None
    """Limited to these; null: all."""


class Entry(BaseModel):
    """Of the audit trail."""

    id: int
    at: datetime
    name: str
    role: str
    what: str
    about: str
    call: str
    address: str


class Entries(BaseModel):
    """Newest first. `after`: cursor of the next page, empty on the last one."""

    entries: list[Entry]
    after: str


def router(parts: WebParts) -> APIRouter:
    """Below PREFIX: `app.include_router(router(parts), prefix=PREFIX)`."""
    api = APIRouter()

    @api.get("/me", tags=["account"])
    def me(visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Me:
        """Who asks."""
        lines = None if visitor.lines is None else sorted(visitor.lines)
        return Me(name=visitor.name, role=visitor.role, scopes=sorted(visitor.rights), lines=lines)

    @api.get("/audit", tags=["audit"])
    def entries(
        after: After = "", limit: Limit = 100, name: Annotated[str, Query(max_length=200)] = "",
        what: Annotated[str, Query(max_length=200, description="how it begins")] = "",
        call: Annotated[str, Query(max_length=100)] = "", visitor: Visitor = need(Right.SEE_AUDIT),
    ) -> Entries:  # fmt: skip
        """The audit trail, newest first, a page at a time."""
        before = _cursor(after)
        with parts.engine.connect() as db:
            found = trail.read(db, before=before, limit=limit + 1, name=name, what=what, call=call)
        cursor = str(found[limit - 1].id) if len(found) > limit else ""
        return Entries(entries=[Entry(**vars(it)) for it in found[:limit]], after=cursor)

    api.include_router(figure_routes.routes())
    return api


def _cursor(text: str) -> int:
    """Raises HTTPException 422."""
    if text and not (text.isascii() and text.isdigit() and int(text) < 2**62):
        raise HTTPException(422, "after: not a cursor of this list")
    return int(text or 0)


readers = APIRouter(prefix="/api")


@readers.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    """OpenAPI 3.1 of everything below /api/v1."""
    return JSONResponse(_described(request))


@readers.get("/docs", include_in_schema=False)
def docs(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    """The same to read."""
    groups = description.readable(_described(request))
    return page(request, visitor, "api/docs.html", groups=groups, prefix=PREFIX)


def _described(request: Request) -> dict[str, Any]:
    """Made once a process."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = description.describe(request.app, PREFIX)
    found: dict[str, Any] = state.openapi
    return found
