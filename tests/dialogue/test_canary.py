"""A secret that is typed or said is looked for in everything that a call leaves behind."""

import json
import logging

import msgspec
import pytest

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue.session import Session
from ivr.flow.loader import load
from ivr.insight.text_parts import nothing_understood, parts
from ivr.legs.text import TextCall
from ivr.legs.text_line import Line
from ivr.records.fold import CallFold
from tests.dialogue.small import LINES

TYPED, SAID, SPOKEN = "918273", "645546", "six four five five four six"
FLOW = """
flow: orders
start: pin
recording: {consent: announce, say: This call may be recorded.}
on_caller_hangup: [left]
nodes:
  pin:
    type: collect
    slots:
      pin: {field: digits, length: 6, say: Your PIN?, sensitive: true, confirm: never}
    next: prove
  prove:
    type: query
    http: {method: POST, url: "https://bank.example/prove", body: {pin: "{pin}"}}
    changes: true
    on: {not_found: again, error: again}
    next: code
  again: {type: say, say: That is not right., next: pin}
  code:
    type: collect
    sensitive: true
    slots: {code: {field: digits, length: 6, say: Your code?, confirm: never}}
    next: save
  save: {type: query, sql: "select 1 where :code = '1'", on: {error: agent, not_found: agent}, next: agent}
  left: {type: query, sql: "select 1 where :code = '2'", next: bye}
  agent: {type: transfer, to: agents, headers: {X-Task: "{task|none}"}, on_fail: bye}
  bye: {type: hangup, say: Goodbye.}
"""


def call(leaves: bool) -> tuple[Line, list[Action]]:
    loaded = load({"orders/flow.yaml": FLOW, "lines.yaml": LINES})
    assert loaded.published is not None, loaded.problems
    session = Session(loaded.published.flows, {"agents": "sip:a@b"})
    asked: list[Action] = []

    def query(action: actions.Query) -> events.Queried:
        asked.append(action)
        return events.Queried(status="not_found" if len(asked) == 1 else "ok", value={"ok": True})

    text = TextCall(session, parts(loaded.grammars, nothing_understood, query))
    text.start(events.CallStarted(call="c", flow="orders", at="2027-01-04T10:00:00Z"))
    text.presses(TYPED, over=False)
    text.says(SPOKEN.replace("six four five five four six", "nine one eight two seven three"))
    text.listen()
    text.presses(SAID[:3], over=False)
    text.presses(SAID[3:])
    if leaves:
        text.hangs_up()
    else:
        text.listen()
    return text.line, asked


@pytest.mark.parametrize("leaves", [False, True])
def test_nothing_that_is_kept_holds_a_secret(leaves: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        line, asked = call(leaves)
    assert any(TYPED in json.dumps(msgspec.to_builtins(query)) for query in asked), "the business system gets it"
    kept = [json.dumps(msgspec.to_builtins(entry)) for entry in line.journal]
    fold = CallFold("c")
    for entry in line.journal:
        fold.add(entry)
    everything = "\n".join(
        [*kept, json.dumps(fold.changed(), default=str), caplog.text, *(s.text for s in line.spoken)]
    )
    for secret in (TYPED, SAID, SPOKEN, "nine one eight", "918", "645", "546"):
        assert secret not in everything, secret
    stops = [entry for entry in line.journal if isinstance(entry, actions.StopRecording)]
    assert stops, "the recording stands still meanwhile"
