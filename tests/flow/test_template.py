"""`{name}`, formats, fallbacks; values are data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.flow.template import TemplateError, holes, is_fixed, plain, render
from ivr.flow.text import Text

NAMES = {"order_id": "4567", "order": {"eta": "2027-01-04", "n": 5}, "name": "Ann", "none": None, "empty": ""}


def say(text: str, language: str = "en") -> str:
    return render(Text({"": text}), language, NAMES).text


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("I heard {order_id:digits}.", "I heard four five six seven."),
        ("It ships on {order.eta:date}.", "It ships on January fourth."),
        ("Hello {name}.", "Hello Ann."),
        ("You have {order.n} orders.", "You have five orders."),
        ("{order_id}", "four five six seven"),
        ("Hello {nobody|you}.", "Hello you."),
        ("Hello {empty|you}.", "Hello you."),
        ("Hello {none}.", "Hello ."),
        ("{order.gone.deeper|nothing}", "nothing"),
        ("Press {{1}}.", "Press {1}."),
        ("{name|}", "Ann"),
        ("{nobody|}", ""),
    ],
)
def test_rendering(text: str, spoken: str) -> None:
    assert say(text) == spoken


def test_languages() -> None:
    text = Text({"en": "Order {order_id:digits}", "ko": "주문 {order_id:digits}"})
    assert render(text, "ko", NAMES).text == "주문 사 오 육 칠"
    assert render(text, "en", NAMES).text == "Order four five six seven"


def test_missing_names_are_told() -> None:
    assert render(Text({"": "{a} {b|x} {none}"}), "en", NAMES).missing == ("a", "none")


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a b}", "{a:nosuch}", "{1a}", "{a.}", "{a{b}}"])
def test_broken_templates(text: str) -> None:
    with pytest.raises(TemplateError):
        holes(text)


def test_fixed_texts() -> None:
    assert is_fixed("Hello.")
    assert not is_fixed("Hello {name|you}.")


@given(st.text())
def test_values_never_become_templates_or_markup(value: str) -> None:
    names = {"x": value}
    spoken = render(Text({"": "a{x|-}b"}), "en", names).text
    assert "<" not in spoken
    assert not any(ord(c) < 32 for c in spoken)
    header = plain("{x|-}", names).text
    assert "\r" not in header
    assert "\n" not in header


@given(st.sampled_from(["{secret}", "{name:digits}", "{{", "{", "}"]))
def test_braces_in_values_stay_braces(value: str) -> None:
    assert plain("{x}", {"x": value, "secret": "S", "name": "N"}).text == value
