"""Prompts: which are recorded and which synthesized, hear each as a caller does, upload or record one."""

from dataclasses import asdict
from typing import Any

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Request, Response

from ivr.flow.models import Flow
from ivr.insight.channel import g711
from ivr.insight.editing import NotAllowed, writable
from ivr.insight.flow_texts import Prompt, prompts
from ivr.insight.uploads import LARGEST, NotASound, as_prompt, wav
from ivr.records import flow_drafts
from ivr.records.flow_drafts import Draft, Stale
from ivr.tts import SynthesisError
from ivr.web.flows.place import Person, Place, small


def routes(place: Place) -> APIRouter:
    """Below /flows."""
    api = APIRouter()
    edit, desk = place.gate.edit, place.desk

    @api.get("/{flow}/prompts")
    def list_(flow: str, person: Person = edit) -> list[dict[str, Any]]:
        """What each node says first, in each language. `recording` empty: synthesized."""
        return prompt_rows(place, place.draft(person, flow))

    @api.get("/{flow}/prompts/{file:path}", response_class=Response)
    def hear(flow: str, file: str, person: Person = edit) -> Response:
        """A prompt as a caller hears it: 8 kHz, through G.711 (WAV). Texts with values are spoken without them."""
        draft = place.draft(person, flow)
        one = _one(place, draft, file)
        recorded = (
            flow_drafts.contents(desk.engine, flow).get(f"{draft.home}/{one.recording}") if one.recording else None
        )
        try:
            data = as_prompt(recorded)[44:] if recorded is not None else _spoken(place, one)
        except (NotASound, SynthesisError) as error:
            raise HTTPException(409, f"it cannot be heard: {error}") from None
        samples = np.frombuffer(data, dtype="<i2").astype(np.float32) / np.float32(32768)
        heard = (np.clip(g711(samples, "pcmu"), -1, 1) * 32767).astype("<i2").tobytes()
        return Response(wav(heard), media_type="audio/wav", headers={"Cache-Control": "no-store"})

    @api.put("/{flow}/prompts/{file:path}")
    async def upload(flow: str, file: str, request: Request, seen: int = 0, person: Person = edit) -> dict[str, Any]:
        """A recording for a prompt: WAV or FLAC as the request's body; brought to 8 kHz and the common level."""
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            raise HTTPException(411, "say how long the body is")
        if int(length) > LARGEST:
            raise HTTPException(413, f"the file is larger than {LARGEST / 1e6:.0f} MB")
        body = await request.body()
        from starlette.concurrency import run_in_threadpool

        return await run_in_threadpool(_keep, place, person, flow, file, body, seen)

    @api.delete("/{flow}/prompts/{file:path}", dependencies=[Depends(small)])
    def remove(flow: str, file: str, seen: int, person: Person = edit) -> dict[str, Any]:
        """Take a recording out: the prompt is synthesized again."""
        draft = place.draft(person, flow)
        return _store(place, person, draft, file, None, seen)

    return api


def prompt_rows(place: Place, draft: Draft) -> list[dict[str, Any]]:
    """Prompts of the draft as it was saved. Raises HTTPException 409 when it has mistakes."""
    files = flow_drafts.files(place.desk.engine, draft.flow)

    def revision(one: Prompt) -> int:
        kept = files.get(f"{draft.home}/{one.file}")
        return kept.revision if kept else 0

    found = prompts(_compiled(place, draft))
    return [{**asdict(one), "file": one.file, "revision": revision(one)} for one in found]


def _keep(place: Place, person: Person, flow: str, file: str, body: bytes, seen: int) -> dict[str, Any]:
    draft = place.draft(person, flow)
    _one(place, draft, file)
    try:
        made = as_prompt(body)
    except NotASound as error:
        raise HTTPException(422, str(error)) from None
    return {**_store(place, person, draft, file, made, seen), "seconds": (len(made) - 44) / 16000}


def _store(place: Place, person: Person, draft: Draft, file: str, data: bytes | None, seen: int) -> dict[str, Any]:
    path = f"{draft.home}/{file}"
    try:
        writable(draft, path)
        kept = flow_drafts.save(place.desk.engine, draft.flow, path, data, seen, person.name)
    except NotAllowed as error:
        raise HTTPException(422, str(error)) from None
    except Stale as stale:
        raise HTTPException(409, f"{stale.theirs.saved_by} put another recording there since") from None
    return {"file": file, "revision": kept.revision}


def _compiled(place: Place, draft: Draft) -> Flow:
    with place.turn():
        loaded, _ = place.desk.check(draft)
    flow = loaded.published.flows.get(draft.flow) if loaded.published else None
    if flow is None:
        raise HTTPException(409, "the flow has mistakes: mend them first")
    return flow


def _one(place: Place, draft: Draft, file: str) -> Prompt:
    found = next((one for one in prompts(_compiled(place, draft)) if one.file == file), None)
    if found is None:
        raise HTTPException(404, "the flow has no such prompt")
    return found


def _spoken(place: Place, one: Prompt) -> bytes:
    if place.speak is None:
        raise SynthesisError("nothing speaks on this machine")
    return place.speak(one.text, one.language)
