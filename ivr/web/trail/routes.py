"""The audit trail as auditors read it: newest first, filtered, page by page, or all of it as CSV."""

import csv
import io
from collections.abc import Iterator
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy import Engine
from starlette.responses import Response, StreamingResponse

from ivr.records import audit as trail
from ivr.web.identity import parts_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/audit")
A_PAGE = 100
COLUMNS = ("id", "at", "name", "role", "what", "about", "call", "address")


@router.get("")
def entries(
    request: Request, visitor: Visitor = need(Right.SEE_AUDIT), name: str = Query("", max_length=200),
    what: str = Query("", max_length=200), call: str = Query("", max_length=100),
    before: int = Query(0, ge=0, lt=2**62),
) -> Response:  # fmt: skip
    chosen = {"name": name, "what": what, "call": call}
    with parts_of(request).engine.connect() as db:
        found = trail.read(db, before=before, limit=A_PAGE + 1, **chosen)
    kept = {key: value for key, value in chosen.items() if value}
    older = "/audit?" + urlencode(kept | {"before": found[A_PAGE - 1].id}) if len(found) > A_PAGE else ""
    export = "/audit/all.csv?" + urlencode(kept)
    return page(request, visitor, "audit/list.html", entries=found[:A_PAGE], chosen=chosen, older=older, export=export)


@router.get("/all.csv")
def everything(
    request: Request, visitor: Visitor = need(Right.SEE_AUDIT), name: str = Query("", max_length=200),
    what: str = Query("", max_length=200), call: str = Query("", max_length=100),
) -> Response:  # fmt: skip
    audit(visitor, "audit.exported")
    rows = _rows(parts_of(request).engine, {"name": name, "what": what, "call": call})
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


def _rows(engine: Engine, chosen: dict[str, str]) -> Iterator[str]:
    before = 0
    yield ",".join(COLUMNS) + "\r\n"
    while True:
        with engine.connect() as db:
            found = trail.read(db, before=before, limit=1000, **chosen)
        if not found:
            return
        out = io.StringIO()
        csv.writer(out).writerows([_plain(str(getattr(it, name))) for name in COLUMNS] for it in found)
        yield out.getvalue()
        before = found[-1].id


def _plain(text: str) -> str:
    """No formula when a spreadsheet opens it (CWE-1236)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
