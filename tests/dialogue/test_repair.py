"""Escalation, the keypad, clarification, confirmation, failures of recognition."""

from ivr import actions, events
from tests.dialogue.driver import Driver, last, names, texts
from tests.dialogue.small import NLU, ORDERS, compiled


def test_escalation_leads_to_the_keypad_and_then_to_a_human() -> None:
    call = Driver()
    call.play()
    call.wait(5.1)
    assert last(call.all, actions.Escalated).count == 1
    call.play()
    done = call.wait(5.1)
    assert last(done, actions.Escalated).to == "keys"
    said = texts(done)
    assert said[0] == "Please use your keypad."
    assert "For the status of an order, press one." in said
    assert "For our opening hours, press three." in said
    assert "How can I help?" not in " ".join(said)
    asked = last(done, actions.Asked)
    assert (asked.input, asked.attempt) == (["keys"], 3)
    call.play()
    assert names(call.voice()) == []
    call.wait(5.1)
    assert call.node == "agent"


def test_silence_and_mismatch_are_counted_apart_and_per_visit() -> None:
    call = Driver()
    call.play()
    call.wait(5.1)
    call.play()
    call.says("blah", in_grammar=True)
    call.understood()
    assert [(e.kind, e.count) for e in call.all if isinstance(e, actions.Escalated)] == [
        ("no_input", 1),
        ("no_match", 1),
    ]
    call.keys("3")
    assert call.session.state is not None
    assert call.session.state.failures == 2


def test_low_confidence_is_a_mismatch() -> None:
    call = Driver()
    call.play()
    call.says("cancel my order", intent="cancel_order", confidence=0.3)
    assert last(call.all, actions.Answered).result == "no_match"


def test_no_to_a_confirmation_counts_as_mismatch_and_asks_again() -> None:
    call = Driver()
    call.keys("14567#")
    call.play()
    done = call.says("no", slots={"confirm": "no"})
    assert last(done, actions.Escalated).kind == "no_match"
    assert texts(done) == ["What is your order number?"]


def test_a_value_that_is_not_valid_is_told_and_counted() -> None:
    call = Driver()
    call.keys("1")
    done = call.keys("0000#")
    assert texts(done) == ["That is not an order number.", "What is your order number?"]
    assert last(done, actions.Escalated).kind == "no_match"


def test_a_mended_value_is_read_back_again() -> None:
    call = Driver()
    call.keys("14567#")
    call.play()
    done = call.says("no four five six eight", slots={"confirm": "no", "order_id": "4568"})
    assert last(done, actions.SlotFilled).value == "4568"
    assert texts(done) == ["I heard four five six eight. Is that right?"]


def two_close() -> Driver:
    call = Driver()
    call.play()
    call.says("my order", in_grammar=False)
    call.understood(("query_order", 0.5), ("cancel_order", 0.42), ("option.opening_hours", 0.01))
    return call


def test_two_close_intents_are_asked_about() -> None:
    call = two_close()
    assert texts(call.all)[-1] == "Did you mean one, the status of an order, or two, cancelling an order?"
    assert last(call.all, actions.Asked).part == "clarify"
    assert last(call.all, actions.Answered).result == "unsure"


def test_the_doubt_is_settled_by_key_by_number_and_by_name() -> None:
    call = two_close()
    call.keys("2")
    assert last(call.all, actions.TaskSet).task == "cancel_order"
    call = two_close()
    call.play()
    call.says("two")
    assert last(call.all, actions.TaskSet).task == "cancel_order"
    call = two_close()
    call.play()
    call.says("cancel my order", intent="cancel_order")
    assert last(call.all, actions.TaskSet).task == "cancel_order"


def test_silence_after_the_doubt_asks_the_question_again() -> None:
    call = two_close()
    call.play()
    done = call.wait(5.1)
    assert texts(done)[-1] == "Welcome to Acme. How can I help?"


def test_without_a_recognizer_the_line_goes_by_keys_from_the_first_prompt() -> None:
    call = Driver(can_hear=False)
    said = texts(call.first)
    assert said[0] == "Welcome to Acme. How can I help?"
    assert "For the status of an order, press one." in said
    call.play()
    assert names(call.voice()) == []
    call.keys("1")
    assert any("pound" in text for text in texts(call.all))


def test_options_without_a_key_get_one_when_keys_are_all_there_is() -> None:
    flow = ORDERS.replace('key: "2", label', "label")
    call = Driver(compiled(flow), can_hear=False)
    assert "For cancelling an order, press two." in texts(call.first)
    call.keys("2")
    assert last(call.all, actions.TaskSet).task == "cancel_order"


def test_failed_recognition_does_not_blame_the_caller_and_ends_on_the_keypad() -> None:
    call = Driver()
    for _ in range(2):
        call.play()
        call.voice()
        call.wait(0.5)
        call.pause()
        done = call.send(events.HearingFailed(id=call.listen().id, reason="no recognizer"))
    assert "Escalated" not in names(call.all)
    assert texts(done)[0] == "Please use your keypad."
    assert call.session.state is not None
    assert call.session.state.failures == 0
    assert last(call.all, actions.Asked).input == ["keys"]


def test_a_failure_while_the_caller_speaks_is_told_when_they_pause() -> None:
    call = Driver()
    call.play()
    call.voice()
    assert names(call.send(events.HearingFailed(id=call.listen().id))) == []
    assert "Say" in names(call.pause())


def test_a_final_result_that_never_comes_is_a_failure_of_recognition() -> None:
    call = Driver()
    call.play()
    call.voice()
    call.wait(0.5)
    call.pause()
    done = call.wait(6.0)
    assert "Escalated" not in names(done)
    assert "Asked" in names(done)


def test_hang_up_step_says_goodbye() -> None:
    flow = ORDERS.replace("    type: menu\n", "    type: menu\n    no_input: [{say: Goodbye then., hangup: true}]\n", 1)
    call = Driver(compiled(flow, NLU))
    call.play()
    done = call.wait(5.1)
    assert texts(done) == ["Goodbye then."]
    assert names(done)[-2:] == ["Finished", "HangUp"]
