"""What a person may see of one call, audited before it is told: for the routes and the pages alike."""

from typing import Any
from uuid import UUID

from fastapi import HTTPException

from ivr.insight import call_masking, call_review, call_story
from ivr.web.calls.place import Person, Place


def story(place: Place, person: Person, call: UUID) -> dict[str, Any]:
    """call_story.story with what people wrote (`review`), whether each recording is there, and `hidden`: what the
    person may not see. Raises HTTPException 404."""
    with place.engine.connect() as connection:
        name = place.known(connection, person, call)
        told = call_story.story(connection, name)
        written = call_review.of(connection, name)
    if told is None:
        raise HTTPException(404, "there is no such call")
    if person.sees_words:
        place.audit(person, "transcript", name)
    shown = call_masking.story(told, person.sees_numbers, person.sees_words)
    for row in shown["recordings"]:
        row["there"] = place.recording(row.pop("path")) is not None
    return shown | {"review": _masked(written, person)}


def review(place: Place, person: Person, call: UUID) -> dict[str, list[dict[str, Any]]]:
    """What people wrote. Raises HTTPException 404."""
    with place.engine.connect() as connection:
        name = place.known(connection, person, call)
        written = call_review.of(connection, name)
    if person.sees_words:
        place.audit(person, "transcript", name)
    return _masked(written, person)


def partials(place: Place, person: Person, call: UUID, turn: int) -> list[dict[str, Any]]:
    """What was heard so far, as it grew. Raises HTTPException 403, 404."""
    if not person.sees_words:
        raise HTTPException(403, "you may not see what callers said")
    with place.engine.connect() as connection:
        name = place.known(connection, person, call)
        place.audit(person, "transcript", name)
        return call_story.partials(connection, name, turn)


def ladder(place: Place, person: Person, call: UUID) -> list[dict[str, Any]]:
    """The SIP messages in order. Raises HTTPException 404."""
    with place.engine.connect() as connection:
        name = place.known(connection, person, call)
        place.audit(person, "sip", name)
        return call_story.ladder(connection, name)


def _masked(written: dict[str, list[dict[str, Any]]], person: Person) -> dict[str, list[dict[str, Any]]]:
    """Notes and corrections tell what was said."""
    return written if person.sees_words else {"ratings": written["ratings"], "tags": written["tags"]}
