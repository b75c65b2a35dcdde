"""A real call is found, told, heard and corrected over HTTP, from what it left in the real database and recordings."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from ivr import actions
from ivr.insight.flow_then import FlowsThen
from ivr.insight.sip_caller import Caller
from ivr.records import embedded, store
from ivr.web.calls.place import Gate, Place
from ivr.web.calls.routes import router

from .line import Callers, Line, on_a_real_call

pytestmark = [pytest.mark.sip, pytest.mark.slow]


@dataclass(frozen=True)
class Supervisor:
    name: str = "ann"
    lines: frozenset[str] | None = None
    sees_numbers: bool = True
    sees_words: bool = True


def _held(callers: Callers) -> Caller:
    caller = callers.dial()
    caller.hears("you can ask where an order is")
    caller.says("please cancel my order", over=True)
    caller.hears("which order shall I cancel")
    caller.hangs_up()
    caller.over()
    return caller


def _told(client: TestClient, line: Line, call: str) -> dict[str, Any]:
    """Once it is delivered to its last line."""
    line.wait(lambda: client.get(f"/calls/{call}").json().get("call", {}).get("complete", False), 30, "delivered")
    told: dict[str, Any] = client.get(f"/calls/{call}").json()
    return told


@on_a_real_call
def test_a_call_is_found_told_heard_and_corrected(callers: Callers) -> None:
    caller, line = _held(callers), callers.line
    answer = caller.of(actions.Answered)[0]
    engine = store.engine(embedded.cluster(line.state).url())
    ann, app = Supervisor(), FastAPI()
    anybody = Depends(lambda: ann)
    place = Place(
        engine, line.state / "recordings", FlowsThen(engine, line.flows), Gate(*[anybody] * 5), lambda *_: None
    )
    app.include_router(router(place))
    client = TestClient(app)
    told = _told(client, line, answer.call)

    wanted = {
        "words": '"please cancel my order"',
        "number": "+14155550123",
        "node": answer.node,
        "outcome": "abandoned",
    }
    assert answer.call in [call["id"] for call in client.get("/calls", params=wanted).json()["calls"]]

    turn = next(turn for turn in told["turns"] if turn["turn"] == answer.turn)
    assert turn["heard_text"] == "please cancel my order"
    assert turn["from_s"] < turn["voice_from_s"] < turn["voice_until_s"] < turn["until_s"]
    assert turn["delays"]["pause_s"] <= turn["answer_s"]
    assert client.get(f"/calls/{answer.call}/turns/{answer.turn}/partials").status_code == 200

    way = client.get(f"/calls/{answer.call}/way").json()
    drawn = {node["id"] for node in way["pictures"]["orders"]["nodes"]}
    assert [step["node"] for step in way["path"]]
    assert {step["node"] for step in way["path"] if step["flow"] == "orders"} <= drawn

    first_lines = [message["first_line"] for message in client.get(f"/calls/{answer.call}/sip").json()]
    assert first_lines[0].startswith("INVITE ")
    assert any(line.startswith("BYE ") for line in first_lines)

    [recording] = told["recordings"]
    sound = client.get(f"/calls/{answer.call}/recordings/0")
    pcm, rate = soundfile.read(io.BytesIO(sound.content), dtype="int16")
    assert (rate, pcm.shape[1], len(pcm)) == (8000, 2, round(recording["lasts_s"] * rate))
    assert not pcm[: round(recording["from_s"] * rate)].any()
    begins, ends = (round(turn[name] * rate) for name in ("voice_from_s", "voice_until_s"))
    spoken, before = pcm[begins:ends, 0], pcm[: begins - rate // 5, 0]
    assert np.abs(spoken).mean() > 10 * max(np.abs(before).mean(), 1), (
        "the region of the turn is where the caller speaks"
    )

    said = {"said": "please cancel my orders", "intent": "cancel_order"}
    assert client.post(f"/calls/{answer.call}/turns/{answer.turn}/corrections", json=said).status_code == 204
    [kept] = client.get(f"/calls/{answer.call}").json()["review"]["corrections"]
    assert (kept["heard"], kept["said"], kept["made_by"]) == (
        "please cancel my order",
        "please cancel my orders",
        "ann",
    )
    engine.dispose()
