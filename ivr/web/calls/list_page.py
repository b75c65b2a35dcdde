"""The page of calls: a form whose state is its address, what it finds, searches that are kept."""

from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from ivr.insight import call_choices, call_search, saved_searches
from ivr.insight.call_filter import CallFilter, FilterError
from ivr.web.calls.list_routes import masked
from ivr.web.calls.place import Place, wanted
from ivr.web.calls.wording import FILTERS, PAST, address, given, shown, words_of
from ivr.web.rendering import page
from ivr.web.rights import Visitor

A_PAGE = 50
COUNTED = 10_000


def routes(place: Place) -> APIRouter:
    """Below /calls."""
    pages = APIRouter(prefix="/calls", include_in_schema=False)
    see = place.gate.see

    @pages.get("")
    def calls(
        request: Request, after: Annotated[str, Query(max_length=200)] = "", visitor: Visitor = see
    ) -> Response:  # fmt: skip
        """The page; its results alone for htmx, with the address that says the same without empty fields."""
        part = "hx-request" in request.headers and "hx-history-restore-request" not in request.headers
        try:
            filters = wanted(visitor, given(request.query_params))
            with place.engine.connect() as connection:
                found = call_search.search(connection, filters, visitor.lines, after, A_PAGE)
                around = {} if part else _around(connection, visitor, filters)
        except (FilterError, HTTPException) as error:
            if part:
                raise error if isinstance(error, HTTPException) else HTTPException(422, str(error)) from None
            return _refused(request, visitor, place, error)
        values: dict[str, Any] = {
            "found": [masked(call, visitor) for call in found.calls], "filters": filters, "query": address(filters),
            "older": address(filters, found.after) if found.after else "", "paged": bool(after), "problem": None,
        }  # fmt: skip
        answer = page(request, visitor, f"calls/{'found' if part else 'list'}.html", **values, **around,
                      **words_of(visitor.language))  # fmt: skip
        if part:
            here = address(filters, after)
            answer.headers["HX-Push-Url"] = f"/calls?{here}" if here else "/calls"
        return answer

    @pages.get("/count")
    def count(request: Request, visitor: Visitor = see) -> Response:
        """How many a search finds, as the page says it."""
        with place.engine.connect() as connection:
            filters = wanted(visitor, given(request.query_params))
            found = call_search.count(connection, filters, visitor.lines, COUNTED + 1)
        return page(request, visitor, "calls/count.html", n=min(found, COUNTED), more=found > COUNTED)

    @pages.post("/searches")
    def keep(
        request: Request, visitor: Visitor = see, name: str = Form("", max_length=200),
        query: str = Form("", max_length=10_000),
    ) -> Response:  # fmt: skip
        """Keep the search of an address under a name. Refuses with 422."""
        filters = wanted(visitor, parse_qs(query))
        try:
            with place.engine.begin() as connection:
                saved_searches.save(connection, visitor.name, name, filters)
        except FilterError as error:
            raise HTTPException(422, str(error)) from None
        return _searches(request, visitor, place, query)

    @pages.post("/searches/forget")
    def forget(
        request: Request, visitor: Visitor = see, name: str = Form("", max_length=200),
        query: str = Form("", max_length=10_000),
    ) -> Response:  # fmt: skip
        with place.engine.begin() as connection:
            saved_searches.forget(connection, visitor.name, name)
        return _searches(request, visitor, place, query)

    return pages


def _around(connection: Connection, visitor: Visitor, filters: CallFilter) -> dict[str, Any]:
    """What the page has besides the results."""
    offered = call_choices.choices(connection, visitor.lines)
    for name, values in offered.items():
        offered[name] = list(dict.fromkeys([*values, *getattr(filters, name)]))
    return {
        "form": shown(filters), "offered": offered, "kept": _kept(connection, visitor), "past": PAST, "labels": FILTERS
    }  # fmt: skip


def _kept(connection: Connection, visitor: Visitor) -> dict[str, str]:
    """Name -> address."""
    return {name: address(one) for name, one in saved_searches.of(connection, visitor.name).items()}


def _searches(request: Request, visitor: Visitor, place: Place, query: str) -> Response:
    """The list of kept searches for htmx; for others the page that they came from."""
    if "hx-request" not in request.headers:
        return RedirectResponse(f"/calls?{urlencode(parse_qs(query), doseq=True)}", 303)
    with place.engine.connect() as connection:
        kept = _kept(connection, visitor)
    return page(request, visitor, "calls/searches.html", kept=kept, query=query)


def _refused(request: Request, visitor: Visitor, place: Place, error: FilterError | HTTPException) -> Response:
    """The page with what was typed, and why nothing was looked for."""
    status, told = (error.status_code, error.detail) if isinstance(error, HTTPException) else (422, str(error))
    name, _, why = told.partition(": ")
    with place.engine.connect() as connection:
        around = _around(connection, visitor, CallFilter())
    fields = around["form"]
    for field, typed in given(request.query_params).items():
        if field in fields:
            fields[field] = typed if isinstance(fields[field], list) else typed[-1]
    values: dict[str, Any] = {
        "found": [], "filters": CallFilter(), "query": "", "older": "", "paged": False,
        "problem": (FILTERS[name], why) if name in FILTERS else ("", told),
    }  # fmt: skip
    return page(request, visitor, "calls/list.html", status, **values, **around, **words_of(visitor.language))
