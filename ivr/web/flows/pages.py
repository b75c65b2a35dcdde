"""Pages of flows: the list, one flow with its versions, what changed, publishing, going back."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from ivr.records import flow_versions
from ivr.web.flows import comparison, listing, publishing
from ivr.web.flows.place import Place, small
from ivr.web.flows.publishing import Publish, Release
from ivr.web.rendering import page
from ivr.web.rights import Visitor

LONGEST_NOTE = 500
SHARES = (5, 10, 25, 50, 100)
"""Percent of the new calls."""


def listed(api: APIRouter, place: Place) -> None:
    """The path of all: a router of its own cannot have an empty one."""
    see = place.gate.see

    @api.get("", include_in_schema=False)
    def flows(request: Request, visitor: Visitor = see) -> Response:
        """Every flow with its state."""
        return page(request, visitor, "flows/list.html", rows=listing.rows(place, visitor))


def routes(place: Place) -> APIRouter:
    """Below /flows. Without what changes anything (actions)."""
    api = APIRouter(include_in_schema=False)
    see, edit, publishes = place.gate.see, place.gate.edit, place.gate.publish

    @api.get("/{flow}")
    def one(
        request: Request, flow: str, visitor: Visitor = see, did: str = Query("", max_length=20), number: int = 0
    ) -> Response:
        """One flow: what serves, the draft, its versions. `did`: what was just done."""
        return flow_page(request, place, visitor, flow, did=did, number=number)

    @api.get("/{flow}/changes")
    def changes(
        request: Request, flow: str, visitor: Visitor = see, old: str = Query("", max_length=9),
        new: str = Query("draft", max_length=9), beside: bool = False,
    ) -> Response:  # fmt: skip
        """What differs between two versions, or a version and the draft."""
        listing.known(place, visitor, flow)
        files = comparison.shown(listing.changes(place, flow, old, new))
        numbers = [one.number for one in flow_versions.versions(place.desk.engine, flow) if one.number]
        values: dict[str, Any] = {"old": old, "new": new, "beside": beside, "numbers": numbers}
        return page(request, visitor, "flows/changes.html", flow=flow, files=files, **values)

    @api.get("/{flow}/state")
    def state(request: Request, flow: str, visitor: Visitor = see) -> Response:
        """A part of the list: how many mistakes the draft has, or the folder's files."""
        listing.known(place, visitor, flow)
        with place.turn():
            problems = listing.problems(place, flow)
        return page(request, visitor, "flows/state.html", flow=flow, problems=problems)

    @api.get("/{flow}/publishing")
    def before(request: Request, flow: str, visitor: Visitor = publishes) -> Response:
        """The draft's changes, its checks and tests, and the form that publishes it."""
        return publish_page(request, place, visitor, flow)

    @api.post("/{flow}/proof", dependencies=[Depends(small)])
    def proof(request: Request, flow: str, visitor: Visitor = edit) -> Response:
        """A part of pages: what the checks and the draft's conversations say, with links to the lines."""
        found = publishing.tested(place, place.draft(visitor, flow))
        return page(request, visitor, "flows/proof.html", flow=flow, proof=found)

    return api


