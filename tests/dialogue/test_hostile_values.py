"""What callers, headers and services sent is data in every place where a flow can put it."""

import json

import msgspec
import pytest

from ivr import actions, events
from ivr.actions import Action
from ivr.dialogue.session import Session
from ivr.flow.loader import load
from ivr.insight.text_parts import nothing_understood, parts
from ivr.legs.text import TextCall

SECRET = "the-secret-of-the-line"
HOSTILE = [
    "{config.key}",
    "{{config.key}}",
    "x' or '1'='1'; drop table demo.orders; --",
    "a\r\nX-Evil: yes\r\n\r\nBYE sip:x",
    "caller.number == '' || true",
    "https://evil.example/{config.key}?a=b&c=d#e",
    "<speak>&lt;{config.key|x}</speak>\x00\x07",
    ":order_id :caller.number $1 %s",
    "\u202e\ud83d\ude00 " + "9" * 300,
]
LINES = """
lines: {main: {numbers: ["sip:*@*"], flow: all, config: {key: the-secret-of-the-line}}}
destinations: {agents: "sip:agents@pbx.example"}
"""
FLOW = """
flow: all
start: fetch
nodes:
  fetch: {type: query, sql: "select name from t where n = :caller.number", save: row, on: {error: bye}, next: keep}
  keep:
    type: set
    values: {copy: "{row.name}", both: "{caller.number|} {row.name|}"}
    compute: {same: "row.name == 'x'"}
    next: told
  told: {type: say, say: "Hello {row.name|you}, {copy|you}, {both|}.", next: ask}
  ask: {type: query, http: {url: "https://a.example/{copy}", headers: {X-Who: "{copy}"}, body: {who: "{copy}"}},
        changes: true, next: which}
  which: {type: menu, say: Which?, options_from: rows, label: "{item.name}", save: one, on: {empty: give}, next: give}
  rows: {type: set, values: {rows: "{row.rows|}"}, next: bye}
  give: {type: call, flow: other, with: {name: "{copy}", row: "{row}"}, save: back, next: write}
  write: {type: send, to: "{caller.number|}", text: "For {back.name|}", next: agent}
  agent:
    type: transfer
    kind: attended
    to: agents
    whisper: "About {back.row.name|}"
    headers: {X-Name: "{copy}"}
    on_fail: bye
  bye: {type: hangup, say: "Goodbye {copy|}."}
"""
OTHER = """
flow: other
takes: [name, row]
start: a
nodes:
  a: {type: say, say: "Hello {name|} {row.name|}.", next: b}
  b: {type: return, values: {name: "{name}", row: "{row}"}}
"""


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_a_value_is_never_a_text_of_the_flow(hostile: str) -> None:
    loaded = load({"all/flow.yaml": FLOW, "other/flow.yaml": OTHER, "lines.yaml": LINES})
    assert loaded.published is not None, [str(problem) for problem in loaded.errors]
    session = Session(loaded.published.flows, {"agents": "sip:agents@pbx.example"})
    asked: list[actions.Query] = []

    def query(action: actions.Query) -> events.Queried:
        asked.append(action)
        return events.Queried(value={"name": hostile, "rows": [{"name": hostile}]})

    call = TextCall(session, parts(loaded.grammars, nothing_understood, query))
    config = {"key": SECRET}
    call.start(events.CallStarted(call="c", flow="all", caller=hostile, config=config, headers={"x-a": hostile}))
    call.listen()
    journal = call.line.journal
    said = json.dumps([msgspec.to_builtins(entry) for entry in journal if isinstance(entry, Action)])
    assert SECRET not in said
    assert [query.node for query in asked] == ["fetch", "ask", "write"]
    assert asked[0].request == {"statement": "select name from t where n = :caller__number", "rows": "one"}
    assert asked[1].request["url"] == "https://a.example/{copy}", "values travel beside the request"
    transfer = next(entry for entry in journal if isinstance(entry, actions.Transfer))
    assert transfer.uri == "sip:agents@pbx.example"
    assert not any(ord(letter) < 32 for value in transfer.headers.values() for letter in value)
    assert not [entry for entry in journal if isinstance(entry, actions.NodeFailed)]
    assert call.line.finished is not None
    assert call.line.finished.outcome == "transferred"
