"""Every language has the same phrases and commands, in words that recognizers can write."""

import re
from string import Formatter

import pytest

from ivr.language.phrases import did_you_mean, every, key_name, keypad_field, keypad_options, phrase
from ivr.language.table import LANGUAGES, language
from ivr.language.words import sentence, words


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_same_phrases_with_the_same_values(code: str) -> None:
    english = LANGUAGES["en"]
    assert set(LANGUAGES[code].phrases) == set(english.phrases)
    for name, text in english.phrases.items():
        assert names(LANGUAGES[code].phrases[name]) == names(text), name


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_same_commands(code: str) -> None:
    assert set(LANGUAGES[code].commands) == set(LANGUAGES["en"].commands)
    assert all(len(examples) >= 3 for examples in LANGUAGES[code].commands.values())


@pytest.mark.parametrize("code", LANGUAGES)
def test_tables_hold_words_as_recognizers_write_them(code: str) -> None:
    data = LANGUAGES[code]
    phrases = [*data.yes, *data.no, *data.corrections, *data.fillers, *data.before, *data.after, *data.lead_ins]
    phrases += [text for examples in data.commands.values() for text in examples]
    phrases += [text for texts in data.choose.values() for text in texts]
    assert [text for text in phrases if sentence(text, code) != text] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_phrase_means_yes_and_no(code: str) -> None:
    assert not set(LANGUAGES[code].yes) & set(LANGUAGES[code].no)


@pytest.mark.parametrize("code", LANGUAGES)
def test_digits_are_complete(code: str) -> None:
    data = LANGUAGES[code]
    assert set(data.digits.values()) == set("0123456789")
    assert all(data.digits[word] == digit for digit, word in data.say_digits.items())
    assert set(data.choose) >= set("0123456789*#")
    assert set(data.keys) == set("0123456789*#")


def test_words() -> None:
    assert words("Where's order #4567?", "en") == ["where's", "order", "four", "five", "six", "seven"]
    assert words("I’d LIKE – two-thirds", "en") == ["i'd", "like", "two", "thirds"]
    assert words("주문 4567번!", "ko") == ["주문", "사", "오", "육", "칠", "번"]
    assert words("  ", "en") == []


def test_prompts_of_the_keypad() -> None:
    assert keypad_options("en", [("tea", "1"), ("more", "#")]) == ["For tea, press one.", "For more, press pound."]
    assert keypad_field("en", "digits", "#") == "Please type it on your keypad, then press pound."
    assert keypad_field("en", "digits", "none") == "Please type it on your keypad."
    assert keypad_field("en", "yes_no") == "For yes, press one. For no, press two."
    assert keypad_field("en", "choice", choices=[("small", "1")]) == "For small, press one."
    assert keypad_field("en", "free_text") == keypad_field("en", "name") == keypad_field("ko", "email") == ""
    assert keypad_field("en", "date") == "Please type the date with eight digits: month, day and year."
    assert keypad_field("en", "date", settings={"keys": "ddmmyyyy"}).endswith("day, month and year.")
    assert keypad_field("ko", "date") == "날짜를 연도, 월, 일 순서로 여덟 자리 입력해 주세요."
    assert keypad_field("en", "amount") == "Please type the amount, with star for the point, then press pound."
    assert keypad_field("en", "phone") == "Please type it on your keypad, then press pound."
    assert keypad_field("en", "postal_code", settings={"country": "CA"}) == ""
    assert did_you_mean("en", ["tea", "coffee"]) == "Did you mean one, tea, or two, coffee?"
    assert key_name("ko", "#") == "우물 정자"
    assert phrase("en", "confirm.digits", value="four five") == "I heard four five. Is that right?"


@pytest.mark.parametrize("code", LANGUAGES)
def test_sentences_to_render_ahead_hold_no_values(code: str) -> None:
    sentences = every(code)
    assert len(sentences) > 15
    assert not any(re.search(r"[{}]", text) for text in sentences)


def test_regional_codes_find_their_language() -> None:
    assert language("en-US").code == "en"
    with pytest.raises(KeyError, match="there are en, ko"):
        language("xx")
