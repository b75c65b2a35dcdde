"""What the editor asks: files of a draft, saves, checks as typed, format."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from ivr.flow.problems import Problem
from ivr.flow.schema import flow_schema
from ivr.insight.editing import LARGEST_TEXT, NotAllowed, writable
from ivr.insight.flow_picture import picture
from ivr.insight.formatting import CannotFormat, formatted
from ivr.records import flow_drafts
from ivr.records.flow_drafts import Draft, Stale
from ivr.services.flow_files import SOUNDS
from ivr.web.flows.place import Person, Place, small

Path_ = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=LARGEST_TEXT)]


class Text(BaseModel):
    """A text as the editor has it."""

    path: Path_
    text: Words
    seen: int = 0
    """Revision of the file that the edit began from."""


class Edited(BaseModel):
    """Texts that are not saved yet."""

    texts: dict[Path_, Words] = Field(default_factory=dict, max_length=20)


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter(dependencies=[Depends(small)])
    see, edit, desk = place.gate.see, place.gate.edit, place.desk

    @api.get("/schema.json")
    def schema(_: Person = see) -> dict[str, Any]:
        """The JSON Schema of flow.yaml: completion and hover texts."""
        return flow_schema()

    @api.get("/{flow}/draft")
    def draft(flow: str, person: Person = edit) -> dict[str, Any]:
        """The draft and its files, without their texts; begun when there is none."""
        found = place.draft(person, flow)
        files = [
            {"path": f.path, "revision": f.revision, "by": f.saved_by, "at": f.saved_at, "size": len(f.data or b"")}
            for f in flow_drafts.files(desk.engine, flow).values()
        ]
        return {**asdict(found), "newest": desk.newest(flow), "changed": desk.changed(found), "files": files}

    @api.get("/{flow}/file")
    def file(flow: str, path: str, person: Person = edit) -> dict[str, Any]:
        """A text of the draft with the revision to send back when it is saved."""
        place.draft(person, flow)
        found = flow_drafts.files(desk.engine, flow).get(path)
        if found is None or path.endswith(SOUNDS):
            raise HTTPException(404, "the draft has no such text")
        text = (found.data or b"").decode("utf-8", "replace")
        return {"path": path, "text": text, "revision": found.revision, "by": found.saved_by, "at": found.saved_at}

    @api.put("/{flow}/file")
    def save(flow: str, sent: Text, person: Person = edit) -> dict[str, Any]:
        """Keep a text. `merged` is there when another's edit was put in; 409 with both texts when lines contradict."""
        return save_text(place, place.draft(person, flow), sent, person.name)

    @api.delete("/{flow}/file")
    def remove(flow: str, path: str, seen: int, person: Person = edit) -> dict[str, Any]:
        """Take a file out of the draft; what it held is kept among its saves."""
        found = place.draft(person, flow)
        try:
            writable(found, path)
            gone = flow_drafts.save(desk.engine, flow, path, None, seen, person.name)
        except NotAllowed as error:
            raise HTTPException(422, str(error)) from None
        except Stale as stale:
            raise HTTPException(409, f"{stale.theirs.saved_by} saved it since") from None
        return {"path": path, "revision": gone.revision}

    @api.get("/{flow}/saves")
    def saves(flow: str, path: str, person: Person = edit) -> list[dict[str, Any]]:
        """Every kept save of a text, newest first: nothing that was saved is lost."""
        place.draft(person, flow)
        return [{"revision": f.revision, "by": f.saved_by, "at": f.saved_at,
                 "text": None if path.endswith(SOUNDS) or f.data is None else f.data.decode("utf-8", "replace")}
                for f in flow_drafts.saves(desk.engine, flow, path)]  # fmt: skip

    @api.post("/{flow}/check")
    def check(flow: str, sent: Edited, person: Person = edit) -> dict[str, Any]:
        """Every mistake and warning as `ivr check` tells them, of the draft with what is typed, and the graph."""
        found = place.draft(person, flow)
        _all_writable(found, sent.texts)
        with place.turn():
            loaded, problems = desk.check(found, sent.texts)
        flows = loaded.published.flows if loaded.published else {}
        main = f"{found.home}/flow.yaml"
        data = sent.texts.get(main, "").encode() or flow_drafts.contents(desk.engine, flow).get(main, b"")
        return {"problems": [_told(it) for it in problems], "graph": picture(flows.get(flow), main, data),
                "errors": sum(it.severity == "error" for it in problems)}  # fmt: skip

    @api.post("/{flow}/format")
    def format_(flow: str, sent: Text, person: Person = edit) -> dict[str, str]:
        """The text in the house's form, comments kept; nothing is saved."""
        place.draft(person, flow)
        try:
            return {"text": formatted(sent.path, sent.text)}
        except CannotFormat as error:
            raise HTTPException(422, str(error)) from None

    return api


def save_text(place: Place, draft: Draft, sent: Text, by: str) -> dict[str, Any]:
    """Keep a text; what became of it. Raises HTTPException 409 with both texts, 422."""
    try:
        saved = place.desk.save(draft, sent.path, sent.text, sent.seen, by)
    except NotAllowed as error:
        raise HTTPException(422, str(error)) from None
    if saved.file is not None:
        return {"path": sent.path, "revision": saved.file.revision, "merged": saved.text or None, "with": saved.others}
    theirs, both = saved.theirs, saved.both
    if theirs is None or both is None:
        raise HTTPException(409, "somebody saved at the same moment; try again")
    raise HTTPException(409, {
        "path": sent.path, "by": saved.others, "at": theirs.saved_at.isoformat(), "revision": theirs.revision,
        "theirs": (theirs.data or b"").decode("utf-8", "replace"), "both": both.text, "lines": both.conflicts,
    })  # fmt: skip


def _all_writable(draft: Draft, texts: dict[str, str]) -> None:
    for path in texts:
        try:
            writable(draft, path)
        except NotAllowed as error:
            raise HTTPException(422, str(error)) from None


def _told(problem: Problem) -> dict[str, Any]:
    return asdict(problem)
