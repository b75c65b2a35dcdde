"""A session begins: its cookie, and where the browser goes then."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ivr.records import audit, people, sessions
from ivr.web.identity import address_of, cookie_name, parts_of, secure


def safe_next(wanted: str) -> str:
    """A path of ours, nothing that leads to another host."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if ours and "\\" not in wanted else "/"


def signed_in(request: Request, token: str, where: str) -> Response:
    """With the session's cookie, to a page of ours."""
    parts = parts_of(request)
    answer = RedirectResponse(safe_next(where), 303)
    answer.set_cookie(
        cookie_name(parts), token, max_age=int(parts.values.web.session_h * 3600), path="/", secure=secure(parts),
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


def begin_session(request: Request, person: people.Person, complete: bool) -> str:
    """A new session's token, audited when it is complete; this browser's old one is over."""
    parts = parts_of(request)
    web = parts.values.web
    address, program = address_of(request), request.headers.get("user-agent", "")
    with parts.engine.begin() as db:
        sessions.forget_old(db, web.idle_h * 3600, web.session_h * 3600)
        old = request.cookies.get(cookie_name(parts), "")
        if old:
            sessions.end(db, old)
        token = sessions.begin(db, person.id, complete=complete, address=address, program=program)
        if complete:
            audit.write(db, "signed_in", name=person.name, role=person.role, address=address)
    return token


def proven(request: Request, person: people.Person, where: str) -> Response:
    """Who it is is known: a session, or first the second factor when there is one, or must be."""
    from urllib.parse import quote

    needed = person.second_factor is not None or parts_of(request).values.web.second_factor == "required"
    token = begin_session(request, person, not needed)
    return signed_in(request, token, f"/sign-in/code?next={quote(safe_next(where))}" if needed else where)
