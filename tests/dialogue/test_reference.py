"""Words that point back: "the same number" where a value is asked for again."""

import pytest

from ivr import actions
from ivr.flow.models import Flow
from tests.dialogue.driver import Driver, last, texts
from tests.dialogue.small import compiled

FLOW = """
flow: orders
languages: [en, ko]
start: first
nodes:
  first:
    type: collect
    slots:
      home: {field: phone, say: {en: Your number at home?, ko: 집 전화번호는?}, confirm: never}
      order: {field: digits, length: 4, say: {en: Which order?, ko: 주문은?}, confirm: never}
    next: second
  second:
    type: collect
    slots:
      office: {field: phone, say: {en: And at work?, ko: 회사는?}, confirm: never}
      invoice: {field: digits, length: 4, say: {en: Which invoice?, ko: 송장은?}, confirm: never}
    next: again
  again: {type: confirm, say: {en: Once more?, ko: 다시?}, yes: first, no: bye}
  bye: {type: hangup, say: {en: Goodbye., ko: 안녕히.}}
"""


def flows() -> dict[str, Flow]:
    return compiled(FLOW)


def say(call: Driver, text: str, **known: object) -> None:
    call.play()
    call.says(text, in_grammar=bool(known), **known)
    for asked in [one for one in call.all if isinstance(one, actions.ParseField)]:
        from ivr.events import FieldParsed

        call.send(FieldParsed(id=asked.id))


def begun() -> Driver:
    call = Driver(flows())
    call.play()
    call.keys("4155550123#")
    call.wait(6)
    call.play()
    call.keys("1234#")
    call.wait(6)
    assert texts(call.all)[-1] == "And at work?"
    return call


def test_the_same_number_is_that_of_another_slot_of_the_same_kind() -> None:
    call = begun()
    say(call, "the same number")
    filled = last(call.all, actions.SlotFilled)
    assert (filled.name, filled.value) == ("office", "+14155550123")
    assert texts(call.all)[-1] == "Which invoice?"


def test_but_an_order_is_no_invoice() -> None:
    call = begun()
    say(call, "the same number")
    say(call, "the same")
    assert last(call.all, actions.Escalated).kind == "no_match"


def test_what_was_given_for_the_slot_itself_before() -> None:
    call = begun()
    say(call, "same as before")
    call.play()
    call.keys("9999#")
    call.wait(6)
    call.play()
    call.keys("1")
    assert texts(call.all)[-1] == "Your number at home?"
    say(call, "the same")
    say(call, "the same one")
    values = [(one.name, one.value) for one in call.all if isinstance(one, actions.SlotFilled)][-2:]
    assert values == [("home", "+14155550123"), ("order", "1234")]


@pytest.mark.parametrize("text", ["another number", "i do not know"])
def test_else_a_mismatch_stays_one(text: str) -> None:
    call = begun()
    say(call, text)
    assert last(call.all, actions.Escalated).kind == "no_match"
