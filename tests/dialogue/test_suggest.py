"""Did you mean ...?: what was not understood well enough is asked about before the caller has to say it again."""

from ivr import actions
from tests.dialogue.driver import Driver, last, texts
from tests.dialogue.small import ORDERS, compiled

STAGES = """
defaults:
  no_match:
    - {suggest: true, say: Sorry?}
    - {say: Please say it in other words.}
    - {suggest: true, next: agent}
    - next: agent
nodes:
"""


def unsure(call: Driver, *intents: tuple[str, float], text: str = "my thing", **rest: object) -> Driver:
    call.play()
    call.says(text, in_grammar=False)
    call.understood(*intents, **rest)
    return call


def test_a_likely_option_is_asked_about_and_yes_takes_it() -> None:
    call = unsure(Driver(), ("cancel_order", 0.4), ("query_order", 0.1))
    assert texts(call.all)[-1] == "Did you mean cancelling an order?"
    assert last(call.all, actions.Asked).part == "suggest"
    assert last(call.all, actions.Escalated).to == "suggest"
    call.play()
    call.says("yes", slots={"suggest": "yes"})
    assert last(call.all, actions.TaskSet).task == "cancel_order"
    assert call.node == "which_order"


def test_keys_answer_it_too() -> None:
    for key, node in (("1", "which_order"), ("2", "welcome")):
        call = unsure(Driver(), ("cancel_order", 0.4))
        call.play()
        call.keys(key)
        call.wait(4)
        assert call.node == node


def test_what_was_said_in_passing_comes_with_yes() -> None:
    from ivr.events import Entity

    call = unsure(Driver(), ("query_order", 0.4), entities=[Entity("order_id", "4567")])
    call.play()
    call.says("yes", slots={"suggest": "yes"})
    assert "4567" in str(last(call.all, actions.SlotFilled).value)


def test_no_is_the_next_mismatch_and_the_same_is_not_suggested_again() -> None:
    call = unsure(Driver(compiled(ORDERS.replace("nodes:\n", STAGES, 1))), ("cancel_order", 0.4))
    call.play()
    call.says("no", slots={"suggest": "no"})
    assert texts(call.all)[-2:] == ["Please say it in other words.", "Welcome to Acme. How can I help?"]
    unsure(call, ("cancel_order", 0.4))
    assert last(call.all, actions.Escalated).to == "agent"
    assert call.node == "agent"


def test_both_stages_then_a_human() -> None:
    call = unsure(Driver(compiled(ORDERS.replace("nodes:\n", STAGES, 1))), ("cancel_order", 0.4))
    call.play()
    call.says("no", slots={"suggest": "no"})
    unsure(call, ("query_order", 0.3))
    assert texts(call.all)[-1] == "Did you mean the status of an order?"
    call.play()
    call.says("no", slots={"suggest": "no"})
    assert call.node == "agent"


def test_another_option_may_be_said_instead() -> None:
    call = unsure(Driver(), ("cancel_order", 0.4))
    call.play()
    call.says("where is my order", intent="query_order")
    assert last(call.all, actions.TaskSet).task == "query_order"


def test_what_is_hardly_likely_or_not_offered_is_not_suggested() -> None:
    for name, chance in (("cancel_order", 0.1), ("nonsense", 0.4)):
        call = unsure(Driver(), (name, chance))
        assert last(call.all, actions.Asked).part == "menu"


def test_silence_puts_the_question_itself_again() -> None:
    call = unsure(Driver(), ("cancel_order", 0.4))
    call.play()
    done = call.wait(5.1)
    assert texts(done)[-1] == "Welcome to Acme. How can I help?"
    assert last(call.all, actions.Asked).part == "menu"


def test_its_grammar_hears_yes_no_and_the_options() -> None:
    flow = compiled()["orders"]
    assert flow.grammar("welcome", "menu.suggest", "en") not in ("", flow.grammar("welcome", "menu", "en"))
    call = unsure(Driver(), ("cancel_order", 0.4))
    call.play()
    call.voice()
    assert call.listen().grammar == flow.grammar("welcome", "menu.suggest", "en")
