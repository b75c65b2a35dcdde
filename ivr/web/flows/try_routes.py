"""Try it: a draft talked with as text, with keys, silence and a look inside."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from ivr.insight.conversation import read
from ivr.insight.text_runner import text_runner
from ivr.insight.text_try import LONGEST_WORDS, Seen, Try
from ivr.records import flow_drafts
from ivr.web.flows.place import Person, Place, small


class Begin(BaseModel):
    language: str = Field("", max_length=5)
    mocks: str = Field("", max_length=200)
    """Name of the conversation whose answers business systems give."""


class Step(BaseModel):
    """One of these."""

    says: str | None = Field(None, max_length=LONGEST_WORDS)
    presses: str | None = Field(None, max_length=60)
    waits: float | None = Field(None, ge=0, le=120)
    """Seconds of silence."""
    hangs_up: bool = False


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter(dependencies=[Depends(small)])
    edit = place.gate.edit

    @api.post("/{flow}/try")
    def begin(flow: str, sent: Begin, person: Person = edit) -> dict[str, Any]:
        """A call begins; what the line says first, and the names of conversations with answers."""
        name, mocks, seen = begun(place, person, flow, sent)
        return {"try": name, "mocks": mocks, **asdict(seen)}

    @api.post("/try/{name}")
    def step(name: str, sent: Step, person: Person = edit) -> dict[str, Any]:
        """What the caller does, and what comes of it."""
        return asdict(stepped(place, person, name, sent))

    return api


def begun(place: Place, person: Person, flow: str, sent: Begin) -> tuple[str, list[str], Seen]:
    """(the try's name, names of the conversations with answers, what the line says first). Raises HTTPException 409."""
    draft, desk = place.draft(person, flow), place.desk
    with place.turn():
        loaded, _ = desk.check(draft)
        if loaded.published is None or flow not in loaded.published.flows:
            raise HTTPException(409, "the flow has mistakes: mend them first")
        tests = f"{draft.home}/tests.yaml"
        data = flow_drafts.contents(desk.engine, flow).get(tests, b"")
        conversations = read(tests, data, flow)[0] if data else []
        talk = text_runner(loaded, None)
        try:
            one = Try(talk, flow, conversations, sent.language, sent.mocks)
        except KeyError:
            raise HTTPException(422, "the flow does not speak this language") from None
    return place.tries.keep(one, person.name), [it.name for it in conversations if it.mocks], one.look()


def stepped(place: Place, person: Person, name: str, sent: Step) -> Seen:
    """What the caller does, and what comes of it. Raises HTTPException 404."""
    try:
        one = place.tries.find(name, person.name)
    except KeyError:
        raise HTTPException(404, "this call is over; begin another") from None
    if sent.says is not None:
        return one.says(sent.says)
    if sent.presses is not None:
        return one.presses(sent.presses)
    if sent.waits is not None:
        return one.waits(sent.waits)
    return one.hangs_up() if sent.hangs_up else one.look()
