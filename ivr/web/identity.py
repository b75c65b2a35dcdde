"""Who asks: the session behind a cookie, or the token of a program; and may they."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import WebSocketException
from starlette.requests import HTTPConnection, Request

from ivr.records import audit, sessions
from ivr.records.people import Person
from ivr.web.rights import ROLES, Right, Visitor

if TYPE_CHECKING:
    from ivr.web.parts import WebParts

SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1


class SignInNeeded(HTTPException):
    """No session and no token, or ones that ended."""

    def __init__(self) -> None:
        super().__init__(401, "sign in first", {"WWW-Authenticate": "Bearer"})


def parts_of(connection: HTTPConnection) -> "WebParts":
    """The process's parts."""
    found: WebParts = connection.app.state.parts
    return found


def cookie_name(parts: "WebParts") -> str:
    """`__Host-`: browsers take it over HTTPS only, and from this host only."""
    return "__Host-ivr" if secure(parts) else "ivr_session"


def secure(parts: "WebParts") -> bool:
    """Served over HTTPS, by a proxy before us."""
    return parts.values.web.url.startswith("https://")


def address_of(connection: HTTPConnection) -> str:
    """The client's address; uvicorn reads X-Forwarded-For of trusted proxies (setting `web.proxies`)."""
    return connection.client.host if connection.client else ""


async def identify(connection: HTTPConnection, right: Right) -> Visitor:
    """Raises SignInNeeded, HTTPException 403; WebSocketException for a WebSocket."""
    try:
        visitor = await run_in_threadpool(_known, connection)
        if visitor.csrf and connection.scope["type"] == "websocket":
            _same_site(connection)
        elif visitor.csrf and connection.scope["method"] not in SAFE:
            _same_site(connection)
            await _check_csrf(connection, visitor.csrf)
        if right not in visitor.rights:
            raise HTTPException(403, "you may not do that")
    except HTTPException as refused:
        if connection.scope["type"] == "websocket":
            raise WebSocketException(POLICY_VIOLATION, str(refused.detail)) from None
        raise
    connection.state.visitor = visitor
    return visitor


def session_of(connection: HTTPConnection) -> sessions.Session | None:
    """Also one whose second factor is still to be given. Raises SQLAlchemyError."""
    parts = parts_of(connection)
    token = connection.cookies.get(cookie_name(parts), "")
    if not token:
        return None
    web = parts.values.web
    with parts.engine.begin() as db:
        return sessions.find(db, token, web.idle_h * 3600, web.session_h * 3600)


def _known(connection: HTTPConnection) -> Visitor:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        with parts_of(connection).engine.begin() as db:
            found = sessions.of_token(db, token.strip())
        if found is None:
            raise SignInNeeded
        person, scopes = found
        return visitor_of(connection, person, frozenset(right for right in Right if right in scopes))
    session = session_of(connection)
    if session is None or not session.complete:
        raise SignInNeeded
    return visitor_of(connection, session.person, frozenset(Right), session.csrf)


def visitor_of(connection: HTTPConnection, person: Person, scopes: frozenset[Right], csrf: str = "") -> Visitor:
    """`scopes`: rights beyond these are not had, whatever the role."""
    parts, address = parts_of(connection), address_of(connection)

    def write(what: str, about: str, call: str) -> None:
        with parts.engine.begin() as db:
            audit.write(db, what, name=person.name, role=person.role, about=about, call=call, address=address)

    return Visitor(
        name=person.name,
        role=person.role,
        rights=ROLES.get(person.role, frozenset()) & scopes,
        lines=person.lines,
        language=person.language or language_of(connection),
        csrf=csrf,
        person=person.id,
        write_audit=write,
    )


def language_of(connection: HTTPConnection) -> str:
    """The first language that the browser wants and we have."""
    wanted = connection.headers.get("accept-language", "")[:200]
    for part in wanted.split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in parts_of(connection).languages:
            return code
    return "en"


def _same_site(connection: HTTPConnection) -> None:
    """Refuses what a page of another site sends. Raises HTTPException 403."""
    origin = connection.headers.get("origin")
    if origin is None:
        site = connection.headers.get("sec-fetch-site", "same-origin")
        if connection.scope["type"] == "websocket" or site not in ("same-origin", "none"):
            raise HTTPException(403, "another site sent this")
        return
    ours = {connection.headers.get("host", ""), urlsplit(parts_of(connection).values.web.url).netloc}
    if urlsplit(origin).netloc not in ours - {""}:
        raise HTTPException(403, "another site sent this")


async def _check_csrf(connection: HTTPConnection, wanted: str) -> None:
    """Raises HTTPException 403 without the session's token in the header or the form."""
    import hmac

    given: object = connection.headers.get("x-csrf-token", "")
    kind = connection.headers.get("content-type", "").split(";")[0].strip().lower()
    if not given and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        assert isinstance(connection, Request)
        given = (await connection.form(max_files=20, max_fields=2000)).get("csrf", "")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise HTTPException(403, "the page is too old: load it again")
