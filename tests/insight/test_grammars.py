from pathlib import Path

import pytest

from ivr.flow.acceptor import accept
from ivr.insight.field_grammars import field_grammar, fields
from ivr.insight.phrase_files import read_phrases, read_slots
from ivr.insight.phrase_grammar import phrase_grammar

SLOTS = {"size": ["small", "twelve ounce"], "drink": ["mocha", "iced mocha"], "milk": ["milk", "a bit of milk"]}
PHRASES = {"order": ["I want a small mocha", "get me a mocha with milk", "give me a mocha please"], "stop": ["stop it"]}


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("i want a twelve ounce iced mocha", "order", {"size": "twelve ounce", "drink": "iced mocha"}),
        ("get me a iced mocha with a bit of milk", "order", {"drink": "iced mocha", "milk": "a bit of milk"}),
        ("give me a small mocha please", "order", {"size": "small", "drink": "mocha"}),
        ("stop it", "stop", {}),
    ],
)
def test_every_value_stands_where_one_stood_and_pairs_join(text: str, intent: str, slots: dict[str, str]) -> None:
    parse = accept(phrase_grammar(PHRASES, SLOTS), text.split())
    assert parse is not None
    assert (parse.intent, parse.slots) == (intent, slots)


@pytest.mark.parametrize("text", ["i want a", "mocha", "stop a mocha", "i want a mocha small", "twelve"])
def test_what_no_pair_of_phrases_says_is_outside(text: str) -> None:
    assert accept(phrase_grammar(PHRASES, SLOTS), text.split()) is None


def test_rarer_pairs_cost_more() -> None:
    grammar = phrase_grammar({"": ["go home", "go home", "go home", "go away"]}, {})
    home, away = accept(grammar, ["go", "home"]), accept(grammar, ["go", "away"])
    assert home is not None
    assert away is not None
    assert home.cost < away.cost
    assert home.intent == ""


@pytest.mark.parametrize(
    "text",
    [
        "x i sixty one",
        "erase g h x w five zero four eight two",
        "t v a h fifty two fifty three",
        "march third nineteen twenty eight",
        "seven may nineteen forty four",
        "v q d b forty nine hundred",
        "a m s j seven thousand one hundred and eighty six",
        "one thousand",
        "fifty eight oh nine and a half",
        "o apostrophe h a r a",
        "p i t t s b u r g h",
        "oh seven nine two",
        "june twenty third nineteen sixty nine",
        "october thirtieth",
        "erase",
        "enter ten",
        "may ninth sixty two",
    ],
)
def test_what_people_spell_and_read_out(text: str) -> None:
    assert accept(field_grammar(["alphanumeric"], "", ["erase", "enter"]), text.split()) is not None


def test_fields_of_flows_and_their_errors() -> None:
    digits = field_grammar(["digits"], "6")
    parse = accept(digits, ["four", "five", "six", "seven", "eight", "nine"])
    assert parse is not None
    assert parse.slots == {"value": "456789"}
    assert accept(digits, ["four", "five"]) is None
    assert "letters" in fields()
    with pytest.raises(ValueError, match="there is no field 'colour'; there are digits"):
        field_grammar(["colour"])


def test_training_text_in_its_forms(tmp_path: Path) -> None:
    lines = tmp_path / "p.txt"
    lines.write_text("one\n\ntwo\n")
    assert read_phrases(lines, "x") == {"x": ["one", "two"]}
    by_intent = tmp_path / "p.yaml"
    by_intent.write_text("order: [a mocha]\nstop: [stop it]\n")
    assert read_phrases(by_intent) == {"order": ["a mocha"], "stop": ["stop it"]}
    slots = tmp_path / "s.yaml"
    slots.write_text("slots:\n  size: [small, 12]\n")
    assert read_slots(slots) == {"size": ["small", "12"]}
    slots.write_text("slots: 5\n")
    with pytest.raises(ValueError, match="expected name"):
        read_slots(slots)
    slots.write_text("a: [")
    with pytest.raises(ValueError, match=r"s\.yaml"):
        read_slots(slots)
