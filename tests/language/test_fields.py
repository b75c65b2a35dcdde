"""Tables of what people say and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.language import fields
from ivr.language.spoken import say

DIGITS_EN = [
    ("four five six eight", "4568"),
    ("forty five sixty eight", "4568"),
    ("double four oh one", "4401"),
    ("triple five two", "5552"),
    ("4568", "4568"),
    ("no, 4568", "4568"),
    ("no i said four five six eight please", "4568"),
    ("no no four five six seven no four five six eight", "4568"),
    ("it's uh four five um six seven", "4567"),
    ("my order number is 4567", "4567"),
    ("fifteen twelve", "1512"),
    ("twenty thirty", "2030"),
    ("forty five sixty", "4560"),
    ("four thousand five hundred and sixty seven", "4567"),
    ("zero oh zero oh", "0000"),
    ("for five six seven", "4567"),
    ("where is order four five six seven", "4567"),
    ("four five six seven thank you", "4567"),
    ("one two three four five six seven eight", "12345678"),
]
DIGITS_KO = [
    ("사 오 육 칠", "4567"),
    ("사오육칠", "4567"),
    ("공 일 이 삼", "0123"),
    ("영일이삼", "0123"),
    ("4567번", "4567"),
    ("제 번호는 사오육칠번이요", "4567"),
    ("사오육칠이요", "4567"),
    ("아니요 사 오 육 팔", "4568"),
    ("하나 둘 셋 넷", "1234"),
    ("사천오백육십칠", "4567"),
]
NO_DIGITS = ["", "hello", "four five six", "one two three four five six seven eight nine", "three hello", "yes"]
LENGTH = {"length": "4..8"}


@pytest.mark.parametrize(("text", "value"), DIGITS_EN)
def test_english_digits(text: str, value: str) -> None:
    assert fields.parse("digits", text, "en", LENGTH)[0].value == value


@pytest.mark.parametrize(("text", "value"), DIGITS_KO)
def test_korean_digits(text: str, value: str) -> None:
    assert fields.parse("digits", text, "ko", LENGTH)[0].value == value


@pytest.mark.parametrize("text", NO_DIGITS)
def test_no_digits_or_the_wrong_number_of_them(text: str) -> None:
    assert fields.parse("digits", text, "en", LENGTH) == []


def test_other_readings_follow_with_less_confidence() -> None:
    found = fields.parse("digits", "forty five sixty eight", "en", LENGTH)
    assert [candidate.value for candidate in found][:1] == ["4568"]
    assert "40568" in [candidate.value for candidate in found]
    assert found[0].confidence > found[1].confidence


def test_an_n_best_list_gives_each_value_once_the_best_first() -> None:
    found = fields.parse("digits", ["four five six eight", "for five six eight", "four nine six eight"], "en", LENGTH)
    assert [candidate.value for candidate in found] == ["4568", "4968"]


@given(st.text(alphabet="0123456789", min_size=4, max_size=8), st.sampled_from(["en", "ko"]))
def test_digits_as_prompts_say_them_are_understood(value: str, language: str) -> None:
    assert fields.parse("digits", say(value, "digits", language), language, LENGTH)[0].value == value


@given(st.text(max_size=60), st.sampled_from(sorted(fields.FIELDS)), st.sampled_from(["en", "ko"]))
def test_nothing_that_is_said_breaks_a_field(text: str, field: str, language: str) -> None:
    settings = {"length": "2..6", "choices": [{"value": "small"}, {"value": "large", "key": "9"}]}
    for candidate in fields.parse(field, text, language, settings):
        assert candidate.value
        assert 0 < candidate.confidence <= 1


def test_long_runs_of_ambiguous_words_end_quickly() -> None:
    assert fields.parse("digits", "twenty " * 400, "en", LENGTH) == []
    assert fields.parse("digits", "double " * 400, "en", LENGTH) == []


YES = ["yes", "Yeah, that's right!", "uh yes", "um yes please", "correct", "yep", "sure", "yes that's the one", "mhm"]
NO = ["no", "nope", "no thanks", "no, that is wrong", "that's not right", "uh no", "no, four five six eight"]


@pytest.mark.parametrize(("text", "value"), [*[(t, "yes") for t in YES], *[(t, "no") for t in NO]])
def test_english_yes_and_no(text: str, value: str) -> None:
    assert fields.parse("yes_no", text, "en")[0].value == value


@pytest.mark.parametrize(
    ("text", "value"), [("네", "yes"), ("네 맞아요", "yes"), ("예", "yes"), ("아니요", "no"), ("아니요 틀려요", "no")]
)
def test_korean_yes_and_no(text: str, value: str) -> None:
    assert fields.parse("yes_no", text, "ko")[0].value == value


@pytest.mark.parametrize("text", ["", "maybe", "i guess so", "four"])
def test_neither_yes_nor_no(text: str) -> None:
    assert fields.parse("yes_no", text, "en") == []


def test_yes_and_no_in_one_breath_is_doubtful() -> None:
    found = fields.parse("yes_no", "yes no", "en")
    assert {candidate.value for candidate in found} == {"yes", "no"}
    assert max(candidate.confidence for candidate in found) < 0.5


NUMBERS = [
    ("forty five", "en", "45"),
    ("one hundred and twenty", "en", "120"),
    ("i need twelve please", "en", "12"),
    ("two thousand and one", "en", "2001"),
    ("7", "en", "7"),
    ("이십삼", "ko", "23"),
    ("스물셋", "ko", "23"),
    ("만 이천", "ko", "12000"),
    ("열", "ko", "10"),
]


@pytest.mark.parametrize(("text", "language", "value"), NUMBERS)
def test_numbers(text: str, language: str, value: str) -> None:
    assert fields.parse("number", text, language)[0].value == value


@given(st.integers(0, 999_999), st.sampled_from(["en", "ko"]))
def test_numbers_as_prompts_say_them_are_understood(value: int, language: str) -> None:
    assert fields.parse("number", say(value, "number", language), language)[0].value == str(value)


CHOICES = {
    "choices": [
        {"value": "small", "phrases": {"": ["little one"]}},
        {"value": "large", "phrases": {"en": ["big"], "ko": ["큰 거"]}, "label": {"en": "the big size", "ko": "큰 것"}},
        {"value": "extra", "phrases": {"en": ["extra large"]}},
    ]
}


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("small", "en", "small"),
        ("the big one please", "en", "large"),
        ("the big size", "en", "large"),
        ("large", "en", "large"),
        ("lardge", "en", "large"),
        ("smell", "en", "small"),
        ("number two", "en", "large"),
        ("three", "en", "extra"),
        ("큰 거", "ko", "large"),
        ("일 번", "ko", "small"),
    ],
)
def test_choices(text: str, language: str, value: str) -> None:
    assert fields.parse("choice", text, language, CHOICES)[0].value == value


def test_no_choice() -> None:
    assert fields.parse("choice", "banana", "en", CHOICES) == []


def test_free_text_is_what_was_said() -> None:
    assert (
        fields.parse("free_text", "My washing machine, it's broken!", "en")[0].value == "my washing machine it's broken"
    )


KEYS = [
    ("digits", "4567", LENGTH, "4567"),
    ("digits", "0012", LENGTH, "0012"),
    ("digits", "456", LENGTH, None),
    ("digits", "45*7", LENGTH, None),
    ("number", "007", {}, "7"),
    ("yes_no", "1", {}, "yes"),
    ("yes_no", "2", {}, "no"),
    ("yes_no", "3", {}, None),
    ("choice", "2", CHOICES, "large"),
    ("choice", "9", CHOICES, None),
    ("free_text", "1", {}, None),
    ("digits", "4111111111111111", {"length": "16", "checksum": "luhn"}, "4111111111111111"),
    ("digits", "4111111111111112", {"length": "16", "checksum": "luhn"}, None),
    ("number", "13", {"range": "1..12"}, None),
    ("amount", "12*50", {}, "12.50 USD"),
    ("amount", "12*5", {"currency": "EUR"}, "12.50 EUR"),
    ("amount", "20", {}, "20 USD"),
    ("amount", "*", {}, None),
    ("date", "05032027", {}, "2027-05-03"),
    ("date", "03052027", {"keys": "ddmmyyyy"}, "2027-05-03"),
    ("date", "02302027", {}, None),
    ("time", "0930", {}, "09:30"),
    ("time", "530", {"half": "pm"}, "17:30"),
    ("time", "2460", {}, None),
    ("duration", "90", {}, "1h30m"),
    ("duration", "0", {}, None),
    ("phone", "4155550123", {}, "+14155550123"),
    ("phone", "02079460958", {"region": "GB"}, "+442079460958"),
    ("phone", "1234567", {}, None),
    ("postal_code", "94103", {}, "94103"),
    ("postal_code", "981011234", {}, "98101-1234"),
    ("postal_code", "9410", {}, None),
    ("name", "62", {}, None),
]


@pytest.mark.parametrize(("field", "keys", "settings", "value"), KEYS)
def test_keys(field: str, keys: str, settings: dict[str, object], value: str | None) -> None:
    assert fields.from_keys(field, keys, settings) == value


def test_the_language_says_how_dates_are_typed() -> None:
    assert fields.from_keys("date", "20270503", {}, "ko") == "2027-05-03"
    assert fields.from_keys("amount", "5000", {}, "ko") == "5000 KRW"
    assert fields.from_keys("phone", "01012345678", {}, "ko") == "+821012345678"


def test_what_may_be_typed() -> None:
    assert fields.key_shape("amount") == (1, 12, "0123456789*")
    assert fields.key_shape("date") == (8, 8, "0123456789")
    assert fields.key_shape("postal_code", {"country": "GB"}) is None
    assert fields.key_shape("digits", LENGTH) == (4, 8, "0123456789")
    assert fields.key_shape("yes_no") == (1, 1, "12")
    assert fields.key_shape("choice", CHOICES) == (1, 1, "123")
    assert fields.key_shape("free_text") is None


def test_own_keys_of_choices_count_alone() -> None:
    settings = {"choices": [{"value": "a", "key": "5"}, {"value": "b"}]}
    assert fields.key_shape("choice", settings) == (1, 1, "5")
    assert fields.from_keys("choice", "5", settings) == "a"
