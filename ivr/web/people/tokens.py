"""Tokens of programs: made by everybody for themselves, with rights of their own; ended by administrators too."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people, sessions
from ivr.web.identity import address_of, parts_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need

router = APIRouter()
DAYS = (7, 30, 90, 365)
MOST = 50


@router.get("/account/tokens")
def tokens(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    return _page(request, visitor)


@router.post("/account/tokens")
def make(
    request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT), name: str = Form("", max_length=100),
    scopes: list[str] = Form([]), days: int = Form(90),
) -> Response:  # fmt: skip
    """The token is shown once. A program cannot make itself another."""
    if not visitor.csrf:
        raise HTTPException(403, "tokens are made by people")
    chosen = sorted(it.value for it in Right if it in scopes)
    if not name.strip() or not name.isprintable():
        return _page(request, visitor, problem="Give the token a name.", status=422)
    if not chosen or not set(scopes) <= visitor.rights:
        return _page(request, visitor, problem="Choose what the program may do, of what you may.", status=422)
    if days not in DAYS:
        raise HTTPException(422, "there is no such duration")
    with parts_of(request).engine.begin() as db:
        if len(sessions.tokens(db, visitor.person)) >= MOST:
            return _page(request, visitor, problem="There are too many tokens; end one first.", status=422)
        until = datetime.now(UTC) + timedelta(days=days)
        token = sessions.make_token(db, visitor.person, name.strip(), chosen, until)
        about = f"{name.strip()}: {', '.join(chosen)}"
        audit.write(db, "token.made", name=visitor.name, role=visitor.role, about=about, address=address_of(request))
    return _page(request, visitor, shown=token)


@router.post("/account/tokens/{number}/end")
def end(request: Request, number: int, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    _end(request, visitor, number, visitor.person)
    return RedirectResponse("/account/tokens", 303)


@router.get("/people/tokens/all")
def everybodys(request: Request, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    """Of everybody whom the visitor may manage."""
    return _page(request, visitor, everybody=True)


@router.post("/people/tokens/{number}/end")
def end_anybodys(request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    if number not in {it.id for it in _managed(request, visitor)}:
        raise HTTPException(404, "there is no such token")
    _end(request, visitor, number, None)
    return RedirectResponse("/people/tokens/all", 303)


def _end(request: Request, visitor: Visitor, number: int, person: int | None) -> None:
    """Raises HTTPException 404."""
    with parts_of(request).engine.begin() as db:
        if not 0 < number < 2**62 or not sessions.drop_token(db, number, person):
            raise HTTPException(404, "there is no such token")
        audit.write(
            db, "token.ended", name=visitor.name, role=visitor.role, about=str(number), address=address_of(request)
        )


def _managed(request: Request, visitor: Visitor) -> list[sessions.Token]:
    with parts_of(request).engine.connect() as db:
        mine = {
            it.name
            for it in people.everybody(db)
            if visitor.lines is None or (it.lines is not None and it.lines <= visitor.lines)
        }
        return [it for it in sessions.tokens(db) if it.owner in mine]


def _page(
    request: Request, visitor: Visitor, *, everybody: bool = False, shown: str = "", problem: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    if everybody:
        found = _managed(request, visitor)
    else:
        with parts_of(request).engine.connect() as db:
            found = sessions.tokens(db, visitor.person)
    values = {"tokens": found, "everybody": everybody, "shown": shown, "problem": problem, "days": DAYS}
    offered = [it for it in Right if it in visitor.rights]
    return page(request, visitor, "people/tokens.html", status, offered=offered, now=datetime.now(UTC), **values)
