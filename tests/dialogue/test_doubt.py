"""A value that was heard in two ways: "did you say fifteen, or fifty?" """

from typing import Any

import pytest

from ivr import actions, events
from ivr.services.fields import parse_field
from tests.dialogue.driver import Driver, last, texts
from tests.dialogue.small import ORDERS, compiled

HELD = "moonshine:held"


def path(text: str, value: str, confidence: float, slot: str = "order_id") -> events.Hypothesis:
    return events.Hypothesis(text, confidence=confidence, source=HELD, slots={slot: value})


def says(call: Driver, *hypotheses: events.Hypothesis, in_grammar: bool = True) -> list[actions.Action]:
    """An utterance with several readings; fields are parsed as the services process does."""
    call.voice()
    call.wait(1.0)
    call.pause()
    done = call.send(
        events.Heard(
            id=call.listen().id, hypotheses=list(hypotheses), speculative=True, complete=True, closed=False,
            in_grammar=in_grammar, until_t=call.t,
        )
    )  # fmt: skip
    done += call.wait(1.0)
    for request in [action for action in done if isinstance(action, actions.ParseField)]:
        done += call.send(parse_field(request))
    return done


def doubted(first: float = 0.5, second: float = 0.45) -> tuple[Driver, list[actions.Action]]:
    call = Driver()
    call.keys("1")
    call.play()
    return call, says(
        call, path("four five fifteen", "4515", first), path("four five fifty", "4550", second),
        events.Hypothesis("for 515", confidence=0.9, source="moonshine:free"),
    )  # fmt: skip


def test_two_close_readings_are_asked_about() -> None:
    call, done = doubted()
    assert texts(done)[-1] == "Did you say fifteen, or fifty?"
    assert last(done, actions.Asked).part == "order_id.doubt"
    assert last(done, actions.Answered).result == "unsure"
    assert call.session.state is not None
    assert call.session.state.failures == 0


@pytest.mark.parametrize(("first", "second"), [(0.9, 0.1), (0.85, 0.8), (0.7, 0.3), (0.31, 0.2)])
def test_it_is_not_asked_when_one_is_sure_or_both_are_unlikely(first: float, second: float) -> None:
    _, done = doubted(first, second)
    assert "Did you say fifteen, or fifty?" not in texts(done)


def test_a_reading_below_min_confidence_is_asked_about_all_the_same() -> None:
    _, done = doubted(0.4, 0.38)
    assert texts(done)[-1] == "Did you say fifteen, or fifty?"


@pytest.mark.parametrize(
    ("said", "value"),
    [("fifty", "4550"), ("fifteen", "4515"), ("the second one", "4550"), ("four five one five", "4515")],
)
def test_the_answer_is_the_value_and_is_read_back(said: str, value: str) -> None:
    call, _ = doubted()
    call.play()
    done = says(call, events.Hypothesis(said, confidence=0.9, source=HELD, slots={"part": "x"}))
    assert last(done, actions.SlotFilled).value == value
    assert last(done, actions.Asked).part == "order_id.confirm"


def test_the_answer_by_key() -> None:
    call, _ = doubted()
    call.play()
    done = call.keys("2")
    assert last(done, actions.SlotFilled).value == "4550"


def test_neither_asks_for_the_value_again() -> None:
    call, _ = doubted()
    call.play()
    done = says(call, events.Hypothesis("neither", confidence=0.9, source=HELD))
    assert texts(done)[-1] == "What is your order number?"
    assert last(done, actions.Escalated).kind == "no_match"


def test_no_and_another_value_mends_it() -> None:
    call, _ = doubted()
    call.play()
    done = says(call, events.Hypothesis("no four five six seven", confidence=0.9, source=HELD))
    assert last(done, actions.SlotFilled).value == "4567"
    assert texts(done)[-1] == "I heard four five six seven. Is that right?"


def test_the_choice_among_readings_is_the_likeliest_that_chooses() -> None:
    """To "fifteen, or fifty?" the recognizer may hear something else best: what is one of the two counts."""
    call, _ = doubted()
    call.play()
    done = says(call, path("sixteen", "16", 0.5, "part"), path("fifty", "50", 0.5, "part"))
    assert last(done, actions.SlotFilled).value == "4550"


def asking(field: str, confirm: str = "{when: unsure}", **more: Any) -> Driver:
    slot = f"""
      order_id:
        field: {field}
        say: Tell me.
        confirm: {confirm}
        {"sensitive: true" if more.get("sensitive") else ""}
    next: lookup
"""
    start = ORDERS.index("\n      order_id:")
    end = ORDERS.index("    next: lookup\n") + len("    next: lookup\n")
    call = Driver(compiled(ORDERS[:start] + slot + ORDERS[end:]))
    call.keys("1")
    call.play()
    return call


def test_dates_and_amounts_are_asked_about_whole() -> None:
    call = asking("date")
    done = says(
        call,
        path("january fifteenth", "january fifteenth ", 0.5),
        path("january fifth", "january fifth ", 0.45),
    )
    assert texts(done)[-1] == "Did you say January fifteenth, or January fifth?"
    call.play()
    done = says(call, events.Hypothesis("january fifth", confidence=0.95, source=HELD))
    assert last(done, actions.SlotFilled).value == "2027-01-05"
    assert last(done, actions.NodeEntered).node == "lookup", "a sure choice is not confirmed again"


def test_two_meanings_of_the_same_words_are_no_doubt() -> None:
    call = asking("time")
    done = says(call, path("at five", "at five ", 0.7), path("five please", "five ", 0.6))
    assert not any("Did you say" in text for text in texts(done))


def test_what_may_not_be_read_back_is_not_asked_about() -> None:
    for call in (asking("number", "{when: never}"), asking("number", sensitive=True)):
        done = says(call, path("fifteen", "15", 0.5), path("fifty", "50", 0.45))
        assert not any("Did you say" in text for text in texts(done))
