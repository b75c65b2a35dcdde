"""What people write about a call."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ivr.insight import call_review
from ivr.insight.call_review import ReviewError
from ivr.web.calls.place import Person, Place
from ivr.web.flows.place import small

Turn = Annotated[int, InPath(ge=0, le=1_000_000)]


class Note(BaseModel):
    note: str = Field(max_length=call_review.LONGEST_NOTE)


class Rating(BaseModel):
    """None takes the person's rating back."""

    stars: int | None = Field(ge=1, le=call_review.MOST_STARS)


class Correction(BaseModel):
    """What the caller really said."""

    said: str = Field(max_length=call_review.LONGEST_SAID)
    intent: str = Field("", max_length=call_review.LONGEST_TAG)


@contextmanager
def writing(place: Place, call: UUID, person: Person, words: bool = False) -> Iterator[tuple[Connection, str]]:
    """A transaction on a call that the person may see. Raises HTTPException 403, 404, 422."""
    if words and not person.sees_words:
        raise HTTPException(403, "you may not see what callers said")
    try:
        with place.engine.begin() as connection:
            yield connection, place.known(connection, person, call)
    except ReviewError as error:
        raise HTTPException(422, str(error)) from None


def routes(place: Place) -> APIRouter:
    """Below the path of calls."""
    api = APIRouter(prefix="/calls", dependencies=[Depends(small)])
    review = place.gate.review

    @api.post("/{call}/notes", status_code=204)
    def note(call: UUID, given: Note, person: Person = review) -> Response:
        with writing(place, call, person) as (connection, name):
            call_review.note(connection, name, person.name, given.note)
        return Response(status_code=204)

    @api.put("/{call}/rating", status_code=204)
    def rate(call: UUID, given: Rating, person: Person = review) -> Response:
        with writing(place, call, person) as (connection, name):
            call_review.rate(connection, name, person.name, given.stars)
        return Response(status_code=204)

    @api.put("/{call}/tags/{tag}", status_code=204)
    def tag(call: UUID, tag: str, person: Person = review) -> Response:
        with writing(place, call, person) as (connection, name):
            call_review.tag(connection, name, person.name, tag)
        return Response(status_code=204)

    @api.delete("/{call}/tags/{tag}", status_code=204)
    def untag(call: UUID, tag: str, person: Person = review) -> Response:
        with writing(place, call, person) as (connection, name):
            call_review.untag(connection, name, tag)
        return Response(status_code=204)

    @api.post("/{call}/turns/{turn}/corrections", status_code=204)
    def misheard(call: UUID, turn: Turn, given: Correction, person: Person = review) -> Response:
        with writing(place, call, person, words=True) as (connection, name):
            call_review.misheard(connection, name, turn, person.name, given.said, given.intent)
        return Response(status_code=204)

    return api
