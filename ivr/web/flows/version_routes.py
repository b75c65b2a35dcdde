"""Flows and their versions: the list, history, differences, publishing, rollback, approval."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from ivr.web.flows import listing, publishing
from ivr.web.flows.place import Person, Place, small
from ivr.web.flows.publishing import Publish, Release


class Back(BaseModel):
    """`number` None: to the one before."""

    number: int | None = Field(None, gt=0)
    note: str = Field("", max_length=500)


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter(dependencies=[Depends(small)])
    see, edit, publishes = place.gate.see, place.gate.edit, place.gate.publish

    @api.get("/list")
    def flows(person: Person = see) -> list[dict[str, Any]]:
        """Every flow: what serves, the newest version, whether somebody edits it."""
        return listing.rows(place, person)

    @api.get("/{flow}/versions")
    def versions(flow: str, person: Person = see) -> dict[str, Any]:
        """Who published what, when and why, newest first, with what served since when."""
        place.allowed(person, flow)
        return {**listing.history(place, flow), "second_approver": place.second_approver}

    @api.get("/{flow}/diff")
    def diff(flow: str, old: str = "", new: str = "draft", person: Person = see) -> list[dict[str, Any]]:
        """What differs, file by file, line by line. `old`, `new`: a number or `draft`; `old` empty: what the draft was
        made from."""
        place.allowed(person, flow)
        return [asdict(one) for one in listing.changes(place, flow, old, new)]

    @api.post("/{flow}/tests")
    def tests(flow: str, person: Person = edit) -> dict[str, Any]:
        """Run the draft's conversations as text; each failure with its line and the call's journal in words."""
        return publishing.tested(place, place.draft(person, flow))

    @api.post("/{flow}/publish")
    def publish(flow: str, sent: Publish, person: Person = publishes) -> dict[str, Any]:
        """Check, test, store and serve the draft. 409 with the reasons when it does not hold."""
        number, tests = publishing.publish(place, person, place.draft(person, flow), sent)
        return {"number": number, "waits": place.second_approver, "tests": tests}

    @api.post("/{flow}/release")
    def release(flow: str, sent: Release, person: Person = publishes) -> dict[str, Any]:
        """Put a version that exists into service, for a share of the calls if wished."""
        publishing.serve(place, person, flow, sent, "release")
        return {"number": sent.number, "waits": place.second_approver}

    @api.post("/{flow}/rollback")
    def rollback(flow: str, sent: Back, person: Person = publishes) -> dict[str, Any]:
        """Back to an earlier version, at once; waits for nobody."""
        return {"number": publishing.roll_back(place, person, flow, sent.number, sent.note), "waits": False}

    @api.post("/{flow}/approve/{number}")
    def approve(flow: str, number: int, person: Person = publishes) -> dict[str, Any]:
        """Agree, as a second person."""
        publishing.approve(place, person, flow, number)
        return {"number": number}

    @api.post("/{flow}/update")
    def update(flow: str, person: Person = edit) -> dict[str, Any]:
        """Put a version that was published since into the draft. Conflicts come back, and nothing is written then."""
        publishing.update(place, person, flow)
        return {"base": place.desk.newest(flow)}

    @api.delete("/{flow}/draft")
    def discard(flow: str, seen: int, person: Person = edit) -> dict[str, Any]:
        """Throw the draft away. `seen`: its revision as it was looked at."""
        publishing.discard(place, person, flow, seen)
        return {}

    return api
