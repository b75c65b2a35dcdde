"""Moving through a flow: re-entry, values said in passing, commands, digressions, limits, outcomes."""

from ivr import actions, events
from tests.dialogue.driver import Driver, commands, last, names, texts
from tests.dialogue.small import ORDERS, compiled


def looked_up(status: str = "shipped") -> Driver:
    call = Driver()
    call.keys("14567#")
    call.keys("1")
    call.queried({"status": status})
    return call


def test_the_first_actions_of_a_call() -> None:
    assert names(Driver().first) == ["NodeEntered", "Say", "Asked"]


def test_a_value_said_on_the_way_is_not_asked_for_again() -> None:
    call = Driver()
    call.play()
    done = call.says("where is order four five six seven", intent="query_order", slots={"order_id": "4567"})
    assert texts(done) == ["I heard four five six seven. Is that right?"]


def test_an_entity_of_understanding_is_read_as_the_field_that_it_fills() -> None:
    call = Driver()
    call.play()
    call.says("where is it order four five six seven", in_grammar=False)
    call.understood(("query_order", 0.9), entities=[events.Entity("order_id", "four five six seven")])
    asked = last(call.all, actions.ParseField)
    assert (asked.field, asked.options, asked.hypotheses[0].text) == (
        "digits",
        {"length": "4..8"},
        "four five six seven",
    )
    done = call.send(events.FieldParsed(id=asked.id, values=["4567"], confidences=[0.9]))
    assert texts(done) == ["I heard four five six seven. Is that right?"]


def test_entering_again_clears_what_the_earlier_visit_was_told() -> None:
    call = Driver()
    call.keys("14567#")
    call.keys("1")
    done = call.queried(status="not_found")
    assert texts(done) == ["I cannot find that order.", "What is your order number?"]
    assert "order_id" not in call.session.state.names  # type: ignore[union-attr]


def test_a_value_without_confirmation_is_not_taken_twice_by_the_node_that_asked_for_it() -> None:
    flow = ORDERS.replace("when: always", "when: never")
    call = Driver(compiled(flow))
    call.keys("14567#")
    done = call.queried(status="not_found")
    assert texts(done)[-1] == "What is your order number?"


def test_prompts_of_say_nodes_queue_into_the_next_question_which_listens_meanwhile() -> None:
    call = looked_up()
    assert texts(call.all)[-2:] == ["Your order is shipped.", "Is there anything else?"]
    call.begin()
    call.keys("2")
    assert call.node == "bye"


def test_repeat_says_all_since_the_last_answer_without_counting() -> None:
    call = looked_up()
    call.play()
    done = call.keys("*")
    assert texts(done) == ["Your order is shipped.", "Is there anything else?"]
    assert call.session.state.failures == 0  # type: ignore[union-attr]
    assert last(done, actions.Asked).attempt == 1


def test_slower_speaks_slower_for_the_rest_of_the_call() -> None:
    call = Driver()
    call.play()
    call.says("slower", intent="command.slower")
    assert last(call.all, actions.Say).rate == 0.85
    call.keys("1")
    assert last(call.all, actions.Say).rate == 0.85


def test_back_goes_to_the_question_before() -> None:
    call = Driver()
    call.keys("1")
    call.play()
    call.says("back", intent="command.back")
    assert call.node == "welcome"


def test_start_over_forgets() -> None:
    call = looked_up()
    call.play()
    call.says("start over", intent="command.start_over")
    assert call.node == "welcome"
    assert call.session.state.values == {}  # type: ignore[union-attr]


def test_a_command_does_not_change_the_task() -> None:
    call = Driver()
    call.keys("2")
    call.play()
    call.keys("0")
    call.wait(6.0)
    assert call.session.state.task == "cancel_order"  # type: ignore[union-attr]
    call.play()
    transfer = last(call.all, actions.Transfer)
    assert transfer.headers == {"X-Reason": "cancel_order"}
    assert transfer.uri == "sip:agents@pbx.example"


def test_another_language_goes_on_where_the_caller_was() -> None:
    call = Driver()
    call.keys("1")
    call.play()
    done = call.says("speak korean", intent="speak_korean")
    assert last(done, actions.SetLanguage).language == "ko"
    assert texts(done) == ["주문 번호가 무엇입니까?"]
    call.play()
    call.voice()
    assert call.listen().language == "ko"
    assert call.node == "which_order"
    assert names(call.all).count("NodeEntered") == 2


def test_a_digression_comes_back_to_the_question() -> None:
    flow = ORDERS.replace(
        "  - {intent: speak_korean, language: ko}\n",
        "  - {intent: speak_korean, language: ko}\n  - {phrases: [who are you], next: who, back: true}\n",
    ).replace("nodes:\n", "nodes:\n  who: {type: say, say: {en: We are Acme., ko: 아크미입니다.}, next: bye}\n")
    call = Driver(compiled(flow))
    call.keys("1")
    call.play()
    name = "anywhere.who_are_you"
    done = call.says("who are you", intent=name)
    assert texts(done) == ["We are Acme.", "What is your order number?"]
    assert last(done, actions.Answered).result == "digression"
    call.keys("4567#")
    assert last(call.all, actions.SlotFilled).value == "4567"


