"""The page, its sections that ask others, and the same for programs."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from ivr.records import audit
from ivr.web.identity import address_of, parts_of
from ivr.web.line import nodes, told
from ivr.web.line.checkup import Checkup, Health, checkup
from ivr.web.parts import WebParts
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need

router = APIRouter(prefix="/line")


class Line(BaseModel):
    """What answers here, without secrets."""

    lines: list[dict[str, Any]]
    destinations: list[dict[str, Any]]
    trunks: list[dict[str, str]]
    hours: list[dict[str, Any]]
    languages: list[dict[str, Any]]
    models: list[dict[str, Any]]
    connections: list[dict[str, str]]
    max_calls: int
    """Of each machine (sip.max_calls)."""


class Trials(BaseModel):
    """What `ivr doctor` found last."""

    running: bool
    at: datetime | None
    trials: list[dict[str, str]]
    problem: str


@router.get("")
def line(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Response:
    parts = parts_of(request)
    return page(request, visitor, "line/page.html", told=_told(parts, visitor), health=_checkup(request).known,
                web=parts.values.web)  # fmt: skip


@router.get("/nodes")
def machines(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Response:
    """Asked of each node, so that one that does not answer holds up this section only."""
    return page(request, visitor, _template(request, "nodes"), nodes=nodes.listed(parts_of(request)), part="nodes")


@router.get("/health")
def health(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Response:
    return _health(request, visitor, _checkup(request).known)


@router.post("/health")
def try_again(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Response:
    """Begins, unless it is being done."""
    return _health(request, visitor, _begin(request, visitor))


def programs() -> APIRouter:
    """Below /api/v1."""
    api = APIRouter(prefix="/line", tags=["line"])

    @api.get("")
    def line(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Line:
        """Lines, destinations, trunks, hours, languages, models, connections."""
        return _told(parts_of(request), visitor)

    @api.get("/nodes")
    def machines(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> list[dict[str, Any]]:
        """The machines that live, with the registrations of their trunks."""
        return nodes.listed(parts_of(request))

    @api.get("/health")
    def health(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Trials:
        """What `ivr doctor` found last."""
        return _trials(_checkup(request).known)

    @api.post("/health", status_code=202)
    def try_again(request: Request, visitor: Visitor = need(Right.SEE_LINE)) -> Trials:
        """Try every part again; GET tells when it is done."""
        return _trials(_begin(request, visitor))

    return api


def _trials(known: Health) -> Trials:
    return Trials(running=known.running, at=known.at, trials=list(known.trials), problem=known.problem)


def _told(parts: WebParts, visitor: Visitor) -> Line:
    values = parts.values
    return Line(
        lines=told.lines(parts, visitor), destinations=told.destinations(parts), trunks=told.trunks(values),
        hours=told.hours(parts, visitor), languages=told.languages(values), models=told.model_list(values),
        connections=told.connections(values), max_calls=values.sip.max_calls,
    )  # fmt: skip


def _checkup(request: Request) -> Checkup:
    state = request.app.state
    if not hasattr(state, "checkup"):
        state.checkup = checkup(state.parts)
    found: Checkup = state.checkup
    return found


def _begin(request: Request, visitor: Visitor) -> Health:
    with parts_of(request).engine.begin() as db:
        audit.write(db, "line.tried", name=visitor.name, role=visitor.role, address=address_of(request))
    return _checkup(request).start()


def _health(request: Request, visitor: Visitor, known: Health) -> Response:
    return page(request, visitor, _template(request, "health"), health=known, part="health")


def _template(request: Request, name: str) -> str:
    """A section for the page that asks for it; a browser that goes there gets a whole page."""
    return f"line/{name}.html" if "hx-request" in request.headers else "line/alone.html"
