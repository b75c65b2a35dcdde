"""What a caller hears by ear: forgiving where a recognizer errs, strict where something else was said."""

import pytest

from ivr.insight.by_ear import RoughAlignment, place


def heard(*pieces: str) -> RoughAlignment:
    made = RoughAlignment()
    for piece in pieces:
        made.add(piece)
    return made


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("Welcome to Acme", "this call may be recorded welcome to at me"),
        ("Is that right", "i heard four five six seven is that bright"),
        ("from nine to five", "we'd are open from 9 to 5 on weekdays"),
        ("I heard 4567", "i heard four five six seven"),
        ("a person, press zero", "or for goodbye press nine for a purse and press zero"),
    ],
)
def test_errors_of_recognition_are_forgiven(wanted: str, said: str) -> None:
    assert heard(said).take(wanted)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("I heard four five six eight", "i heard nine one two three"),
        ("nothing is cancelled", "order four five six eight is cancelled"),
        ("Goodbye", "is there anything else"),
        ("ships on", "was delivered"),
        ("Is that right", ""),
    ],
)
def test_something_else_is_not_it(wanted: str, said: str) -> None:
    assert not heard(said).take(wanted)


def test_what_was_heard_is_used_up_in_order() -> None:
    said = heard("what is your order number", "is there anything else")
    assert said.take("anything else")
    assert not said.take("order number")


def test_what_was_said_before_an_action_does_not_count() -> None:
    said = heard("what is your order number")
    said.forget()
    assert not said.take("order number")


def test_a_piece_that_goes_on_counts_without_being_kept() -> None:
    said = heard("welcome to")
    assert said.holds("welcome to acme", "acme you can ask") is not None
    assert said.holds("welcome to acme") is None
    assert said.said == ["welcome", "to"]


def test_the_best_place_is_found() -> None:
    assert place("abc", "xxabcxx") == (0, 5)
    assert place("abc", "xxabxx")[0] == 1
    assert place("abc", "") == (3, 0)
