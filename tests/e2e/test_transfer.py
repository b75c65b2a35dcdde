"""The caller is handed to `ivr answer`, in a process of its own, with what was gathered."""

import pytest

from ivr import actions, events, journal

from .agent import Agent
from .line import Callers, with_journals

pytestmark = [pytest.mark.sip, pytest.mark.slow]


def _ask_for_a_human(callers: Callers) -> None:
    caller = callers.dial()
    caller.hears("you can ask")
    caller.presses("1", over=True)
    caller.hears("your order number")
    caller.presses("4567#")
    caller.hears("is that right")
    caller.says("can I talk to a person")
    caller.hears("connecting you to a person")


def _is_told_why(told: dict[str, object]) -> None:
    why = told["why"]
    assert isinstance(why, dict)
    assert why["x-reason"] == "query_order"
    assert why["x-language"] == "en"


def test_by_refer_with_headers(callers: Callers, agent: Agent) -> None:
    def talk(callers: Callers) -> None:
        before = len(agent.of("call"))
        _ask_for_a_human(callers)
        caller = callers.made[0]
        _is_told_why(agent.wait("call", before + 1))
        agent.wait("answered", len(agent.of("answered")) or 1)
        caller.over()
        second = caller.call.transferred
        assert second is not None
        second.wait_heard(100)
        done = caller.of(events.TransferDone)[0]
        assert (done.ok, done.how) == (True, "refer")
        assert caller.of(actions.Finished)[0].outcome == "transferred"
        second.hang_up()
        agent.wait("ended", before + 1)
        id = caller.of(journal.Opened)[0].call
        row = callers.line.wait(
            lambda: callers.line.rows("select * from ivr.transfers where call = %(id)s and ok", id=id), 15, "transfer"
        )[0]
        assert (row["destination"], row["how"]) == ("agents", "refer")

    with_journals(callers, talk)


def test_by_a_second_leg_where_refer_is_refused(callers: Callers, agent: Agent) -> None:
    def talk(callers: Callers) -> None:
        before = len(agent.of("call"))
        endpoint = callers.phone.endpoint
        takes, endpoint.on_transfer = endpoint.on_transfer, None
        try:
            _ask_for_a_human(callers)
            caller = callers.made[0]
            told = agent.wait("call", before + 1)
            _is_told_why(told)
            caller.hears("hello this is the agent")  # through the line
            assert not caller.call.over
            done = caller.of(events.TransferDone)[0]
            assert (done.ok, done.how) == (True, "bridge")
            caller.hangs_up()
            agent.wait("ended", before + 1)
            caller.over()
            assert caller.of(actions.Finished)[0].outcome == "transferred"
        finally:
            endpoint.on_transfer = takes

    with_journals(callers, talk)
