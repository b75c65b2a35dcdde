"""What there is of flows: their states, their history, what differs between two versions."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fastapi import HTTPException

from ivr.flow.loader import load
from ivr.flow.problems import Problem
from ivr.insight.version_diff import Changed, differences
from ivr.records import flow_drafts, flow_versions
from ivr.records.flow_drafts import NoDraft
from ivr.records.flow_versions import Refused
from ivr.records.releases import Release, effective
from ivr.services.flow_files import read_folder
from ivr.web.flows.place import Person, Place


def rows(place: Place, person: Person) -> list[dict[str, Any]]:
    """One a flow of the folder, of the versions and of the drafts, by name; those that the person may see."""
    engine = place.desk.engine
    folder = {path.parent.name for path in place.desk.folder.glob("*/flow.yaml")}
    drafts = {one.flow for one in flow_drafts.all_of(engine)}
    names = {flow for flow, number in flow_versions.contents(engine) if number} | drafts | folder
    releases = flow_versions.releases(engine)
    return [row(place, name, releases) for name in sorted(names) if _may(place, person, name)]


def row(place: Place, flow: str, releases: list[Release]) -> dict[str, Any]:
    """What serves, the newest version, what waits for approval, and the draft when it differs."""
    engine = place.desk.engine
    newest = next((one for one in flow_versions.versions(engine, flow) if one.number), None)
    try:
        draft = flow_drafts.find(engine, flow)
        changed = place.desk.changed(draft)
    except NoDraft:
        draft, changed = None, []
    return {
        "flow": flow,
        "serves": effective(releases, flow, datetime.now(UTC)),
        "newest": asdict(newest) if newest else None,
        "waits": [one.number for one in releases if one.flow == flow and not one.stands],
        "draft": asdict(draft) if draft is not None and changed else None,
        "changed": changed,
    }


def history(place: Place, flow: str) -> dict[str, Any]:
    """Versions and releases, newest first; `serves` is the share of the calls that a version takes now."""
    engine = place.desk.engine
    releases = [one for one in flow_versions.releases(engine) if one.flow == flow]
    now = dict(effective(releases, flow, datetime.now(UTC)))
    versions = [{**asdict(one), "serves": now.get(one.number, 0.0)} for one in flow_versions.versions(engine, flow)]
    return {"versions": versions, "releases": [{**asdict(one), "stands": one.stands} for one in reversed(releases)]}


def known(place: Place, person: Person, flow: str) -> None:
    """Raises HTTPException 404 for what is no flow, or none of this person's lines."""
    place.allowed(person, flow)
    engine = place.desk.engine
    there = any(path.parent.name == flow for path in place.desk.folder.glob("*/flow.yaml"))
    if not there and not flow_versions.versions(engine, flow):
        try:
            flow_drafts.find(engine, flow)
        except NoDraft:
            raise HTTPException(404, "there is no such flow") from None


def problems(place: Place, flow: str) -> list[Problem]:
    """Of the draft, else of the folder's files; looking begins no draft."""
    desk = place.desk
    try:
        return desk.check(flow_drafts.find(desk.engine, flow))[1]
    except NoDraft:
        found = load(read_folder(desk.folder), only=flow).problems
        return [one for one in found if one.file.split("/")[0] in (flow, "shared")]


def changes(place: Place, flow: str, old: str, new: str) -> list[Changed]:
    """File by file, line by line. A side is a number, `draft`, or `base`: what the draft was made from (also "").
    Raises HTTPException 404, 422."""
    return differences(_files(place, flow, old or "base"), _files(place, flow, new))


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
