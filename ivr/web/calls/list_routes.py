"""The list: search, count, export, saved searches, tags in use. Every filter is in the address."""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ivr.insight import call_export, call_masking, call_review, call_search, saved_searches
from ivr.insight.call_filter import FilterError
from ivr.web.calls.place import Person, Place, wanted
from ivr.web.flows.place import small

COUNTED = 1_000_000
"""Calls that are counted before an export, for its progress."""


FILES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "application/jsonl": {}}}}


class Search(BaseModel):
    """A search that is kept: as its address has it."""

    filters: dict[str, list[str]] = Field(max_length=30)


def routes(place: Place) -> APIRouter:
    api = APIRouter(prefix="/calls", dependencies=[Depends(small)])
    see, export = place.gate.see, place.gate.export

    @api.get("")
    def calls(
        request: Request,
        after: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=call_search.MOST)] = 50,
        person: Person = see,
    ) -> dict[str, Any]:
        """A page, newest first: {calls, after}. `after` of a page gives the next one; empty: there is none."""
        filters = wanted(person, _given(request))
        try:
            with place.engine.connect() as connection:
                page = call_search.search(connection, filters, person.lines, after, limit)
        except FilterError as error:
            raise HTTPException(422, str(error)) from None
        return {"calls": [masked(call, person) for call in page.calls], "after": page.after}

    @api.get("/count")
    def count(request: Request, person: Person = see) -> dict[str, Any]:
        """{calls, more}: counted up to 10,000; `more`: there are more."""
        with place.engine.connect() as connection:
            found = call_search.count(connection, wanted(person, _given(request)), person.lines, 10_001)
        return {"calls": min(found, 10_000), "more": found > 10_000}

    @api.get("/export.{kind}", response_class=StreamingResponse, responses=FILES)
    def exported(request: Request, kind: Literal["csv", "jsonl"], person: Person = export) -> StreamingResponse:
        """All that are found, streamed; header X-Calls says how many to expect."""
        filters = wanted(person, _given(request))
        with place.engine.connect() as connection:
            found = call_search.count(connection, filters, person.lines, COUNTED)
        place.audit(person, f"export {kind}", json.dumps(filters.address(), ensure_ascii=False))
        write = call_export.as_csv if kind == "csv" else call_export.as_json_lines
        number = str if person.sees_numbers else call_masking.number
        lines: Iterator[str] = write(place.engine, filters, person.lines, number)
        headers = {"X-Calls": str(found), "Content-Disposition": f'attachment; filename="calls.{kind}"'}
        kinds = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
        return StreamingResponse(lines, media_type=kinds[kind], headers=headers)

    @api.get("/tags")
    def tags(begins: Annotated[str, Query(max_length=60)] = "", _: Person = see) -> list[str]:
        """Tags in use that begin so."""
        with place.engine.connect() as connection:
            return call_review.tags(connection, begins)

    @api.get("/searches")
    def searches(person: Person = see) -> dict[str, dict[str, list[str]]]:
        """The person's own, by name."""
        with place.engine.connect() as connection:
            return {name: one.address() for name, one in saved_searches.of(connection, person.name).items()}

    @api.put("/searches/{name}", status_code=204)
    def save(name: str, search: Search, person: Person = see) -> Response:
        filters = wanted(person, search.filters)
        try:
            with place.engine.begin() as connection:
                saved_searches.save(connection, person.name, name, filters)
        except FilterError as error:
            raise HTTPException(422, str(error)) from None
        return Response(status_code=204)

    @api.delete("/searches/{name}", status_code=204)
    def forget(name: str, person: Person = see) -> Response:
        with place.engine.begin() as connection:
            saved_searches.forget(connection, person.name, name)
        return Response(status_code=204)

    return api


def _given(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in request.query_params}


def masked(call: dict[str, Any], person: Person) -> dict[str, Any]:
    """A row of a search as the person may see it."""
    return call if person.sees_numbers else call | {"caller": call_masking.number(call["caller"])}
