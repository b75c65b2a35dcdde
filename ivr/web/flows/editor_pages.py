"""The editor's page, and the parts that its tabs show: a form, examples, translations, prompts, try it, saves."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.flow.source import parse
from ivr.insight import node_forms
from ivr.insight.editing import LARGEST_TEXT, intents_of
from ivr.records import flow_drafts
from ivr.web.flows.editor_words import WORDS
from ivr.web.flows.form_routes import nlu_path, side_by_side
from ivr.web.flows.place import Place, small
from ivr.web.flows.prompt_routes import prompt_rows
from ivr.web.flows.try_routes import Begin, Step, begun, stepped
from ivr.web.rendering import page
from ivr.web.rights import Visitor

Words = Annotated[str, Field(max_length=LARGEST_TEXT)]


class Typed(BaseModel):
    """The flow's text as the editor has it."""

    text: Words
    node: str = Field("", max_length=100)


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter(include_in_schema=False, dependencies=[Depends(small)])
    edit, desk = place.gate.edit, place.desk

    @api.get("/{flow}/edit")
    def editor(
        request: Request, flow: str, visitor: Visitor = edit, file: str = Query("", max_length=200),
        line: int = Query(0, ge=0, le=10**7),
    ) -> Response:  # fmt: skip
        """The page; the script fills it. `file`, `line`: where it opens."""
        draft = place.draft(visitor, flow)
        translated = request.app.state.texts.translator(visitor.language)
        words = {word: translated(word) for word in WORDS}
        languages = _languages(place, flow, f"{draft.home}/flow.yaml")
        return page(
            request,
            visitor,
            "flows/edit.html",
            flow=flow,
            draft=draft,
            words=words,
            languages=languages,
            at=(file, line),
        )

    @api.post("/{flow}/node-form")
    def node_form(request: Request, flow: str, sent: Typed, visitor: Visitor = edit) -> Response:
        """The form of a node, of the text as it is typed."""
        draft = place.draft(visitor, flow)
        form = node_forms.node_form(f"{draft.home}/flow.yaml", sent.text, sent.node)
        return page(request, visitor, "flows/node_form.html", form=form, added=node_forms.ADDED)

    @api.get("/{flow}/examples")
    def examples(
        request: Request, flow: str, visitor: Visitor = edit, language: str = Query("", max_length=5)
    ) -> Response:
        """Intents to add an example to, and the files where examples and answers stand."""
        draft = place.draft(visitor, flow)
        held, path = flow_drafts.contents(desk.engine, flow), nlu_path(place, draft, language)
        files = sorted(it for it in held if it.rpartition("/")[2].startswith(("nlu.", "answers.")))
        intents = intents_of(path, held.get(path, b""))
        values: dict[str, Any] = {"languages": _languages(place, flow, f"{draft.home}/flow.yaml"), "language": language}
        return page(
            request, visitor, "flows/examples.html", flow=flow, files=files, path=path, intents=intents, **values
        )

    @api.get("/{flow}/translations")
    def translations(request: Request, flow: str, visitor: Visitor = edit) -> Response:
        """Every text with a column a language."""
        found = side_by_side(place, place.draft(visitor, flow))
        return page(request, visitor, "flows/translations.html", flow=flow, found=found)

    @api.get("/{flow}/recordings")
    def recordings(request: Request, flow: str, visitor: Visitor = edit) -> Response:
        """Which prompts are recorded, which synthesized."""
        rows = prompt_rows(place, place.draft(visitor, flow))
        return page(request, visitor, "flows/prompts.html", flow=flow, rows=rows)

    @api.get("/{flow}/earlier")
    def earlier(
        request: Request, flow: str, visitor: Visitor = edit, path: str = Query(max_length=200)
    ) -> Response:  # fmt: skip
        """Saves of a text that are kept."""
        place.draft(visitor, flow)
        rows = [
            (one, (one.data or b"").decode("utf-8", "replace")) for one in flow_drafts.saves(desk.engine, flow, path)
        ]
        return page(request, visitor, "flows/earlier.html", flow=flow, path=path, rows=rows)

    @api.post("/{flow}/talk")
    def talk(request: Request, flow: str, sent: Begin, visitor: Visitor = edit) -> Response:
        """A call as text begins."""
        name, mocks, seen = begun(place, visitor, flow, sent)
        return page(
            request, visitor, "flows/talk.html", name=name, mocks=mocks, chosen=sent.mocks, step=None, seen=seen
        )

    @api.post("/{flow}/talk/{name}")
    def step(request: Request, flow: str, name: str, sent: Step, visitor: Visitor = edit) -> Response:
        """What the caller does, and what comes of it."""
        place.allowed(visitor, flow)
        seen = stepped(place, visitor, name, sent)
        return page(request, visitor, "flows/talk.html", name=name, mocks=[], chosen="", step=sent, seen=seen)

    return api


def _languages(place: Place, flow: str, main: str) -> list[str]:
    """Of the flow as it was saved, for choosing one; ["en"] while it cannot be read."""
    value = parse(main, flow_drafts.contents(place.desk.engine, flow).get(main, b"")).value
    listed = value.get("languages") if isinstance(value, dict) else None
    return [str(it) for it in listed] if isinstance(listed, list) and listed else ["en"]