def test_that_one_is_what_was_spoken_of() -> None:
    call = looked_up()
    call.keys("1")
    call.play()
    done = call.says("cancel that one", intent="cancel_order")
    assert texts(done) == ["I heard four five six seven. Is that right?"]


def test_max_visits_leads_away() -> None:
    flow = ORDERS.replace(
        "  which_order:\n    type: collect\n", "  which_order:\n    type: collect\n    max_visits: {2: agent}\n"
    )
    call = Driver(compiled(flow))
    call.keys("14567#")
    call.keys("1")
    call.queried(status="not_found")
    assert call.node == "agent"
    assert last(call.all, actions.NodeEntered).why == "max_visits"


def test_a_loop_without_a_question_ends_at_the_limit_of_steps() -> None:
    flow = compiled()["orders"]
    hours = flow.node("hours").model_copy(update={"next": "hours"})
    limits = flow.limits.model_copy(update={"steps": 20})
    flow = flow.model_copy(update={"nodes": {**flow.nodes, "hours": hours}, "limits": limits})
    call = Driver({"orders": flow})
    done = call.keys("3")
    assert last(done, actions.Finished).outcome == "limit"
    assert names(done)[-1] == "HangUp"
    assert names(done).count("NodeEntered") == 19


def test_a_call_has_a_time_limit() -> None:
    flow = ORDERS.replace("nodes:\n", "limits: {call: 60s, next: agent}\nnodes:\n", 1)
    call = Driver(compiled(flow))
    call.begin()
    for _ in range(8):
        call.wait(6.0)
        call.play()
        call.keys("*")
    done = call.wait(20.0)
    assert last(done, actions.NodeEntered).why == "limit"


def test_outcomes() -> None:
    call = looked_up()
    call.keys("2")
    finished = last(call.all, actions.Finished)
    assert (finished.outcome, finished.at, finished.slots["order_id"]) == ("resolved", "bye", "4567")
    call = looked_up()
    assert last(call.send(events.HungUp()), actions.Finished).outcome == "resolved"
    call = Driver()
    assert last(call.send(events.HungUp()), actions.Finished).outcome == "abandoned"


def test_nothing_happens_after_the_end() -> None:
    call = Driver()
    call.send(events.HungUp())
    assert call.session.deadline() is None
    assert call.send(events.KeyPressed(key="1")) == []
    assert call.send(events.HungUp()) == []


def test_transfer_waits_for_its_prompt() -> None:
    call = Driver()
    call.keys("0")
    assert call.node == "agent"
    assert "Transfer" not in names(call.all)
    done = call.play()
    assert commands(done) == ["Transfer"]
    done = call.send(events.TransferDone(id=last(done, actions.Transfer).id, ok=True, how="refer"))
    assert names(done) == ["Finished", "HangUp"]
    assert last(done, actions.Finished).outcome == "transferred"


def test_a_failed_transfer_goes_on() -> None:
    call = Driver()
    call.keys("0")
    id = last(call.play(), actions.Transfer).id
    call.send(events.TransferDone(id=id, ok=False, sip_status=486))
    assert call.node == "bye"


def test_a_transfer_that_nobody_answers_for_goes_on() -> None:
    call = Driver()
    call.keys("0")
    call.play()
    done = call.wait(32.0)
    assert "Cancel" in names(done)
    assert call.node == "bye"


def test_an_unknown_destination_fails_at_once() -> None:
    call = Driver()
    call.session.destinations.clear()
    call.keys("0")
    call.play()
    assert call.node == "bye"


def test_a_condition_over_something_missing_is_recorded() -> None:
    flow = ORDERS.replace("    next: shipped\n", "    next: route\n", 1).replace(
        "  no_such_order:",
        '  route: {type: branch, when: [{if: "order.nothing == 1", next: bye}], else: shipped}\n  no_such_order:',
    )
    call = Driver(compiled(flow))
    call.keys("14567#")
    call.keys("1")
    done = call.queried({"status": "shipped"})
    assert last(done, actions.ConditionMissing).node == "route"
    assert "shipped" in [a.node for a in done if isinstance(a, actions.NodeEntered)]


def test_a_broken_behaviour_hands_over_to_a_human() -> None:
    call = Driver()
    call.keys("1")
    call.session.machine.frame.visit._state = None  # type: ignore[union-attr]
    call.keys("4567#")
    assert last(call.all, actions.NodeFailed).node == "which_order"
    assert texts(call.all)[-2:] == ["I am sorry, something went wrong.", "Connecting you."]
    assert call.node == "agent"


def test_a_recording_of_the_node_is_played_where_the_text_has_no_values() -> None:
    recordings = {"welcome/en": "prompts/welcome.en.wav", "which_order/order_id/en": "prompts/which.en.wav"}
    recordings["which_order/order_id.confirm/en"] = "prompts/never.wav"
    flows = {"orders": compiled()["orders"].model_copy(update={"recordings": recordings})}
    call = Driver(flows)
    call.play()
    call.keys("1")
    call.play()
    call.keys("4567#")
    said = [(say.recording, say.flow) for say in call.all if isinstance(say, actions.Say)]
    assert said == [("prompts/welcome.en.wav", "orders"), ("prompts/which.en.wav", "orders"), ("", "")]
