"""One call: its story, what was heard so far, its SIP messages, its sound."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from ivr.insight import call_masking, call_review, call_story
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
        with place.engine.connect() as connection:
            name = place.known(connection, person, call)
            told = call_story.story(connection, name)
            review = call_review.of(connection, name)
        if told is None:
            raise HTTPException(404, "there is no such call")
        if person.sees_words:
            place.audit(person, "transcript", name)
        else:
            review = {"ratings": review["ratings"], "tags": review["tags"]}  # the others tell what was said
        shown = call_masking.story(told, person.sees_numbers, person.sees_words)
        for row in shown["recordings"]:
            row["there"] = _file(place, row.pop("path")) is not None
        return shown | {"review": review}

    @api.get("/{call}/turns/{turn}/partials")
    def partials(call: UUID, turn: Turn, person: Person = see) -> list[dict[str, Any]]:
        """What was heard so far, as it grew."""
        if not person.sees_words:
            raise HTTPException(403, "you may not see what callers said")
        with place.engine.connect() as connection:
            name = place.known(connection, person, call)
            place.audit(person, "transcript", name)
            return call_story.partials(connection, name, turn)

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
        with place.engine.connect() as connection:
            name = place.known(connection, person, call)
            place.audit(person, "sip", name)
            return call_story.ladder(connection, name)

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
            told = call_story.recordings(connection, name)
        file = _file(place, told[number]["path"]) if number < len(told) else None
        if file is None:
            raise HTTPException(404, "there is no such recording, or it has been deleted")
        place.audit(person, "download" if download else "recording", name)
        how = "attachment" if download else "inline"
        return FileResponse(file, media_type="audio/wav", filename=f"{name}-{number}.wav",
                            content_disposition_type=how, headers={"Cache-Control": "no-store"})  # fmt: skip

    return api


def _file(place: Place, path: str) -> Path | None:
    """The file when it is there, and below the folder of recordings."""
    root = place.recordings.resolve()
    try:
        found = (root / path).resolve()
        return found if found.is_relative_to(root) and found.is_file() else None
    except (OSError, ValueError):
        return None
