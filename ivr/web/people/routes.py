"""Who may use the pages: added, changed, disabled, removed by administrators."""

import secrets
from typing import Any

from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people
from ivr.records.people import Person, Refused
from ivr.web import passwords
from ivr.web.identity import address_of, parts_of
from ivr.web.line_names import line_names
from ivr.web.rendering import page
from ivr.web.rights import ROLES, Right, Visitor, need

router = APIRouter(prefix="/people")
LAST = "This is the last administrator of all lines."


@router.get("")
def everybody(request: Request, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    """Who is limited to lines sees those who are limited to some of them."""
    return _list(request, visitor)


@router.post("")
def add(
    request: Request, visitor: Visitor = need(Right.MANAGE_PEOPLE), name: str = Form("", max_length=200),
    role: str = Form("", max_length=50), lines: list[str] = Form([]), all_lines: bool = Form(False),
    password: str = Form("", max_length=2000),
) -> Response:  # fmt: skip
    """Without a password one is made and shown once."""
    limits = _limits(request, visitor, role, lines, all_lines)
    given = password or secrets.token_urlsafe(12)
    why = passwords.weakness(given, name)
    if not why:
        try:
            with parts_of(request).engine.begin() as db:
                made = people.add(db, name, role, password=passwords.hashed(given), lines=limits)
                _audit(db, request, visitor, "person.added", f"{made.name}: {role}")
            return _list(request, visitor, told=made.name, shown="" if password else given)
        except Refused as error:
            why = str(error)
    return _list(request, visitor, problem=why, status=422)


@router.get("/{number}")
def one(request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    with parts_of(request).engine.connect() as db:
        return _one(request, visitor, _known(db, visitor, number))


@router.post("/{number}")
def change(
    request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE), role: str = Form("", max_length=50),
    lines: list[str] = Form([]), all_lines: bool = Form(False), disabled: bool = Form(False),
) -> Response:  # fmt: skip
    limits = _limits(request, visitor, role, lines, all_lines)
    with parts_of(request).engine.begin() as db:
        person = _known(db, visitor, number)
        demoted = role != "administrator" or disabled or limits is not None
        if demoted and people.last_administrator(db, person):
            return _one(request, visitor, person, problem=LAST, status=422)
        people.change(db, number, role=role, lines=limits, disabled=disabled)
        shown = "all lines" if limits is None else ", ".join(sorted(limits))
        _audit(
            db, request, visitor, "person.changed", f"{person.name}: {role}, {shown}{', disabled' if disabled else ''}"
        )
    return RedirectResponse("/people", 303)


@router.post("/{number}/password")
def password(request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    """A new one, shown once; their sessions end."""
    made = secrets.token_urlsafe(12)
    with parts_of(request).engine.begin() as db:
        person = _known(db, visitor, number)
        people.change(db, number, password=passwords.hashed(made))
        _audit(db, request, visitor, "password.reset", person.name)
    return _one(request, visitor, person, shown=made)


@router.post("/{number}/second-factor")
def second_factor(request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    """For those who lost theirs."""
    with parts_of(request).engine.begin() as db:
        person = _known(db, visitor, number)
        people.change(db, number, second_factor=None)
        _audit(db, request, visitor, "second_factor.removed", person.name)
    return RedirectResponse(f"/people/{number}", 303)


@router.post("/{number}/remove")
def remove(request: Request, number: int, visitor: Visitor = need(Right.MANAGE_PEOPLE)) -> Response:
    with parts_of(request).engine.begin() as db:
        person = _known(db, visitor, number)
        if people.last_administrator(db, person):
            return _one(request, visitor, person, problem=LAST, status=422)
        people.remove(db, person)
        _audit(db, request, visitor, "person.removed", person.name)
    return RedirectResponse("/people", 303)


def _within(visitor: Visitor, lines: frozenset[str] | None) -> bool:
    """Nobody gives, or takes from, somebody with more lines than their own."""
    return visitor.lines is None or (lines is not None and lines <= visitor.lines)


def _known(db: Connection, visitor: Visitor, number: int) -> Person:
    """Raises HTTPException 404."""
    found = people.by_id(db, number) if 0 < number < 2**62 else None
    if found is None or not _within(visitor, found.lines):
        raise HTTPException(404, "there is nobody of that number")
    return found


def _limits(
    request: Request, visitor: Visitor, role: str, lines: list[str], all_lines: bool
) -> frozenset[str] | None:  # fmt: skip
    """Lines of the form; None: all. Raises HTTPException 422, 403."""
    if role not in ROLES:
        raise HTTPException(422, "there is no such role")
    found = None if all_lines else frozenset(lines)
    if found is not None and not found <= set(line_names(parts_of(request).flows)) | (visitor.lines or frozenset()):
        raise HTTPException(422, "there is no such line")
    if not _within(visitor, found):
        raise HTTPException(403, "these are not your lines")
    return found


def _audit(db: Connection, request: Request, visitor: Visitor, what: str, about: str) -> None:
    audit.write(db, what, name=visitor.name, role=visitor.role, about=about, address=address_of(request))


def _lines(request: Request, visitor: Visitor) -> list[str]:
    return [it for it in line_names(parts_of(request).flows) if visitor.lines is None or it in visitor.lines]


def _list(
    request: Request, visitor: Visitor, *, told: str = "", shown: str = "", problem: str = "", status: int = 200
) -> Response:
    with parts_of(request).engine.connect() as db:
        found = [it for it in people.everybody(db) if _within(visitor, it.lines)]
    values: dict[str, Any] = {"told": told, "shown": shown, "problem": problem, "lines": _lines(request, visitor)}
    return page(request, visitor, "people/list.html", status, people=found, roles=ROLES, person=None, **values)


def _one(
    request: Request, visitor: Visitor, person: Person, *, shown: str = "", problem: str = "", status: int = 200
) -> Response:
    lines = sorted({*_lines(request, visitor), *(person.lines or ())})
    values: dict[str, Any] = {"shown": shown, "problem": problem, "lines": lines, "told": ""}
    return page(request, visitor, "people/one.html", status, person=person, roles=ROLES, **values)
