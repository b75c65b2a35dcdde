"""What goes wrong: RFC 9457 for programs, a plain page for people, the sign-in for those who are not signed in."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ivr.web.bundles import NotBuilt
from ivr.web.identity import SignInNeeded
from ivr.web.rendering import page

log = structlog.get_logger("web")
AWAY_S = 3
"""After that many seconds a page that misses the database looks again."""


def wants_page(request: Request) -> bool:
    """A person's browser goes there, no script."""
    if request.url.path.startswith("/api/v1/") or "hx-request" in request.headers:
        return False
    return "text/html" in request.headers.get("accept", "")


def problem(status: int, detail: Any = "", headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """RFC 9457."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(told, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """The handlers."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if isinstance(error, SignInNeeded) and wants_page(request) and request.method == "GET":
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/sign-in?next={quote(here)}", 303)
        if wants_page(request):
            return _page(request, error.status_code, error.detail if isinstance(error.detail, str) else "")
        return problem(error.status_code, error.detail, headers)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        errors = [{"where": ".".join(map(str, it["loc"])), "why": it["msg"]} for it in error.errors()[:20]]
        if wants_page(request):
            return _page(request, 422, "; ".join(f"{it['where']}: {it['why']}" for it in errors))
        return problem(422, "the request is not as it should be", errors=errors)

    async def away(request: Request, error: Exception) -> Response:
        log.warning("the database is away", error=type(error).__name__)
        headers = {"Retry-After": str(AWAY_S)}
        if wants_page(request):
            answer = page(request, None, "errors/away.html", 503, again_s=AWAY_S)
            answer.headers.update(headers)
            return answer
        return problem(503, "the database is away", headers)

    app.add_exception_handler(OperationalError, away)
    app.add_exception_handler(PoolTimeout, away)

    async def not_kept(request: Request, error: Exception) -> Response:
        """NUL and half characters in a text, a number beyond the column's: a database has no place for them."""
        return problem(422, "a value has characters that cannot be kept, or is too large")

    app.add_exception_handler(DataError, not_kept)
    app.add_exception_handler(UnicodeEncodeError, not_kept)

    @app.exception_handler(NotBuilt)
    async def not_built(request: Request, error: NotBuilt) -> Response:
        return Response(str(error), 503, media_type="text/plain")

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> Response:
        log.error("a page failed", path=request.url.path, error=repr(error)[:300], exc_info=error)
        if wants_page(request):
            return _page(request, 500, "")
        return problem(500)


def _page(request: Request, status: int, detail: str) -> Response:
    visitor = getattr(request.state, "visitor", None)
    return page(request, visitor, "errors/plain.html", status, code=status, detail=detail)
