"""Live switches, and the line for an agent, on real calls."""

import numpy as np
import pytest

from ivr import actions, events
from ivr.insight.sip_caller import Caller
from ivr.records import live_values, store
from ivr.records.address import resolve
from tests.instance import wait_for

from .conftest import Agent
from .line import Callers, read_stereo, sounds_in, with_journals

pytestmark = [pytest.mark.sip, pytest.mark.slow, pytest.mark.postgres]


def test_a_switch_set_during_a_call_changes_its_next_step_and_an_empty_desk_leads_on(callers: Callers) -> None:
    def talk(callers: Callers) -> None:
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

    with_journals(callers, talk)


def _is_told_its_place(caller: Caller, text: str) -> None:
    """Said over the wire between two pieces of music."""

    def said() -> bool:
        told = {say.id for say in caller.of(actions.Say) if say.text == text}
        return any(done.id in told for done in caller.of(events.PromptDone))

    wait_for(said, 20, "the place in line is told")


def test_two_callers_and_one_agent(callers: Callers, agent: Agent) -> None:
    """The first is joined once the agent heard what it is about; the second hears its place, music, and then the
    agent, as soon as the first one's conversation is over. A third leaves the line to be called back."""

    def talk(callers: Callers) -> None:
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
        heard, _ = read_stereo(agent.recordings / str(ended["recording"]).rpartition("/")[2])
        whisper = callers.line.prompt("Somebody wants to talk about the test.")
        assert sounds_in(whisper, heard) > 0.8

    with_journals(callers, talk)
