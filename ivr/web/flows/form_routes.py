"""What forms ask: single values written into a text, phrases made examples, texts side by side."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from ivr.insight import flow_texts, yaml_edit
from ivr.insight.editing import LARGEST_TEXT, intents_of
from ivr.records import flow_drafts
from ivr.records.flow_drafts import Draft
from ivr.web.flows.editor_routes import Text, save_text
from ivr.web.flows.place import Person, Place, small

Path_ = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=LARGEST_TEXT)]


class Set(BaseModel):
    """One value that a form sets."""

    path: list[str | int] = Field(max_length=yaml_edit.KEYS)
    value: str | list[str] | dict[str, Any] | None = None


class Form(BaseModel):
    path: Path_
    text: Words
    changes: list[Set] = Field(max_length=200)


class Example(BaseModel):
    """A phrase that becomes an example of an intent."""

    intent: str = Field(max_length=80)
    phrase: str = Field(max_length=400)
    language: str = Field("", max_length=5)


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter(dependencies=[Depends(small)])
    edit, desk = place.gate.edit, place.desk

    @api.post("/{flow}/form")
    def form(flow: str, sent: Form, person: Person = edit) -> dict[str, str]:
        """The text with a form's values in it, comments kept; nothing is saved."""
        place.draft(person, flow)
        changes = [yaml_edit.Change(tuple(one.path), one.value) for one in sent.changes]
        try:
            return {"text": yaml_edit.edited(sent.path, sent.text, changes)}
        except yaml_edit.CannotEdit as error:
            raise HTTPException(422, str(error)) from None

    @api.post("/{flow}/examples")
    def example(flow: str, sent: Example, person: Person = edit) -> dict[str, Any]:
        """Make a phrase an example of an intent, in the draft: what callers said and nobody had written."""
        found = place.draft(person, flow)
        path = nlu_path(place, found, sent.language)
        now = flow_drafts.files(desk.engine, flow).get(path)
        before = (now.data or b"").decode("utf-8", "replace") if now else ""
        try:
            text = yaml_edit.with_example(path, before, sent.intent, sent.phrase)
        except yaml_edit.CannotEdit as error:
            raise HTTPException(422, str(error)) from None
        kept = save_text(place, found, Text(path=path, text=text, seen=now.revision if now else 0), person.name)
        place.audit(person, "made a phrase an example", flow)
        return kept

    @api.get("/{flow}/intents")
    def intents(flow: str, language: str = "", person: Person = edit) -> list[str]:
        """Intents that have examples, for choosing one."""
        path = nlu_path(place, found := place.draft(person, flow), language)
        return intents_of(path, flow_drafts.contents(desk.engine, found.flow).get(path, b""))

    @api.get("/{flow}/texts")
    def texts(flow: str, person: Person = edit) -> dict[str, Any]:
        """Every text in every language side by side; `missing`: the languages without one."""
        return side_by_side(place, place.draft(person, flow))

    return api


def side_by_side(place: Place, draft: Draft) -> dict[str, Any]:
    """Every text of the draft as it was saved. Raises HTTPException 409 when it has mistakes."""
    flow = draft.flow
    with place.turn():
        loaded, _ = place.desk.check(draft)
    compiled = loaded.published.flows.get(flow) if loaded.published else None
    if compiled is None:
        raise HTTPException(409, "the flow has mistakes: mend them first")
    main = f"{draft.home}/flow.yaml"
    rows = flow_texts.texts(compiled, main, flow_drafts.contents(place.desk.engine, flow)[main])
    return {"path": main, "languages": compiled.languages, "texts": [asdict(row) for row in rows]}


def nlu_path(place: Place, draft: Draft, language: str) -> str:
    """The examples' file of a language: nlu.yml is in the flow's first one."""
    named = f"{draft.home}/nlu.{language}.yml"
    if language.isascii() and language.isalpha() and named in flow_drafts.contents(place.desk.engine, draft.flow):
        return named
    return f"{draft.home}/nlu.yml"
