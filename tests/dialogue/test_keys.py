"""Keys: type-ahead, pauses between them, the finish key, what they mean in a field."""

from ivr import actions, events
from tests.dialogue.driver import Driver, commands, last, names, texts


def at_field() -> Driver:
    call = Driver()
    call.play()
    call.keys("1")
    call.play()
    assert call.node == "which_order"
    return call


def test_a_menu_key_acts_at_once_and_is_written_down_only_then() -> None:
    call = Driver()
    done = call.send(events.KeyPressed(key="2"))
    taken = last(done, actions.KeysTaken)
    assert (taken.keys, taken.node, taken.seqs) == ("2", "welcome", [2])
    assert call.node == "which_order"


def test_keys_are_typed_ahead_over_nodes() -> None:
    call = Driver()
    done = call.keys("14567")
    assert call.node == "which_order"
    assert "SlotFilled" not in names(done)
    done = call.keys("#")
    assert last(done, actions.SlotFilled).value == "4567"
    assert "I heard four five six seven" in " ".join(texts(done))


def test_a_full_field_ends_at_once_and_the_finish_key_behind_it_is_nothing() -> None:
    call = at_field()
    call.keys("12345678")
    assert last(call.all, actions.SlotFilled).value == "12345678"
    call.begin()
    done = call.keys("#")
    assert "Flush" not in names(done)
    assert "Answered" not in names(done)


def test_a_field_ends_when_no_more_keys_come() -> None:
    call = at_field()
    call.keys("4567")
    timeout = call.session.machine.flow.settings["which_order"].key_timeout  # type: ignore[union-attr]
    assert "SlotFilled" not in names(call.wait(timeout - 0.1))
    assert last(call.wait(0.2), actions.SlotFilled).value == "4567"


def test_too_few_keys_are_a_mismatch() -> None:
    call = at_field()
    call.keys("45")
    done = call.wait(6.0)
    assert last(done, actions.KeysTaken).keys == "45"
    assert last(done, actions.Escalated).kind == "no_match"


def test_the_finish_key_ends_a_field_early() -> None:
    call = at_field()
    done = call.keys("45#")
    assert last(done, actions.Escalated).kind == "no_match"


def test_in_a_field_the_field_wins_over_an_anywhere_key() -> None:
    call = at_field()
    call.keys("0456#")
    assert last(call.all, actions.SlotFilled).value == "0456"


def test_an_anywhere_key_acts_in_a_field_when_typed_alone() -> None:
    call = at_field()
    call.keys("0")
    assert call.node == "which_order"
    call.wait(6.0)
    assert call.node == "agent"


def test_a_key_that_the_field_does_not_take_acts_at_once() -> None:
    call = at_field()
    done = call.keys("*")
    assert last(done, actions.Answered).result == "command"
    assert texts(done) == ["What is your order number?"]


def test_a_wrong_key_is_a_mismatch_and_what_follows_it_is_dropped() -> None:
    call = Driver()
    call.begin()
    call.send(events.KeyPressed(key="7"))
    assert last(call.all, actions.Escalated).kind == "no_match"
    assert last(call.all, actions.KeysTaken).keys == "7"


def test_keys_typed_ahead_do_not_answer_a_confirmation() -> None:
    call = Driver()
    call.keys("14567#")
    call.keys("1")
    assert call.node == "lookup"
    call.keys("2")
    call.queried({"status": "shipped"})
    assert call.node == "anything_else"
    assert call.session.fingers.keypad.typed == ""


def test_one_is_yes_in_a_confirmation() -> None:
    call = Driver()
    call.keys("14567#")
    call.begin()
    call.keys("1")
    assert call.node == "lookup"


def test_a_key_takes_the_turn_from_the_voice() -> None:
    call = Driver()
    call.play()
    call.voice()
    done = call.send(events.KeyPressed(key="1"))
    assert commands(done)[0] == "Cancel"
    assert last(done, actions.Cancel).id == call.listen().id
    assert call.node == "which_order"
    assert names(call.heard("cancel my order", intent="cancel_order")) == []


def test_a_key_while_words_are_being_understood_waits_for_the_next_question() -> None:
    call = Driver()
    call.play()
    call.voice()
    call.wait(0.5)
    call.pause()
    call.heard("my parcel", in_grammar=False)
    call.wait(0.5)
    assert names(call.send(events.KeyPressed(key="4"))) == []
    call.understood(("query_order", 0.9))
    call.keys("567#")
    assert last(call.all, actions.SlotFilled).value == "4567"


def test_keys_are_dropped_after_an_error() -> None:
    call = Driver()
    call.keys("14567#")
    call.begin()
    call.keys("1")
    call.keys("2")
    call.queried(status="not_found")
    assert call.session.fingers.keypad.typed == ""
    assert call.session.ears.question is not None
    assert call.session.ears.question.part == "order_id"


def test_the_silence_clock_stands_while_keys_are_typed() -> None:
    call = at_field()
    call.wait(4.0)
    call.keys("45")
    assert "Escalated" not in names(call.wait(2.5))
