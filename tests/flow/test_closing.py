"""What may follow a sentence is weighed over all its ways, not by the likeliest of many."""

import pytest

from ivr.flow.closing import closing
from ivr.insight.field_grammars import field_grammar
from ivr.insight.phrase_grammar import phrase_grammar

HOW = ("some", "a bit of", "a lot of", "extra", "double", "little", "warm", "cold")
MILKS = [f"{how} {milk} milk" for how in HOW for milk in ("oat", "soy", "whole", "almond", "skim", "coconut")]

ORDERS = {"order": ["a small mocha", "a small mocha with some oat milk", "a small mocha with extra soy milk"]}
SLOTS = {"drink": ["mocha", "latte", "espresso"], "milk": MILKS}


def test_an_order_to_which_many_things_may_be_added_is_not_closed() -> None:
    grammar = phrase_grammar(ORDERS, SLOTS, "en")
    assert not closing(grammar).closed(["a", "small", "mocha"]), "most go on, each with something else"
    assert not closing(grammar).closed(["a", "small", "latte"])
    assert closing(grammar).closed(["a", "small", "latte", "with", "a", "bit", "of", "soy", "milk"])


@pytest.mark.parametrize(("length", "closed"), [("6", True), ("4..8", False)])
def test_a_string_of_its_length_is_closed_though_it_may_be_taken_back(length: str, closed: bool) -> None:
    grammar = field_grammar(["digits"], length, [], "en")
    assert closing(grammar).closed(["one", "two", "three", "four", "five", "six"]) is closed
