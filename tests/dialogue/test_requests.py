"""Slow things: ids, deadlines, stale answers, what is taken back."""

from ivr import actions, events
from tests.dialogue.driver import Driver, commands, last, names, texts
from tests.dialogue.small import ORDERS, compiled


def asking() -> Driver:
    call = Driver()
    call.keys("14567#")
    call.keys("1")
    assert call.node == "lookup"
    return call


def test_a_query_carries_its_values() -> None:
    query = last(asking().all, actions.Query)
    assert (query.node, query.kind, query.parameters) == ("lookup", "sql", {"order_id": "4567"})


def test_a_hold_phrase_is_said_when_it_takes_longer_than_a_moment() -> None:
    call = asking()
    assert texts(call.wait(0.65)) == []
    assert texts(call.wait(0.1)) == ["One moment please."]
    call.queried({"status": "shipped"})
    assert texts(call.wait(1.0)) == []


def test_a_quick_answer_needs_none() -> None:
    call = asking()
    call.queried({"status": "shipped"})
    assert "One moment please." not in texts(call.wait(2.0))


def test_an_answer_that_never_comes_is_a_timeout() -> None:
    call = asking()
    query = last(call.all, actions.Query)
    done = call.wait(5.1)
    assert last(done, actions.Cancel).id == query.id
    assert call.node == "agent"
    assert names(call.send(events.Queried(id=query.id, value={"status": "shipped"}))) == []


def test_a_change_is_not_taken_back() -> None:
    flow = ORDERS.replace(
        'sql: "select status from demo.orders where order_id = :order_id"',
        "sql: \"update demo.orders set status = 'cancelled' where order_id = :order_id\"\n    changes: true",
    )
    call = Driver(compiled(flow))
    call.keys("14567#")
    call.keys("1")
    assert last(call.all, actions.Query).changes
    assert "Cancel" not in names(call.send(events.HungUp()))


def test_hanging_up_takes_back_what_nobody_waits_for() -> None:
    call = asking()
    done = call.send(events.HungUp())
    assert commands(done) == ["Cancel"]
    assert last(done, actions.Finished).outcome == "abandoned"


def test_last_queries_run_when_the_caller_hangs_up() -> None:
    flow = ORDERS.replace("nodes:\n", "on_caller_hangup: note\nnodes:\n", 1).replace(
        "  bye:",
        "  note:\n    type: query\n    sql: \"update demo.orders set note = 'left' where order_id = :order_id\"\n"
        "    changes: true\n    next: bye\n  bye:",
    )
    call = Driver(compiled(flow))
    call.keys("14567#")
    done = call.send(events.HungUp())
    query = last(done, actions.Query)
    assert (query.node, query.parameters) == ("note", {"order_id": "4567"})
    assert names(done)[-1] == "Finished"


def test_answers_of_other_requests_are_stale() -> None:
    call = asking()
    assert names(call.send(events.Queried(id=999, value={"status": "shipped"}))) == []
    assert names(call.send(events.Understood(id=999))) == []
    assert names(call.send(events.TransferDone(id=999, ok=True))) == []
    assert names(call.send(events.PromptDone(id=999))) == []


def test_events_of_other_legs_are_not_the_callers() -> None:
    call = Driver()
    assert call.send(events.KeyPressed(key="1", leg="agent")) == []
    assert call.send(events.HungUp(leg="agent")) == []


def test_every_action_says_call_time_and_turn() -> None:
    call = asking()
    call.queried({"status": "shipped"})
    for action in call.all:
        assert action.call == "c1"
    turns = [action.turn for action in call.all]
    assert turns == sorted(turns)
    assert [a.turn for a in call.all if isinstance(a, actions.Asked)] == [1, 2, 3, 4]


def test_request_ids_are_never_used_twice() -> None:
    call = asking()
    call.queried({"status": "shipped"})
    ids = [a.id for a in call.all if isinstance(a, actions.Say | actions.Query | actions.Listen | actions.Transfer)]
    assert len(ids) == len(set(ids))
