"""Flows and their versions: the list, history, differences, publishing, rollback, approval."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from ivr.insight.journal_text import lines as told
from ivr.insight.publishing import Proof, Wish, proved, published_draft
from ivr.insight.snapshot import NoFlow
from ivr.insight.version_diff import differences
from ivr.records import flow_drafts, flow_versions
from ivr.records.flow_drafts import NoDraft, Stale
from ivr.records.flow_versions import Publication, Refused, Snapshot
from ivr.records.releases import before, effective
from ivr.web.flows.place import Person, Place, small


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


class Back(BaseModel):
    """`number` None: to the one before."""

    number: int | None = Field(None, gt=0)
    note: str = Field("", max_length=500)


def routes(place: Place) -> APIRouter:  # noqa: PLR0915 - one function a route
    """Below /flows."""
    api = APIRouter(dependencies=[Depends(small)])
    see, edit, publishes, desk = place.gate.see, place.gate.edit, place.gate.publish, place.desk

    @api.get("/list")
    def flows(person: Person = see) -> list[dict[str, Any]]:
        """Every flow: what serves, the newest version, whether somebody edits it."""
        rows = [row for row in _list(place) if _may(place, person, str(row["flow"]))]
        return sorted(rows, key=lambda row: str(row["flow"]))

    @api.get("/{flow}/versions")
    def versions(flow: str, person: Person = see) -> dict[str, Any]:
        """Who published what, when and why, newest first, with what served since when."""
        place.allowed(person, flow)
        releases = [one for one in flow_versions.releases(desk.engine) if one.flow == flow]
        now = dict(effective(releases, flow, datetime.now(UTC)))
        rows = [
            {**asdict(one), "serves": now.get(one.number, 0.0)} for one in flow_versions.versions(desk.engine, flow)
        ]
        return {"versions": rows, "releases": [{**asdict(one), "stands": one.stands} for one in reversed(releases)],
                "second_approver": place.second_approver}  # fmt: skip

    @api.get("/{flow}/diff")
    def diff(flow: str, old: str = "", new: str = "draft", person: Person = see) -> list[dict[str, Any]]:
        """What differs, file by file, line by line. `old`, `new`: a number or `draft`; `old` empty: what the draft was
        made from."""
        place.allowed(person, flow)
        sides = [_files(place, flow, side) for side in (old or "base", new)]
        return [asdict(one) for one in differences(*sides)]

    @api.post("/{flow}/tests")
    def tests(flow: str, person: Person = edit) -> dict[str, Any]:
        """Run the draft's conversations as text; each failure with its line and the call's journal in words."""
        draft = place.draft(person, flow)
        lines = desk.folder / "lines.yaml"
        try:
            shot = desk.snapshot(draft)
        except (NoFlow, OSError) as error:
            raise HTTPException(409, str(error)) from None
        with place.turn():
            proof = proved(shot.files, lines.read_bytes() if lines.is_file() else None, flow, draft.home)
        return _proof(proof)

    @api.post("/{flow}/publish")
    def publish(flow: str, sent: Publish, person: Person = publishes) -> dict[str, Any]:
        """Check, test, store and serve the draft. 409 with the reasons when it does not hold."""
        draft = place.draft(person, flow)
        wish = Wish(person.name, sent.note, sent.seen, _aware(sent.at), sent.share, place.second_approver)
        try:
            with place.turn():
                proof, made = published_draft(desk, draft, wish, place.cache)
        except (Refused, NoFlow, OSError) as error:
            raise HTTPException(409, str(error)) from None
        if made is None:
            raise HTTPException(409, {"reason": proof.refusal(), **_proof(proof)})
        place.audit(person, f"published version {made.number}", flow)
        return {"number": made.number, "waits": place.second_approver, "tests": len(proof.results)}

    @api.post("/{flow}/release")
    def release(flow: str, sent: Release, person: Person = publishes) -> dict[str, Any]:
        """Put a version that exists into service, for a share of the calls if wished."""
        _serve(place, person, flow, sent, "release")
        return {"number": sent.number, "waits": place.second_approver}

    @api.post("/{flow}/rollback")
    def rollback(flow: str, sent: Back, person: Person = publishes) -> dict[str, Any]:
        """Back to an earlier version, at once; waits for nobody."""
        place.allowed(person, flow)
        number = sent.number or before(flow_versions.releases(desk.engine), flow, datetime.now(UTC))
        if not number:
            raise HTTPException(409, "nothing of this flow served before")
        _serve(place, person, flow, Release(number=number, note=sent.note), "rollback")
        return {"number": number, "waits": False}

    @api.post("/{flow}/approve/{number}")
    def approve(flow: str, number: int, person: Person = publishes) -> dict[str, Any]:
        """Agree, as a second person."""
        place.allowed(person, flow)
        try:
            flow_versions.approve(desk.engine, flow, number, person.name)
        except Refused as error:
            raise HTTPException(409, str(error)) from None
        place.audit(person, f"approved version {number}", flow)
        return {"number": number}

    @api.post("/{flow}/update")
    def update(flow: str, person: Person = edit) -> dict[str, Any]:
        """Put a version that was published since into the draft. Conflicts come back, and nothing is written then."""
        try:
            conflicts = desk.update(place.draft(person, flow), person.name)
        except (Stale, Refused) as error:
            raise HTTPException(409, str(error)) from None
        if conflicts:
            rows = [{"path": one.path, "both": one.both.text, "lines": one.both.conflicts} for one in conflicts]
            raise HTTPException(409, {"reason": "both changed the same lines", "conflicts": rows})
        return {"base": desk.newest(flow)}

    @api.delete("/{flow}/draft")
    def discard(flow: str, seen: int, person: Person = edit) -> dict[str, Any]:
        """Throw the draft away. `seen`: its revision as it was looked at."""
        place.allowed(person, flow)
        try:
            if flow_drafts.find(desk.engine, flow).revision != seen:
                raise HTTPException(409, "somebody saved since you looked")
        except NoDraft:
            raise HTTPException(404, "nobody edits this flow") from None
        flow_drafts.discard(desk.engine, flow)
        place.audit(person, "threw the draft away", flow)
        return {}

    return api


def _list(place: Place) -> list[dict[str, Any]]:
    """One row a flow of the folder, of the versions and of the drafts."""
    engine = place.desk.engine
    now, releases = datetime.now(UTC), flow_versions.releases(engine)
    drafts = {one.flow: one for one in flow_drafts.all_of(engine)}
    folder = {path.parent.name for path in place.desk.folder.glob("*/flow.yaml")}
    names = {flow for flow, number in flow_versions.contents(engine) if number} | set(drafts) | folder
    rows = []
    for name in names:
        newest = next((one for one in flow_versions.versions(engine, name) if one.number), None)
        draft = drafts.get(name)
        changed = place.desk.changed(draft) if draft is not None else []
        rows.append({
            "flow": name, "serves": effective(releases, name, now), "newest": asdict(newest) if newest else None,
            "waits": [one.number for one in releases if one.flow == name and not one.stands],
            "draft": asdict(draft) if draft is not None and changed else None, "changed": changed,
        })  # fmt: skip
    return rows


def _may(place: Place, person: Person, flow: str) -> bool:
    try:
        place.allowed(person, flow)
    except HTTPException:
        return False
    return True


def _files(place: Place, flow: str, side: str) -> dict[str, bytes]:
    desk = place.desk
    try:
        if side == "draft":
            return flow_drafts.contents(desk.engine, flow) or desk.base_files(flow_drafts.find(desk.engine, flow))
        if side == "base":
            return desk.base_files(flow_drafts.find(desk.engine, flow))
        if not side.isascii() or not side.isdigit() or len(side) > 9:
            raise HTTPException(422, "a version is a number, or `draft`")
        return dict(flow_versions.snapshot(desk.engine, flow, int(side)).files)
    except (NoDraft, Refused):
        raise HTTPException(404, "there is no such version") from None


def _serve(place: Place, person: Person, flow: str, sent: Release, kind: str) -> None:
    place.allowed(person, flow)
    waits = place.second_approver and kind != "rollback"
    what = Publication(flow, Snapshot({}), person.name, sent.note, at=_aware(sent.at), share=sent.share,
                       needs_approval=waits)  # fmt: skip
    try:
        flow_versions.release(place.desk.engine, what, sent.number, kind)
    except Refused as error:
        raise HTTPException(409, str(error)) from None
    place.audit(person, f"{kind} of version {sent.number}", flow)


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
