"""The page of one call: its sound, its turns, its way, what people write about it."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi import Path as InPath
from starlette.responses import RedirectResponse, Response

from ivr.insight import call_review
from ivr.web.calls import told
from ivr.web.calls.drawing import delay_scale, lanes
from ivr.web.calls.place import Place
from ivr.web.calls.review_routes import writing
from ivr.web.calls.wording import DELAYS, words_of
from ivr.web.rendering import page
from ivr.web.rights import Right, Visitor

Turn = Annotated[int, InPath(ge=0, le=1_000_000)]


def routes(place: Place) -> APIRouter:
    """Below /calls; the forms of it in `_forms`."""
    pages = APIRouter(prefix="/calls", include_in_schema=False)
    see, trace = place.gate.see, place.gate.trace

    @pages.get("/{call}")
    def one(request: Request, call: UUID, visitor: Visitor = see) -> Response:
        """All of it but what is asked for on demand: partials, SIP, the graph."""
        found = told.story(place, visitor, call)
        sounds = [(number, row) for number, row in enumerate(found["recordings"]) if row["there"]]
        hears = visitor.may(Right.HEAR_CALLS)
        values = found | {
            "sounds": sounds if hears else [], "hears": hears, "scale": delay_scale(found["turns"]),
            "delay_names": DELAYS, "reviews": visitor.may(Right.REVIEW_CALLS), "traces": visitor.may(Right.TRACE_CALLS),
            "tags_known": _tags(place) if visitor.may(Right.REVIEW_CALLS) else [], "id": str(call),
        }  # fmt: skip
        return page(request, visitor, "calls/one.html", **values, **words_of(visitor.language))

    @pages.get("/{call}/turns/{turn}/partials")
    def partials(request: Request, call: UUID, turn: Turn, visitor: Visitor = see) -> Response:
        """What was heard so far, as it grew: a part of the page."""
        grown = told.partials(place, visitor, call, turn)
        return page(request, visitor, "calls/partials.html", grown=grown, **words_of(visitor.language))

    @pages.get("/{call}/sip")
    def sip(request: Request, call: UUID, visitor: Visitor = trace) -> Response:
        """The ladder of SIP messages: a part of the page."""
        messages = told.ladder(place, visitor, call)
        return page(request, visitor, "calls/sip.html", messages=messages, lanes=lanes(messages))

    pages.include_router(_forms(place))
    return pages


def _forms(place: Place) -> APIRouter:
    """What people write, as a page sends it: answered with the part of the page that changed, or by the way back."""
    forms = APIRouter()
    review = place.gate.review
    Visiting = Annotated[Visitor, review]
    Typed = Annotated[str, Form(max_length=20_000)]

    def written(request: Request, call: UUID, visitor: Visitor) -> Response:
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/calls/{call}#review", 303)
        values: dict[str, Any] = {"review": told.review(place, visitor, call), "id": str(call), "reviews": True}
        return page(request, visitor, "calls/review.html", tags_known=_tags(place), **values)

    @forms.post("/{call}/notes")
    def note(request: Request, call: UUID, visitor: Visiting, note: Typed = "") -> Response:
        with writing(place, call, visitor) as (connection, name):
            call_review.note(connection, name, visitor.name, note)
        return written(request, call, visitor)

    @forms.post("/{call}/rating")
    def rate(
        request: Request, call: UUID, visitor: Visiting,
        stars: Annotated[int, Form(ge=0, le=call_review.MOST_STARS)] = 0,
    ) -> Response:  # fmt: skip
        """0 takes the visitor's rating back."""
        with writing(place, call, visitor) as (connection, name):
            call_review.rate(connection, name, visitor.name, stars or None)
        return written(request, call, visitor)

    def tagging(act: Callable[..., None]) -> Callable[..., Response]:
        def done(request: Request, call: UUID, visitor: Visiting, tag: Typed = "") -> Response:
            with writing(place, call, visitor) as (connection, name):
                act(connection, name, visitor.name, tag)
            return written(request, call, visitor)

        return done

    forms.post("/{call}/tags")(tagging(call_review.tag))
    forms.post("/{call}/tags/remove")(tagging(lambda db, call, _, tag: call_review.untag(db, call, tag)))

    @forms.post("/{call}/turns/{turn}/corrections")
    def misheard(
        request: Request, call: UUID, turn: Turn, visitor: Visiting, said: Typed = "", intent: Typed = ""
    ) -> Response:
        """ "This was misheard"."""
        with writing(place, call, visitor, words=True) as (connection, name):
            call_review.misheard(connection, name, turn, visitor.name, said, intent)
        if "hx-request" not in request.headers:
            return RedirectResponse(f"/calls/{call}#turn-{turn}", 303)
        values: dict[str, Any] = {"corrections": told.review(place, visitor, call)["corrections"], "number": turn}
        return page(request, visitor, "calls/corrections.html", **values)

    return forms


def _tags(place: Place) -> list[str]:
    with place.engine.connect() as connection:
        return call_review.tags(connection)
