"""The second factor: codes of an authenticator (TOTP, RFC 6238), asked at the sign-in, set up in the account."""

import hmac
import json
import time
from dataclasses import replace

import pyotp
import segno
from fastapi import APIRouter, Form, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people, sessions
from ivr.web import passwords
from ivr.web.identity import address_of, parts_of, session_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need
from ivr.web.sign_in.session import begin_session, proven, safe_next, signed_in

router = APIRouter()
STEP_S = 30
SETUP_S = 900
"""A secret that was shown may be confirmed that long."""
WRONG = "This code is wrong, or too old."
TOO_MANY = "Too many tries. Wait a quarter of an hour."


def step_of(secret: str, code: str, now: float) -> int:
    """The step whose code this is: now's or a neighbour's, for clocks that differ; 0: none."""
    given = "".join(code.split())
    steps = int(now // STEP_S)
    for step in (steps, steps - 1, steps + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).at(step * STEP_S).encode(), given.encode("utf-8", "replace")):
            return step
    return 0


@router.get("/sign-in/code")
def code_page(request: Request, next: str = "/") -> Response:
    session = session_of(request)
    if session is None or session.complete:
        return RedirectResponse("/sign-in", 303)
    return _asked(request, session.person, next)


@router.post("/sign-in/code")
def code(
    request: Request, code: str = Form("", max_length=50), next: str = Form("/", max_length=2000),
    sealed: str = Form("", max_length=2000), csrf: str = Form("", max_length=100),
) -> Response:  # fmt: skip
    """A whole session; or the page again. Whoever has no second factor but needs one sets it up here."""
    session = session_of(request)
    if session is None or session.complete:
        return RedirectResponse("/sign-in", 303)
    if not hmac.compare_digest(csrf.encode("utf-8", "replace"), session.csrf.encode()):
        raise HTTPException(403, "the page is too old: load it again")
    parts, address = parts_of(request), address_of(request)
    with parts.engine.begin() as db:
        name = session.person.name
        sessions.in_turn(db, name)
        person = people.by_id(db, session.person.id)
        if person is None or sessions.too_many(db, name, address):
            return _asked(request, session.person, next, TOO_MANY, 429)
        kept = person.second_factor
        secret = parts.box.open(kept) if kept else _confirmed(request, person, sealed)
        step = step_of(secret, code, time.time()) if secret else 0
        if not secret or not step or step <= person.second_factor_step:
            sessions.failed(db, name, address)
            audit.write(db, "second_factor_failed", name=name, role=person.role, address=address)
            return _asked(request, person, next, WRONG, 401, sealed)
        sessions.succeeded(db, name)
        if kept:
            people.note_step(db, person.id, step)
        else:
            people.change(db, person.id, second_factor=parts.box.close(secret), second_factor_step=step)
            audit.write(db, "second_factor.set", name=name, role=person.role, about=name)
    return signed_in(request, begin_session(request, person, True), next)


@router.get("/account/second-factor")
def setup_page(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    return _setup(request, visitor)


@router.post("/account/second-factor")
def setup(
    request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT), code: str = Form("", max_length=50),
    sealed: str = Form("", max_length=2000), password: str = Form("", max_length=2000),
) -> Response:  # fmt: skip
    """Ends every other session of this person."""
    parts = parts_of(request)
    with parts.engine.begin() as db:
        person = _own(request, db, visitor, password)
        if person is None:
            return _setup(request, visitor, "This is not your password.", 422, sealed)
        secret = _confirmed(request, person, sealed)
        step = step_of(secret, code, time.time()) if secret else 0
        if not step:
            return _setup(request, visitor, WRONG, 422, sealed)
        people.change(db, person.id, second_factor=parts.box.close(secret), second_factor_step=step)
        audit.write(db, "second_factor.set", name=person.name, role=person.role, about=person.name)
    return signed_in(request, begin_session(request, person, True), "/account")


@router.post("/account/second-factor/remove")
def remove(
    request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT), password: str = Form("", max_length=2000)
) -> Response:
    """With the password: a browser that was left open is not enough."""
    with parts_of(request).engine.begin() as db:
        person = _own(request, db, visitor, password)
        if person is None:
            return _setup(request, visitor, "This is not your password.", 422)
        people.change(db, person.id, second_factor=None)
        audit.write(db, "second_factor.removed", name=person.name, role=person.role, about=person.name)
    return proven(request, replace(person, second_factor=None), "/account")


def _own(request: Request, db: Connection, visitor: Visitor, password: str) -> people.Person | None:
    """The person, when the password is theirs; those who have none came by OpenID Connect. Raises HTTPException 429."""
    sessions.in_turn(db, visitor.name)
    if sessions.too_many(db, visitor.name, address_of(request)):
        raise HTTPException(429, TOO_MANY)
    person = people.by_id(db, visitor.person)
    if person is not None and person.password and not passwords.right(person.password, password):
        sessions.failed(db, visitor.name, address_of(request))
        return None
    return person


def _confirmed(request: Request, person: people.Person, sealed: str) -> str:
    """The secret that this person was shown a short while ago; empty: none."""
    told = parts_of(request).box.open(sealed.encode("utf-8", "replace")) if sealed else None
    if told is None:
        return ""
    number, at, secret = json.loads(told)
    return str(secret) if number == person.id and time.time() - at < SETUP_S else ""


def _offered(request: Request, person: people.Person, sealed: str = "") -> dict[str, str]:
    """A fresh secret to show, or the one that was shown before."""
    box = parts_of(request).box
    secret = _confirmed(request, person, sealed) or pyotp.random_base32()
    fresh = box.close(json.dumps([person.id, time.time(), secret])).decode()
    address = pyotp.TOTP(secret, name=person.name, issuer="ivr").provisioning_uri()
    drawn = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")
    return {"secret": secret, "sealed": fresh, "drawn": drawn}


def _asked(
    request: Request, person: people.Person, wanted: str, problem: str = "", status: int = 200, sealed: str = ""
) -> Response:
    session = session_of(request)
    values = {"next": safe_next(wanted), "problem": problem, "csrf": session.csrf if session else ""}
    offered = None if person.second_factor else _offered(request, person, sealed)
    return page(request, None, "sign_in/code.html", status, offered=offered, **values)


def _setup(request: Request, visitor: Visitor, problem: str = "", status: int = 200, sealed: str = "") -> Response:
    with parts_of(request).engine.connect() as db:
        person = people.by_id(db, visitor.person)
    if person is None:
        raise HTTPException(404, "there is nobody of that name")
    offered = None if person.second_factor else _offered(request, person, sealed)
    return page(request, visitor, "sign_in/second_factor.html", status, person=person, offered=offered, problem=problem)
