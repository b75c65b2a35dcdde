"""What changes what serves, for routes and pages alike. Each raises HTTPException 409 with the reason."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fastapi import HTTPException
from pydantic import BaseModel, Field

from ivr.insight.journal_text import lines as told
from ivr.insight.publishing import Proof, Wish, proved, published_draft
from ivr.insight.snapshot import NoFlow
from ivr.records import flow_drafts, flow_versions
from ivr.records.flow_drafts import Draft, NoDraft, Stale
from ivr.records.flow_versions import Publication, Refused, Snapshot
from ivr.records.releases import before
from ivr.web.flows.place import Person, Place


class Publish(BaseModel):
    """A draft becomes a version."""

    note: str = Field(min_length=1, max_length=500)
    seen: int
    """Revision of the draft that was looked at."""
    share: float = Field(1.0, gt=0, le=1)
    at: datetime | None = None


class Release(BaseModel):
    """A version that exists goes into service."""

    number: int = Field(gt=0)
    note: str = Field("", max_length=500)
    share: float = Field(1.0, gt=0, le=1)
    at: datetime | None = None


def tested(place: Place, draft: Draft) -> dict[str, Any]:
    """Checks and conversations of the draft, the failing turn first."""
    lines = place.desk.folder / "lines.yaml"
    try:
        shot = place.desk.snapshot(draft)
    except (NoFlow, OSError) as error:
        raise HTTPException(409, str(error)) from None
    with place.turn():
        return _proof(proved(shot.files, lines.read_bytes() if lines.is_file() else None, draft.flow, draft.home))


def publish(place: Place, person: Person, draft: Draft, sent: Publish) -> tuple[int, int]:
    """(the version's number, tests that held). When it does not hold the detail has the results of `tested`."""
    wish = Wish(person.name, sent.note, sent.seen, _aware(sent.at), sent.share, place.second_approver)
    try:
        with place.turn():
            proof, made = published_draft(place.desk, draft, wish, place.cache)
    except (Refused, NoFlow, OSError) as error:
        raise HTTPException(409, str(error)) from None
    if made is None:
        raise HTTPException(409, {"reason": proof.refusal(), **_proof(proof)})
    place.audit(person, f"published version {made.number}", draft.flow)
    return made.number, len(proof.results)


def serve(place: Place, person: Person, flow: str, sent: Release, kind: str) -> None:
    """`kind`: release, rollback."""
    place.allowed(person, flow)
    waits = place.second_approver and kind != "rollback"
    what = Publication(flow, Snapshot({}), person.name, sent.note, at=_aware(sent.at), share=sent.share,
                       needs_approval=waits)  # fmt: skip
    try:
        flow_versions.release(place.desk.engine, what, sent.number, kind)
    except Refused as error:
        raise HTTPException(409, str(error)) from None
    place.audit(person, f"{kind} of version {sent.number}", flow)


def roll_back(place: Place, person: Person, flow: str, number: int | None, note: str) -> int:
    """The version that serves now. `number` None: the one before."""
    place.allowed(person, flow)
    found = number or before(flow_versions.releases(place.desk.engine), flow, datetime.now(UTC))
    if not found:
        raise HTTPException(409, "nothing of this flow served before")
    serve(place, person, flow, Release(number=found, note=note), "rollback")
    return found


def approve(place: Place, person: Person, flow: str, number: int) -> None:
    """Agree, as a second person."""
    place.allowed(person, flow)
    try:
        flow_versions.approve(place.desk.engine, flow, number, person.name)
    except Refused as error:
        raise HTTPException(409, str(error)) from None
    place.audit(person, f"approved version {number}", flow)


def update(place: Place, person: Person, flow: str, chosen: Mapping[str, str] | None = None) -> None:
    """Put a version that was published since into the draft; nothing is written when lines contradict and `chosen`
    (path -> mine, theirs, both) does not settle it."""
    try:
        conflicts = place.desk.update(place.draft(person, flow), person.name, chosen)
    except (Stale, Refused) as error:
        raise HTTPException(409, str(error)) from None
    if conflicts:
        found = [{"path": one.path, "both": one.both.text, "lines": one.both.conflicts} for one in conflicts]
        raise HTTPException(409, {"reason": "both changed the same lines", "conflicts": found})


def discard(place: Place, person: Person, flow: str, seen: int) -> None:
    """Throw the draft away. `seen`: its revision as it was looked at."""
    place.allowed(person, flow)
    engine = place.desk.engine
    try:
        if flow_drafts.find(engine, flow).revision != seen:
            raise HTTPException(409, "somebody saved since you looked")
    except NoDraft:
        raise HTTPException(404, "nobody edits this flow") from None
    flow_drafts.discard(engine, flow)
    place.audit(person, "threw the draft away", flow)


def _aware(at: datetime | None) -> datetime | None:
    """A time without a zone is this machine's."""
    return at.astimezone() if at is not None else None


def _proof(proof: Proof) -> dict[str, Any]:
    """Results for the page: the failing turn first."""
    return {
        "holds": proof.holds,
        "problems": [asdict(one) for one in [*proof.loaded.problems, *proof.test_problems]],
        "file": proof.tests_file,
        "results": [
            {"name": one.conversation.name, "ok": one.ok, "line": one.line, "failure": one.failure,
             "seconds": one.seconds, "inside": [] if one.ok else list(told(one.journal))}
            for one in sorted(proof.results, key=lambda one: one.ok)
        ],
    }  # fmt: skip
