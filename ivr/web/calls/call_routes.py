"""One call: its story, what was heard so far, its SIP messages, its sound."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from ivr.insight import call_story
from ivr.web.calls import told
from ivr.web.calls.place import Person, Place

Turn = Annotated[int, InPath(ge=0, le=1_000_000)]


def routes(place: Place) -> APIRouter:
    """Below the path of calls."""
    api = APIRouter(prefix="/calls")
    see, hear, trace = place.gate.see, place.gate.hear, place.gate.trace

    @api.get("/{call}")
    def story(call: UUID, person: Person = see) -> dict[str, Any]:
        """Turns with delays, way, queries, transfers, recordings, what people wrote; `hidden`: what the person may
        not see."""
        return told.story(place, person, call)

    @api.get("/{call}/turns/{turn}/partials")
    def partials(call: UUID, turn: Turn, person: Person = see) -> list[dict[str, Any]]:
        """What was heard so far, as it grew."""
        return told.partials(place, person, call, turn)

    @api.get("/{call}/way")
    def way(call: UUID, person: Person = see) -> dict[str, Any]:
        """{number, pictures, path}: the nodes that were entered, and the graph of each flow in it as it was. A flow
        that is not in `pictures` is kept nowhere any more; `number` None: no published version served."""
        with place.engine.connect() as connection:
            row, path = call_story.way(connection, place.known(connection, person, call))
        number, pictures = place.flows.pictures(row["flow"], row["version"], [row["flow"], *(p["flow"] for p in path)])
        return {"number": number, "pictures": pictures, "path": path}

    @api.get("/{call}/sip")
    def sip(call: UUID, person: Person = trace) -> list[dict[str, Any]]:
        """The SIP messages in order."""
        return told.ladder(place, person, call)

    @api.get(
        "/{call}/recordings/{number}", response_class=FileResponse, responses={200: {"content": {"audio/wav": {}}}}
    )
    @api.head("/{call}/recordings/{number}", include_in_schema=False)  # players ask for the length first
    def recording(
        call: UUID, number: Annotated[int, InPath(ge=0, le=1000)], download: bool = False, person: Person = hear
    ) -> FileResponse:
        """WAV, caller left, system right; ranges as RFC 9110 section 14 has them. 404 when there is none or it has been
        deleted. What was sensitive is silent in it."""
        with place.engine.connect() as connection:
            name = place.known(connection, person, call)
            rows = call_story.recordings(connection, name)
        file = place.recording(rows[number]["path"]) if number < len(rows) else None
        if file is None:
            raise HTTPException(404, "there is no such recording, or it has been deleted")
        place.audit(person, "download" if download else "recording", name)
        how = "attachment" if download else "inline"
        return FileResponse(file, media_type="audio/wav", filename=f"{name}-{number}.wav",
                            content_disposition_type=how, headers={"Cache-Control": "no-store"})  # fmt: skip

    return api
