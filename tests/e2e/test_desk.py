"""Live switches, the line for an agent, and the company's own systems, on real calls."""

import numpy as np
import pytest

from ivr import actions, events, journal
from ivr.insight.sip_caller import Caller
from ivr.records import live_values, store
from ivr.records.address import resolve
from tests.instance import wait_for

from .line import Callers, on_a_real_call, read_stereo, sounds_in
from .office import Office

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]


@on_a_real_call
def test_a_switch_set_during_a_call_changes_its_next_step_and_an_empty_desk_leads_on(callers: Callers) -> None:
    line = callers.line
    caller = callers.dial("desk")
    caller.hears("number between one and three")
    caller.presses("1", over=True)
    caller.hears("everything is working well")
    caller.hears("number between one and three")
    engine = store.engine(resolve(line.state).url)
    try:
        live_values.put(engine, "switch", "outage", "on", by="mia")
        line.wait(lambda: caller.of(events.LiveChanged), 10, "the call hears of the switch")
        caller.presses("1", over=True)
        caller.hears("power is out in your street")
        caller.hears("number between one and three")
        live_values.clear(engine, "switch", "outage", by="mia")
        line.wait(lambda: len(caller.of(events.LiveChanged)) == 2, 10, "and that it is off again")
        caller.presses("1", over=True)
        caller.hears("everything is working well")
    finally:
        live_values.clear(engine, "switch", "outage", by="mia")
        engine.dispose()
    caller.hears("number between one and three")
    caller.presses("3", over=True)
    caller.hears("nobody can take your call")
    caller.over()
    assert [done.ok for done in caller.of(events.TransferDone)] == [False]


def _is_told_its_place(caller: Caller, text: str) -> None:
    """Said over the wire between two pieces of music."""

    def said() -> bool:
        told = {say.id for say in caller.of(actions.Say) if say.text == text}
        return any(done.id in told for done in caller.of(events.PromptDone))

    wait_for(said, 20, "the place in line is told")


@on_a_real_call
def test_two_callers_and_one_agent(callers: Callers) -> None:
    """The first is joined once the agent heard what it is about; the second hears its place, music, and then the
    agent, as soon as the first one's conversation is over. A third leaves the line to be called back."""
    agent, office = callers.line.agent, callers.line.office
    assert agent is not None
    assert office is not None
    before = len(agent.of("call"))
    first, second, third = (callers.dial("desk") for _ in range(3))
    for caller in (first, second, third):
        caller.hears("number between one and three")
    first.presses("2", over=True)
    agent.wait("call", before + 1)
    second.presses("2", over=True)
    _is_told_its_place(second, "You are next in line.")
    third.presses("2", over=True)
    _is_told_its_place(third, "You are number two in line.")
    third.presses("1", over=True)
    third.hears("somebody will call you back")
    assert [it.number for it in third.of(actions.CallBackWanted)] == ["+14155550123"]
    first.hears("help you")
    assert [(done.ok, done.how) for done in first.of(events.TransferDone)] == [(True, "bridge")]
    silent = len(second.call.sound.heard)
    second.call.wait_heard(silent // 320 + 50)
    music = np.frombuffer(bytes(second.call.sound.heard[silent:]), np.int16)
    assert np.abs(music.astype(np.int32)).max() > 300
    assert len(agent.of("call")) == before + 1
    first.hangs_up()
    agent.wait("call", before + 2)
    second.hears("help you")
    second.hangs_up()
    ended = agent.wait("ended", len(agent.of("ended")) or 1)
    assert (first.of(actions.Finished)[0].outcome, second.of(actions.Finished)[0].outcome) == ("transferred",) * 2
    id = first.of(journal.Opened)[0].call
    wait_for(lambda: "call.transferred" in _events(office, id), 10, "webhooks hear of the transfer")
    id = third.of(journal.Opened)[0].call
    wait_for(lambda: "call_back.wanted" in _events(office, id), 10, "and of who wants to be called back")
    heard, _ = read_stereo(agent.recordings / str(ended["recording"]).rpartition("/")[2])
    whisper = callers.line.prompt("Somebody wants to talk about the test.")
    assert sounds_in(whisper, heard) > 0.8


def _events(office: Office, call: str) -> list[str]:
    """What webhooks were told of a call so far."""
    return [told["event"] for told in office.told("/hook") if told.get("call") == call]


@on_a_real_call
def test_services_answers_messages_and_tasks(callers: Callers) -> None:
    """In one call, by one key. The last task ends after the call: its result comes by webhook."""
    office = callers.line.office
    assert office is not None
    caller = callers.dial("desk")
    caller.hears("number between one and three")
    caller.presses("4", over=True)
    caller.hears("open from nine to five every day")
    caller.hears("wait a moment while i look at your account")
    caller.hears("your limit is three hundred dollars")
    caller.over()
    id = caller.of(journal.Opened)[0].call
    assert [(it.kind, it.request.get("task", "")) for it in caller.of(actions.Query)] == [
        ("http", ""), ("answer", ""), ("send", ""), ("task", "credit"), ("task", "slow"),
    ]  # fmt: skip
    assert {it.status for it in caller.of(events.Queried)} == {"ok"}
    (sent,) = [told for told in office.told("/send") if told["call"] == id]
    assert (sent["to"], sent["text"]) == ("+14155550123", "Your order is on its way to you.")
    (asked,) = [told for told in office.told("/credit") if told["call"] == id]
    assert asked["values"] == {"order": "7"}
    wait_for(lambda: {"task.done", "call.ended"} <= set(_events(office, id)), 20, "the task's end and the call's")
    told = [event for event in _events(office, id) if event.startswith("call.")]
    assert (told[0], told[-1], set(told[1:-1])) == ("call.started", "call.ended", {"call.turn"})
    (done,) = [it for it in office.told("/hook") if it.get("call") == id and it["event"] == "task.done"]
    assert done["value"] == {"done": True}
