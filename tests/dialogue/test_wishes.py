"""Several wishes in one sentence are taken one after the other."""

import pytest

from ivr import actions, events
from ivr.language.joints import parts_of
from tests.dialogue.driver import Driver, last, texts

BOTH = "cancel my order and when are you open"


def understand(call: Driver, meant: dict[str, tuple[str, float]], text: str = BOTH) -> None:
    """Says it, and answers each reading of it by the words that it asks about."""
    call.play()
    call.says(text, in_grammar=False)
    for asked in [one for one in call.all if isinstance(one, actions.Understand)]:
        said = asked.hypotheses[0].text
        name, chance = meant.get(said, ("", 0.0))
        call.send(events.Understood(id=asked.id, intents=[events.IntentScore(name, chance)] if name else []))


SURE = {
    BOTH: ("cancel_order", 0.6),
    "cancel my order": ("cancel_order", 0.95),
    "when are you open": ("option.opening_hours", 0.9),
}


def to_the_end_of_the_first(call: Driver) -> None:
    call.play()
    call.keys("4567#")
    call.play()
    call.keys("1")
    call.queried({"status": "cancelled"})


def test_the_second_is_taken_where_the_line_would_ask_for_more() -> None:
    call = Driver()
    understand(call, SURE)
    answered = last(call.all, actions.Answered)
    assert (answered.option, answered.also, answered.text) == ("cancel_order", ["option.opening_hours"], BOTH)
    assert call.node == "which_order"
    to_the_end_of_the_first(call)
    said = texts(call.all)
    assert said[-4:] == [
        "Your order is cancelled.",
        "Now to your other question: our opening hours.",
        "We are open from nine to five.",
        "Is there anything else?",
    ]


@pytest.mark.parametrize(
    ("meant", "why"),
    [
        ({**SURE, "when are you open": ("option.opening_hours", 0.6)}, "one part is not sure"),
        ({**SURE, "when are you open": ("cancel_order", 0.9)}, "both are one wish"),
        ({**SURE, "when are you open": ("", 0.0)}, "one part is nothing"),
    ],
)
def test_else_the_sentence_counts_as_a_whole(meant: dict[str, tuple[str, float]], why: str) -> None:
    call = Driver()
    understand(call, meant)
    assert last(call.all, actions.Answered).also == [], why
    to_the_end_of_the_first(call)
    assert texts(call.all)[-1] == "Is there anything else?"


def test_goodbye_and_start_over_forget_what_waits() -> None:
    call = Driver()
    understand(call, SURE)
    call.play()
    call.says("start over", intent="command.start_over")
    call.play()
    call.keys("3")
    assert texts(call.all)[-1] == "Is there anything else?"


def test_a_transfer_ends_it() -> None:
    call = Driver()
    understand(call, SURE)
    call.play()
    call.keys("0")
    call.wait(6)
    assert call.node == "agent"


def test_who_is_not_understood_in_time_goes_on_with_what_is_there() -> None:
    call = Driver()
    call.play()
    call.says(BOTH, in_grammar=False)
    call.wait(5)
    assert last(call.all, actions.Escalated).kind == "no_match"


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("where is order 4567 and what are your opening hours", "en", 2),
        ("Where is my order? And when do you close?", "en", 2),
        ("cancel my order, also what does it cost and where are you", "en", 3),
        ("I want to cancel my order", "en", 0),
        ("and", "en", 0),
        ("a and b and c and d and e and f", "en", 0),
        ("주문 조회하고 영업 시간 알려 주세요", "ko", 2),
        ("주문 취소해 주세요 그리고 영업 시간이요", "ko", 2),
        ("주문 취소해 주세요", "ko", 0),
        ("one and two", "xx", 0),
    ],
)
def test_parts_of_a_sentence(text: str, language: str, parts: int) -> None:
    assert len(parts_of(text, language)) == parts
