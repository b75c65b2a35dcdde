"""What is done on a guess in a pause: journalled as one, taken back when the caller goes on, used when it was right."""

import pytest

from ivr import actions, events
from tests.dialogue.driver import Driver, last, names, texts
from tests.dialogue.small import ORDERS, compiled

SQL = 'sql: "select status from demo.orders where order_id = :order_id"'
READS = ORDERS.replace(SQL, f"{SQL}\n    speculate: true")
CHANGES = ORDERS.replace(
    SQL, "sql: \"update demo.orders set status = 'x' where order_id = :order_id\"\n    changes: true"
)
SENSITIVE = READS.replace("  lookup:\n", "  lookup:\n    sensitive: true\n")


def confirming(flow: str) -> Driver:
    """The number was given, and the caller has just said "yes" to it, and pauses."""
    call = Driver(compiled(flow))
    call.play()
    call.keys("14567#")
    call.play()
    call.voice()
    call.wait(0.5)
    call.pause()
    return call


def yes(call: Driver, **known: bool) -> list[actions.Action]:
    return call.heard("yes", slots={"confirm": "yes"}, **known)


def prepared(done: list[actions.Action]) -> list[str]:
    return [action.text for action in done if isinstance(action, actions.Prepare)]


def test_a_query_that_may_be_is_asked_while_the_caller_pauses() -> None:
    call = confirming(READS)
    query = last(yes(call), actions.Query)
    assert (query.speculative, query.node, query.parameters) == (True, "lookup", {"order_id": "4567"})
    assert call.node == "which_order"


def test_what_its_answer_would_make_the_line_say_is_prepared() -> None:
    call = confirming(READS)
    yes(call)
    done = call.queried({"status": "shipped"})
    assert prepared(done) == ["Your order is shipped.", "Is there anything else?"]
    assert texts(done) == []
    assert call.node == "which_order"


def test_when_it_was_the_end_the_query_is_not_asked_twice() -> None:
    call = confirming(READS)
    query = last(yes(call), actions.Query)
    call.queried({"status": "shipped"})
    done = call.wait(0.3)
    assert last(done, actions.GuessTaken).id == query.id
    assert texts(done) == ["Your order is shipped.", "Is there anything else?"]
    assert [type(action) for action in call.all].count(actions.Query) == 1


def test_an_answer_that_is_still_out_is_waited_for() -> None:
    call = confirming(READS)
    yes(call)
    done = call.wait(0.3)
    assert "GuessTaken" in names(done)
    assert texts(done) == []
    assert texts(call.queried({"status": "shipped"}))[0] == "Your order is shipped."


def test_who_goes_on_speaking_gets_nothing_of_it() -> None:
    call = confirming(READS)
    query = last(yes(call), actions.Query)
    assert query.id in [action.id for action in call.voice() if isinstance(action, actions.Cancel)]
    assert names(call.send(events.Queried(id=query.id, value={"status": "shipped"}))) == []
    call.wait(0.5)
    call.pause()
    call.heard("no", slots={"confirm": "no"})
    call.wait(0.3)
    assert "GuessTaken" not in names(call.all)
    assert "lookup" not in [action.node for action in call.all if isinstance(action, actions.NodeEntered)]
    assert "order" not in call.session.state.values  # type: ignore[union-attr]


def test_a_guess_that_failed_is_asked_again_in_earnest() -> None:
    call = confirming(READS)
    yes(call)
    call.queried(status="timeout")
    asked = last(call.wait(0.3), actions.Query)
    assert not asked.speculative


@pytest.mark.parametrize("flow", [CHANGES, ORDERS, SENSITIVE], ids=["it changes", "it does not say so", "sensitive"])
def test_no_other_query_is_asked_on_a_guess(flow: str) -> None:
    call = confirming(flow)
    assert "Query" not in names(yes(call))
    assert "Query" in names(call.wait(0.3))
    assert not last(call.all, actions.Query).speculative


def test_sounds_of_an_option_are_prepared_while_it_is_not_yet_decided() -> None:
    call = Driver()
    call.play()
    call.voice()
    call.wait(0.5)
    call.pause()
    done = call.heard("when are you open", intent="option.opening_hours")
    assert prepared(done) == ["We are open from nine to five.", "Is there anything else?"]
    taken_back = {action.id for action in call.voice() if isinstance(action, actions.Cancel)}
    assert taken_back == {action.id for action in done if isinstance(action, actions.Prepare)}
    assert call.node == "welcome"


def test_a_sentence_that_ends_the_turn_at_once_needs_no_guess() -> None:
    call = confirming(READS)
    done = yes(call, closed=True)
    assert prepared(done) == []
    assert not last(done, actions.Query).speculative
