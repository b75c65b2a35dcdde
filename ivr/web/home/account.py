"""What everybody may set of their own: language and password."""

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people
from ivr.web import passwords
from ivr.web.identity import parts_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor, need
from ivr.web.sign_in.session import begin_session, signed_in

router = APIRouter(prefix="/account")
LANGUAGES = {"en": "English", "ko": "한국어"}


@router.get("")
def account(request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT)) -> Response:
    return _page(request, visitor)


@router.post("/language")
def language(
    request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT), language: str = Form("", max_length=10)
) -> Response:
    """Of the pages; empty: what the browser says."""
    if language and language not in LANGUAGES:
        raise HTTPException(422, "there is no such language")
    with parts_of(request).engine.begin() as db:
        people.change(db, visitor.person, language=language)
    return RedirectResponse("/account", 303)


@router.post("/password")
def password(
    request: Request, visitor: Visitor = need(Right.OWN_ACCOUNT), old: str = Form("", max_length=2000),
    new: str = Form("", max_length=2000),
) -> Response:  # fmt: skip
    """A new password ends every session of this person; this browser gets a new one."""
    parts = parts_of(request)
    with parts.engine.begin() as db:
        person = people.by_id(db, visitor.person)
        if person is None or not passwords.right(person.password, old):
            return _page(request, visitor, "This is not your password.", 422)
        why = passwords.weakness(new, person.name)
        if why:
            return _page(request, visitor, why, 422)
        people.change(db, person.id, password=passwords.hashed(new))
        audit.write(db, "password.changed", name=person.name, role=person.role, about=person.name)
    return signed_in(request, begin_session(request, person, True), "/account")


def _page(request: Request, visitor: Visitor, problem: str = "", status: int = 200) -> Response:
    with parts_of(request).engine.connect() as db:
        person = people.by_id(db, visitor.person)
    values = {"person": person, "languages": LANGUAGES, "problem": problem}
    return page(request, visitor, "account.html", status, **values)
