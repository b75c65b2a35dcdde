"""The page and its sections: each is loaded by itself, so that a slow one holds up no other."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal
from fastapi import APIRouter, HTTPException, Query, Request
from sqlalchemy import Connection, func, select, text
from sqlalchemy.sql import literal_column
from starlette.responses import Response

from ivr.records.node_list import GONE_S
from ivr.records.tables import nodes
from ivr.web.identity import parts_of
from ivr.web.insight import parts
from ivr.web.insight.charts import Show
from ivr.web.insight.choice import RANGES, Asked, Choice, choose
from ivr.web.insight.parts import Asking
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need

router = APIRouter(prefix="/insight")
PATIENCE_S = 30
"""A section that takes longer is given up: the database has other work."""
Address = Annotated[Asked, Query()]


@router.get("")
def insight(request: Request, asked: Address, visitor: Visitor = need(Right.SEE_INSIGHT)) -> Response:
    """The choice, and the places of the sections."""
    choice = choose(request, visitor, asked)
    titles = {name: title for name, (title, _) in parts.PARTS.items()}
    return page(request, visitor, "insight/page.html", choice=choice, ranges=RANGES, parts=titles, step=asked.step)


@router.get("/parts/{name}")
def part(request: Request, name: str, asked: Address, visitor: Visitor = need(Right.SEE_INSIGHT)) -> Response:
    """One section, for the page that asks for it; a person's browser that goes there gets it as a page."""
    if name not in parts.PARTS:
        raise HTTPException(404, "there is no such section")
    choice = choose(request, visitor, asked)
    show = numbers(visitor.language)
    with parts_of(request).engine.connect() as db:
        db.execute(text(f"set local statement_timeout = '{PATIENCE_S}s'"))
        found = parts.PARTS[name][1](Asking(db, choice, visitor, show, capacity(db)))
    alone = "hx-request" not in request.headers
    template = "insight/alone.html" if alone else "insight/part.html"
    return page(request, visitor, template, part=found, choice=choice, clock=clock(choice, visitor.language))


def clock(choice: Choice, language: str) -> Callable[..., str]:
    """Times as they are shown: by the clock of the choice's zone; `exact`: with the time of day."""
    zone = ZoneInfo(choice.span.zone)

    def shown(at: datetime, exact: bool = False) -> str:
        form = "EEE d MMM y HH:mm" if exact or choice.step == "hour" else "EEE d MMM y"
        return str(format_datetime(at, form, tzinfo=zone, locale=language))

    return shown


def numbers(language: str) -> Show:
    def show(value: float | None) -> str:
        return "" if value is None else str(format_decimal(value, locale=language))

    return show


def capacity(db: Connection) -> int:
    """Calls at once of the nodes that beat lately."""
    recent = nodes.c.heartbeat_at > func.now() - literal_column(f"interval '{GONE_S} seconds'")
    return int(db.execute(select(func.coalesce(func.sum(nodes.c.max_calls), 0)).where(recent)).scalar_one())
