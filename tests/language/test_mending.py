"""A read-back value that the caller mends, and the doubtful part that is asked about."""

import pytest

from ivr.language.fields import parse
from ivr.language.mending import NEITHER, Doubt, choices_of, doubt, mend, parts_in_words

MENDED = [
    ("4567", "no, 4568", "en", "4568"),
    ("4567", "no i said four five six eight please", "en", "4568"),
    ("12345678", "no, 5679", "en", "12345679"),
    ("12345678", "no one two three five", "en", "12355678"),
    ("4567", "the second digit is 7", "en", "4767"),
    ("4567", "no the first number is three", "en", "3567"),
    ("4567", "the last digit is nine", "en", "4569"),
    ("4567", "the second to last digit should be oh", "en", "4507"),
    ("4157", "fifty seven not fifteen", "en", "4577"),
    ("4567", "seven not five", "en", "4767"),
    ("4567", "not five but eight", "en", "4867"),
    ("4567", "it ends in six eight", "en", "4568"),
    ("4567", "it starts with nine", "en", "9567"),
    ("4567", "the last two are eight nine", "en", "4589"),
    ("4567", "the first two digits are one two", "en", "1267"),
    ("4545", "six not five", "en", "4546"),
    ("4567", "아니요 사오육팔", "ko", "4568"),
    ("4567", "마지막 숫자는 팔", "ko", "4568"),
    ("4567", "두 번째 숫자는 칠이에요", "ko", "4767"),
    ("4567", "칠이 아니라 팔", "ko", "4568"),
    ("4567", "끝자리는 팔이요", "ko", "4568"),
    ("12345678", "마지막 네 자리는 오육칠구", "ko", "12345679"),
]


@pytest.mark.parametrize(("value", "text", "language", "mended"), MENDED)
def test_mended(value: str, text: str, language: str, mended: str) -> None:
    assert mend(value, text, language, {"length": "4..8"})[0].value == mended


@pytest.mark.parametrize("text", ["", "no", "yes", "hello", "no it is four five six seven", "the ninth digit is two"])
def test_nothing_to_mend(text: str) -> None:
    assert mend("4567", text, "en", {"length": "4..8"}) == []


def test_a_checksum_holds_for_the_mended_value() -> None:
    card = {"length": "16", "checksum": "luhn"}
    assert [c.value for c in mend("4111111111111112", "the last digit is one", "en", card)] == ["4111111111111111"]
    assert mend("4111111111111112", "the last digit is three", "en", card) == []


def test_a_part_replaces_what_it_is_most_like_at_the_ends_of_groups() -> None:
    assert mend("4155550123", "five five six", "en", {"length": "10"})[0].value == "4155560123"
    assert mend("4155550123", "oh one two four", "en", {"length": "10"})[0].value == "4155550124"


def chosen(doubt: Doubt, text: str, language: str = "en", form: str = "digits") -> str:
    found = parse("choice", text, language, {"choices": choices_of(doubt, language, form)})
    return found[0].value if found else ""


def test_the_doubtful_part() -> None:
    fifteen = doubt("4515", "4550", "digits")
    assert fifteen == Doubt("4515", "4550", 2, 4)
    assert parts_in_words(fifteen, "en") == ("fifteen", "fifty")
    assert parts_in_words(fifteen, "ko") == ("십오", "오십")
    assert parts_in_words(doubt("4567", "4587", "digits"), "en") == ("six", "eight")
    assert parts_in_words(doubt("456", "4567", "digits"), "en") == ("four five six", "four five six seven")
    assert parts_in_words(doubt("1500", "5000", "number"), "en", "number") == (
        "one thousand five hundred",
        "five thousand",
    )
    assert parts_in_words(doubt("2027-01-15", "2027-01-08", "date"), "en", "date") == (
        "January fifteenth",
        "January eighth",
    )


def test_a_doubtful_letter_is_named_by_a_word() -> None:
    letter = doubt("BAKER", "DAKER", "spelling")
    assert parts_in_words(letter, "en", "spell") == ("B as in bravo", "D as in delta")
    for said, value in [("b as in bravo", "BAKER"), ("d", "DAKER"), ("the second one", "DAKER")]:
        assert chosen(letter, said, form="spell") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fifty", "4550"),
        ("one five", "4515"),
        ("the second one", "4550"),
        ("um fifteen", "4515"),
        ("four five five oh", "4550"),
        ("neither", NEITHER),
        ("no", NEITHER),
        ("two", "4550"),
        ("hello", ""),
    ],
)
def test_a_doubt_is_settled(text: str, value: str) -> None:
    assert chosen(doubt("4515", "4550", "digits"), text) == value


def test_a_doubt_is_settled_in_korean() -> None:
    fifteen = doubt("4515", "4550", "digits")
    assert chosen(fifteen, "오십이요", "ko") == "4550"
    assert chosen(fifteen, "첫 번째요", "ko") == "4515"
    assert chosen(fifteen, "둘 다 아니에요", "ko") == NEITHER


def test_a_part_is_chosen_by_its_digits_before_its_place() -> None:
    assert chosen(doubt("4527", "4517", "digits"), "one") == "4517"
