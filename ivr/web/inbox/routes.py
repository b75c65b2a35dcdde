"""The inbox: voicemails and call-backs as rows with state and owner; heard, taken, called back, done."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi import Path as InPath
from starlette.responses import FileResponse, RedirectResponse, Response

from ivr.records import inbox
from ivr.records.inbox import STATES, Item, Taken
from ivr.web.call_here.originate_routes import originate
from ivr.web.identity import parts_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, audit, need

router = APIRouter(prefix="/inbox")
A_PAGE = 50
SHOWN = ("open", *STATES, "all")
DIALLED = frozenset("0123456789+*#")


def dial(number: str) -> str:
    """`tel:` or `sip:` address of what a caller typed or came from; empty when it is neither."""
    text = number.strip()
    if text.lower().startswith(("sip:", "sips:")):
        return text[:200] if text.isprintable() and " " not in text else ""
    digits = "".join(it for it in text if it in DIALLED)
    spaces = all(it in DIALLED or it in " -()./" for it in text)
    return f"tel:{quote(digits, safe='+*')}" if spaces and 3 <= len(digits) <= 20 else ""


@router.get("")
def items(
    request: Request, visitor: Visitor = need(Right.SEE_INBOX), state: str = Query("open", max_length=10),
    kind: str = Query("", max_length=20), before: str = Query("", max_length=60),
) -> Response:  # fmt: skip
    """Newest first, page by page."""
    if state not in SHOWN or kind not in ("", "message", "call_back"):
        raise HTTPException(422, f"state is one of {', '.join(SHOWN)}; kind is message or call_back")
    wanted = "" if state == "all" else state
    with parts_of(request).engine.connect() as db:
        try:
            found = inbox.items(db, lines=visitor.lines, state=wanted, kind=kind, before=before, limit=A_PAGE + 1)
        except (ValueError, OverflowError):
            raise HTTPException(422, "that is no place in the inbox") from None
        new = inbox.count(db, visitor.lines)
    chosen = {"state": state, "kind": kind}
    older = "/inbox?" + urlencode(chosen | {"before": found[A_PAGE - 1].key}) if len(found) > A_PAGE else ""
    rows = [_row(request, visitor, it) for it in found[:A_PAGE]]
    newest = found[0].key if found and not before else ""
    return page(request, visitor, "inbox/list.html", rows=rows, chosen=chosen, shown=SHOWN, older=older, new=new,
                newest=newest)  # fmt: skip


@router.get("/new")
def new(request: Request, visitor: Visitor = need(Right.SEE_INBOX), known: int = Query(0, ge=0)) -> Response:
    """A line for the page that has been open for a while; `known`: how many were new when it was loaded."""
    with parts_of(request).engine.connect() as db:
        more = inbox.count(db, visitor.lines) - known
    return page(request, visitor, "inbox/new.html", more=max(0, more), known=known)


@router.post("/{call}/{seq}")
def change(
    request: Request, call: UUID, seq: int = InPath(ge=0, lt=2**31), visitor: Visitor = need(Right.WORK_INBOX),
    state: str = Form("", max_length=10), why: str = Form("", max_length=20),
) -> Response:  # fmt: skip
    """Take it, give it back (`new`), be done with it. `why` call_back: taken to call them. 409: somebody else has it.
    htmx gets the row, others the page."""
    if state not in STATES:
        raise HTTPException(422, f"state is one of {', '.join(STATES)}")
    parts = parts_of(request)
    found = _found(request, visitor, call, seq)
    audit(visitor, "inbox.called_back" if why == "call_back" else f"inbox.{state}", found.kind, call=str(call))
    try:
        with parts.engine.begin() as db:
            inbox.change(db, found, state, visitor.name)
    except Taken as error:
        raise HTTPException(409, f"{error} has taken it already") from None
    if "hx-request" not in request.headers:
        return RedirectResponse("/inbox", 303)
    return page(request, visitor, "inbox/row.html", it=_row(request, visitor, _found(request, visitor, call, seq)))


@router.post("/{call}/{seq}/call")
def call_back(
    request: Request, call: UUID, seq: int = InPath(ge=0, lt=2**31), visitor: Visitor = need(Right.WORK_INBOX)
) -> Response:
    """The server calls who wants it, and connects them with the destination that they waited for. Taken first, so that
    two do not call at once; given back when no call is made. 409: somebody else has it, or why no call is made."""
    parts = parts_of(request)
    found = _found(request, visitor, call, seq)
    if not can_connect(visitor, found):
        raise HTTPException(403, "calls are made for wishes to be called back, by those who may have the server call")
    try:
        with parts.engine.begin() as db:
            inbox.change(db, found, "taken", visitor.name)
    except Taken as error:
        raise HTTPException(409, f"{error} has taken it already") from None
    try:
        audit(visitor, "inbox.called_back", found.destination, call=str(call))
        originate(parts, visitor, _address(found.number or found.caller), found.line, found.destination)
    except HTTPException:
        with parts.engine.begin() as db:
            inbox.change(db, found, found.state, visitor.name)
        raise
    if "hx-request" not in request.headers:
        return RedirectResponse("/inbox", 303)
    return page(request, visitor, "inbox/row.html", it=_row(request, visitor, _found(request, visitor, call, seq)))


def _address(number: str) -> str:
    """What `originate` takes: a SIP address, or digits with the plus before them. Raises HTTPException 409."""
    found = dial(number)
    if not found:
        raise HTTPException(409, "what the caller left is no number that can be called")
    return found if found.startswith("sip") else unquote(found.removeprefix("tel:"))


@router.get("/{call}/{seq}/sound")
def sound(
    request: Request, call: UUID, seq: int = InPath(ge=0, lt=2**31), visitor: Visitor = need(Right.HEAR_CALLS)
) -> Response:
    """The message, WAV, with ranges."""
    found = _found(request, visitor, call, seq)
    file = _file(parts_of(request).state, found)
    if file is None:
        raise HTTPException(404, "there is no such message, or its sound has been deleted")
    audit(visitor, "message.heard", found.mailbox, call=str(call))
    return FileResponse(file, media_type="audio/wav", filename=f"{found.key}.wav",
                        content_disposition_type="inline", headers={"Cache-Control": "no-store"})  # fmt: skip


def _found(request: Request, visitor: Visitor, call: UUID, seq: int) -> Item:
    """Raises HTTPException 404, for other lines too."""
    with parts_of(request).engine.connect() as db:
        found = inbox.find(db, str(call), seq, visitor.lines)
    if found is None:
        raise HTTPException(404, "there is no such entry")
    return found


def _file(state: Path, item: Item) -> Path | None:
    """The message's sound when it is on this machine, and where messages are."""
    if item.kind != "message":
        return None
    root = (state / "recordings" / "messages").resolve()
    try:
        found = (root / f"{item.name}.wav").resolve()
        return found if found.parent == root and found.is_file() else None
    except (OSError, ValueError):
        return None


def _row(request: Request, visitor: Visitor, item: Item) -> dict[str, Any]:
    """As this visitor may see it."""
    number = item.number or item.caller
    return {
        "item": item,
        "caller": visitor.number(number),
        "dial": dial(number) if visitor.sees_numbers and visitor.may(Right.WORK_INBOX) else "",
        "there": visitor.may(Right.HEAR_CALLS) and _file(parts_of(request).state, item) is not None,
        "mine": item.owner == visitor.name,
        "connects": can_connect(visitor, item),
    }


def can_connect(visitor: Visitor, item: Item) -> bool:
    """Whether the server may call who left it, and connect them with the destination that they waited for."""
    return item.kind == "call_back" and bool(item.destination) and visitor.may(Right.ORIGINATE)
