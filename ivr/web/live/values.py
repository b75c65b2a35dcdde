"""Switches, tables and bulletins: what stands, until when, set and taken back; the same functions as `ivr live`."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast, get_args

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ivr.flow.lines import Lines
from ivr.records import live_values
from ivr.records.live_values import EVERY_LINE, Kind, LiveValue
from ivr.web.identity import parts_of
from ivr.web.line_names import read
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/live/values")
LASTING = {"15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "8h": 480, "1d": 1440, "7d": 10080}
"""Minutes."""
HISTORY = 100


@dataclass(frozen=True)
class Named:
    """Something that lines.yaml names, and what stands of it now."""

    kind: str
    name: str
    about: str
    """What a switch means."""
    rows: dict[str, str]
    """Of a table, as lines.yaml has them."""
    standing: list[LiveValue]


@router.get("")
def values(request: Request, visitor: Visitor = need(Right.SEE_LIVE)) -> Response:
    return _page(request, visitor)


@router.post("")
def put(
    request: Request, visitor: Visitor = need(Right.SWITCH), kind: str = Form("", max_length=20),
    name: str = Form("", max_length=live_values.LONGEST), key: str = Form("", max_length=live_values.LONGEST),
    value: str = Form("", max_length=2 * live_values.LONGEST), lasting: str = Form("", max_length=20),
    until: str = Form("", max_length=40), note: str = Form("", max_length=500),
) -> Response:  # fmt: skip
    """Set it. `lasting`: one of LASTING, `until` (then that field counts, in the server's zone), or empty: until
    somebody takes it back."""
    known = _allowed(request, visitor, kind, name)
    try:
        end = _end(lasting, until)
        live_values.check(known, name, key, value, visitor.name, end)
        audit(visitor, "live.set", f"{_shown(kind, name, key)}={value}")
        engine = parts_of(request).engine
        live_values.put(engine, known, name, value, by=visitor.name, key=key, until=end, note=note)
    except live_values.Refused as error:
        return _page(request, visitor, problem=str(error), status=422)
    return RedirectResponse("/live/values", 303)


@router.post("/clear")
def clear(
    request: Request, visitor: Visitor = need(Right.SWITCH), kind: str = Form("", max_length=20),
    name: str = Form("", max_length=live_values.LONGEST), key: str = Form("", max_length=live_values.LONGEST),
    note: str = Form("", max_length=500),
) -> Response:  # fmt: skip
    """Take it back; what lines.yaml says counts again. Also what lines.yaml names no more."""
    known = _allowed(request, visitor, kind, name, named=False)
    audit(visitor, "live.cleared", _shown(kind, name, key))
    live_values.clear(parts_of(request).engine, known, name, by=visitor.name, key=key, note=note)
    return RedirectResponse("/live/values", 303)


def _allowed(request: Request, visitor: Visitor, kind: str, name: str, *, named: bool = True) -> Kind:
    """Raises HTTPException 422, 403."""
    if kind not in get_args(Kind):
        raise HTTPException(422, "that is neither switch, table nor bulletin")
    if named and (why := read(parts_of(request).flows).not_live(kind, name)):
        raise HTTPException(422, why)
    if not _may(visitor, kind, name):
        raise HTTPException(403, "this counts for lines that are not yours")
    return cast("Kind", kind)


def _may(visitor: Visitor, kind: str, name: str) -> bool:
    """Switches, tables and the bulletin of every line are for those who are limited to no lines."""
    return visitor.lines is None or (kind == "bulletin" and name in visitor.lines)


def _seen(visitor: Visitor, kind: str, name: str) -> bool:
    """Switches and tables belong to all lines."""
    return kind != "bulletin" or name == EVERY_LINE or visitor.lines is None or name in visitor.lines


def _end(lasting: str, until: str) -> datetime | None:
    """Raises live_values.Refused."""
    if not lasting:
        return None
    if lasting != "until":
        if lasting not in LASTING:
            raise live_values.Refused(f"{lasting!r} is no time")
        return datetime.now(UTC) + timedelta(minutes=LASTING[lasting])
    try:
        return datetime.fromisoformat(until).astimezone()
    except (ValueError, OverflowError):
        raise live_values.Refused("until when? choose a day and a time") from None


def _named(lines: Lines, standing: list[LiveValue], visitor: Visitor) -> list[Named]:
    """All that may be set, and what stands though lines.yaml does not name it."""
    every: dict[tuple[str, str], tuple[str, dict[str, str]]] = {}
    every |= {("switch", name): (about, {}) for name, about in lines.switches.items()}
    every |= {("table", name): ("", rows) for name, rows in lines.tables.items()}
    every |= {("bulletin", name): ("", {}) for name in [EVERY_LINE, *lines.lines]}
    for value in standing:
        every.setdefault((value.kind, value.name), ("", {}))
    return [
        Named(kind, name, about, rows, [it for it in standing if (it.kind, it.name) == (kind, name)])
        for (kind, name), (about, rows) in every.items()
        if _seen(visitor, kind, name)
    ]


def _shown(kind: str, name: str, key: str) -> str:
    return f"{kind}.{name}" + (f"[{key}]" if key else "")


def _page(request: Request, visitor: Visitor, *, problem: str = "", status: int = 200) -> Response:
    parts = parts_of(request)
    lines = read(parts.flows)
    named = _named(lines, live_values.current(parts.engine), visitor)
    history = [it for it in live_values.history(parts.engine, HISTORY) if _seen(visitor, it.kind, it.name)]
    shared: dict[str, Any] = {"problem": problem, "lasting": LASTING, "every_line": EVERY_LINE}
    mine = {(it.kind, it.name) for it in named if visitor.may(Right.SWITCH) and _may(visitor, it.kind, it.name)}
    open_ = {it for it in mine if not lines.not_live(*it)}
    return page(
        request, visitor, "live/values.html", status, named=named, history=history, mine=mine, open=open_, **shared
    )
