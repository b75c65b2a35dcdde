"""Signing in and out, and the first administrator."""

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people, sessions
from ivr.records.people import Refused
from ivr.web import passwords
from ivr.web.identity import address_of, cookie_name, parts_of, secure
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need
from ivr.web.sign_in.session import begin_session, proven, safe_next, signed_in

router = APIRouter()
WRONG = "The name or the password is wrong."
TOO_MANY = "Too many tries. Wait a quarter of an hour."


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/", name: str = "") -> Response:
    return _page(request, next, name)


@router.post("/sign-in")
def sign_in(
    request: Request, name: str = Form("", max_length=200), password: str = Form("", max_length=2000),
    next: str = Form("/", max_length=2000),
) -> Response:  # fmt: skip
    """A session, or the page again with why not."""
    parts, address = parts_of(request), address_of(request)
    if not parts.values.web.passwords:
        raise HTTPException(403, "passwords are not used here")
    with parts.engine.begin() as db:
        sessions.in_turn(db, name)
        if sessions.too_many(db, name, address):
            return _page(request, next, name, TOO_MANY, 429)
        person = people.find(db, name.strip())
        right = passwords.right(person.password if person else "", password)
        if person is None or not right or person.disabled:
            sessions.failed(db, name, address)
            audit.write(db, "sign_in_failed", name=name.strip(), address=address)
            return _page(request, next, name, WRONG, 401)
        sessions.succeeded(db, name)
        if passwords.outdated(person.password):
            people.keep_hash(db, person.id, passwords.hashed(password))
    return proven(request, person, next)


@router.post("/sign-out")
def sign_out(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    parts = parts_of(request)
    with parts.engine.begin() as db:
        sessions.end(db, request.cookies.get(cookie_name(parts), ""))
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(parts), path="/", secure=secure(parts), httponly=True, samesite="lax")
    return answer


@router.get("/first/{token}")
def first_page(request: Request, token: str) -> Response:
    if not parts_of(request).first_time.opens(token):
        return RedirectResponse("/sign-in", 303)
    return page(request, None, "sign_in/first.html", problem="", name="")


@router.post("/first/{token}")
def first(
    request: Request, token: str, name: str = Form("", max_length=200), password: str = Form("", max_length=2000)
) -> Response:
    """Makes the first administrator; the link serves once."""
    parts = parts_of(request)
    if not parts.first_time.opens(token):
        return RedirectResponse("/sign-in", 303)
    why = passwords.weakness(password, name)
    if not why:
        try:
            with parts.engine.begin() as db:
                sessions.in_turn(db, "")  # of two who hold the link, one
                if people.any_there(db):
                    return RedirectResponse("/sign-in", 303)
                person = people.add(db, name, "administrator", password=passwords.hashed(password))
                audit.write(db, "person.added", name=person.name, role=person.role, about=person.name)
        except Refused as error:
            why = str(error)
        else:
            parts.first_time.used()
            return signed_in(request, begin_session(request, person, True), "/")
    return page(request, None, "sign_in/first.html", 422, problem=why, name=name)


def _page(request: Request, wanted: str, name: str, problem: str = "", status: int = 200) -> Response:
    web = parts_of(request).values.web
    provider = web.oidc_name if web.oidc_issuer else ""
    return page(
        request, None, "sign_in/sign_in.html", status, next=safe_next(wanted), name=name, problem=problem,
        provider=provider, passwords=web.passwords,
    )  # fmt: skip