def actions(place: Place) -> APIRouter:
    """Below /flows: what the forms of the pages send."""
    api = APIRouter(include_in_schema=False, dependencies=[Depends(small)])
    edit, publishes = place.gate.edit, place.gate.publish

    @api.post("/{flow}/publishing")
    def publish(
        request: Request, flow: str, visitor: Visitor = publishes, note: str = Form("", max_length=LONGEST_NOTE),
        seen: int = Form(), share: int = Form(100, gt=0, le=100), sure: bool = Form(False),
    ) -> Response:  # fmt: skip
        """The draft becomes a version, or the page tells why not."""
        tried = {"note": note, "share": share}
        if not note.strip() or not sure:
            why = "Write what has changed and why." if not note.strip() else "Confirm that you looked at the changes."
            return publish_page(request, place, visitor, flow, problem=why, tried=tried, status=422)
        try:
            sent = Publish(note=note.strip(), seen=seen, share=share / 100)
            number, _ = publishing.publish(place, visitor, place.draft(visitor, flow), sent)
        except HTTPException as error:
            why, found = _why(error)
            return publish_page(request, place, visitor, flow, problem=why, proof=found, tried=tried, status=409)
        return _to(flow, "waits" if place.second_approver else "published", number)

    @api.post("/{flow}/serve/{number}")
    def serve(
        request: Request, flow: str, number: int, visitor: Visitor = publishes, back: bool = Form(False),
        note: str = Form("", max_length=LONGEST_NOTE), share: int = Form(100, gt=0, le=100),
    ) -> Response:  # fmt: skip
        """A version that exists takes the calls; `back`: at once and by one person's word."""
        try:
            if back:
                publishing.roll_back(place, visitor, flow, max(number, 0) or None, note)
            else:
                sent = Release(number=max(number, 1), note=note, share=share / 100)
                publishing.serve(place, visitor, flow, sent, "release")
        except HTTPException as error:
            return flow_page(request, place, visitor, flow, problem=_why(error)[0], status=409)
        return _to(flow, "back" if back else "waits" if place.second_approver else "serves", number)

    @api.post("/{flow}/agree/{number}")
    def agree(request: Request, flow: str, number: int, visitor: Visitor = publishes) -> Response:
        try:
            publishing.approve(place, visitor, flow, number)
        except HTTPException as error:
            return flow_page(request, place, visitor, flow, problem=_why(error)[0], status=409)
        return _to(flow, "approved", number)

    @api.post("/{flow}/bring-in")
    async def bring_in(request: Request, flow: str, visitor: Visitor = edit) -> Response:
        """The version that was published since goes into the draft; contradictions are chosen file by file."""
        from starlette.concurrency import run_in_threadpool

        form = await request.form(max_fields=200)
        chosen = {str(name)[5:]: str(value) for name, value in form.items() if str(name).startswith("file:")}
        return await run_in_threadpool(_bring_in, request, place, visitor, flow, chosen)

    @api.post("/{flow}/throw-away")
    def throw_away(request: Request, flow: str, visitor: Visitor = edit, seen: int = Form()) -> Response:
        try:
            publishing.discard(place, visitor, flow, seen)
        except HTTPException as error:
            return flow_page(request, place, visitor, flow, problem=_why(error)[0], status=409)
        return _to(flow, "discarded", 0)

    return api


def flow_page(
    request: Request, place: Place, visitor: Visitor, flow: str, *, did: str = "", number: int = 0,
    problem: str = "", conflicts: list[dict[str, Any]] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """Raises HTTPException 404."""
    listing.known(place, visitor, flow)
    releases = flow_versions.releases(place.desk.engine)
    values: dict[str, Any] = {"did": did, "number": number, "problem": problem, "conflicts": conflicts or []}
    return page(
        request, visitor, "flows/one.html", status, flow=flow, row=listing.row(place, flow, releases), shares=SHARES,
        **listing.history(place, flow), **values,
    )  # fmt: skip


def publish_page(
    request: Request, place: Place, visitor: Visitor, flow: str, *, problem: str = "",
    proof: dict[str, Any] | None = None, tried: dict[str, Any] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """`proof`: what was just found; None: the page asks for it. Raises HTTPException 404."""
    draft = place.draft(visitor, flow)
    files = comparison.shown(listing.changes(place, flow, "", "draft"))
    values: dict[str, Any] = {"problem": problem, "proof": proof, "newest": place.desk.newest(flow), "shares": SHARES}
    given = {"note": "", "share": 100} | (tried or {})
    return page(
        request, visitor, "flows/publish.html", status, flow=flow, draft=draft, files=files, given=given,
        second_approver=place.second_approver, **values,
    )  # fmt: skip


def _bring_in(request: Request, place: Place, visitor: Visitor, flow: str, chosen: dict[str, str]) -> Response:
    try:
        publishing.update(place, visitor, flow, chosen)
    except HTTPException as error:
        detail: Any = error.detail
        conflicts = detail.get("conflicts", []) if isinstance(detail, dict) else []
        return flow_page(request, place, visitor, flow, problem=_why(error)[0], conflicts=conflicts, status=409)
    return _to(flow, "brought", place.desk.newest(flow))


def _why(error: HTTPException) -> tuple[str, dict[str, Any] | None]:
    """The reason in words, and the results that came with it. Raises what is no refusal again."""
    if error.status_code not in (409, 422, 503):
        raise error
    detail: Any = error.detail
    if isinstance(detail, dict):
        return str(detail.get("reason", "")), detail if "results" in detail else None
    return str(detail), None


def _to(flow: str, did: str, number: int) -> Response:
    return RedirectResponse(f"/flows/{flow}?{urlencode({'did': did, 'number': number})}", 303)
