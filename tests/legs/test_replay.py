"""Law 3 and 5: a journal's events into a new session give the journal's actions."""

from ivr import journal
from ivr.dialogue.session import Session
from ivr.events import KeyPressed
from ivr.insight.conversation import read
from ivr.insight.text_parts import nothing_understood
from ivr.insight.text_talk import Result, TextTalk
from ivr.legs.replay import actions_of, replay
from tests.dialogue.small import loaded

CONVERSATIONS = """
- name: voice, keys, interruption, hold, repeat, another language
  talk:
    - {says: where is my stuff, over: true}
    - hears: order number
    - {presses: "4567#", over: true}
    - {says: no four five six eight, over: true}
    - holds: 2s
    - hears: four five six eight
    - says: "yes"
    - hears: shipped
    - presses: "*"
    - hears: shipped
    - says: "yes"
    - hears: Welcome
    - says: korean please
    - says: something that nobody understands
    - silent: 12s
    - presses: "7"
    - presses: "0"
  mocks: {lookup: [{body: {status: shipped}, after: 1s}]}
- name: the caller hangs up in the middle of a query
  talk:
    - presses: "14567#1"
    - hangs_up: true
  mocks: {lookup: [{fails: timeout}]}
"""


def held() -> list[Result]:
    flows = loaded()
    conversations, problems = read("tests.yaml", CONVERSATIONS, "orders")
    assert not problems
    talk = TextTalk(flows.published, flows.grammars, nothing_understood)
    return [talk.run(conversation) for conversation in conversations]


def test_the_same_events_give_the_same_actions() -> None:
    flows = loaded().published.flows
    for result in held():
        lines = b"".join(journal.encode(entry) + b"\n" for entry in result.journal)
        entries = journal.read(lines)
        session = Session(flows, {"agents": "sip:agents@pbx.example"})
        assert replay(session, entries) == actions_of(entries)
        assert len(actions_of(entries)) > 10


def test_another_flow_gives_other_actions() -> None:
    flow = loaded().published.flows["orders"]
    node = flow.node("which_order").model_copy(update={"next": "bye"})
    changed = flow.model_copy(update={"nodes": {**flow.nodes, "which_order": node}})
    entries = held()[0].journal
    assert replay(Session({"orders": changed}), entries) != actions_of(entries)


def test_keys_are_in_the_journal_only_where_a_node_took_them() -> None:
    entries = held()[1].journal
    assert all(entry.key == "" for entry in entries if isinstance(entry, KeyPressed))
    assert '"keys":"4567#"' in b"".join(map(journal.encode, entries)).decode()
