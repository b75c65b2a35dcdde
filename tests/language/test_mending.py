"""A read-back value that the caller mends, and the doubtful part that is asked about."""

import pytest

from ivr.language.candidate import Candidate
from ivr.language.mending import Doubt, doubtful, mend, question, settled

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


def test_the_doubtful_part() -> None:
    fifteen = [Candidate("4515", 0.8), Candidate("4550", 0.7)]
    doubt = doubtful(fifteen)
    assert doubt == Doubt("4515", "4550", 2, 4)
    assert question(doubt, "en") == "Did you say fifteen, or fifty?"
    assert question(doubt, "ko") == "십오, 아니면 오십, 어느 쪽입니까?"
    assert question(Doubt("4567", "4587", 2, 3), "en") == "Did you say six, or eight?"
    assert question(Doubt("2027-01-15", "2027-01-08", 0, 0), "en", "date") == (
        "Did you say January fifteenth, or January eighth?"
    )
    for text, value in [("fifty", "4550"), ("one five", "4515"), ("the second one", "4550"), ("um fifteen", "4515")]:
        assert settled(doubt, text, "en") == value
    assert settled(doubt, "오십이요", "ko") == "4550"
    assert settled(doubt, "첫 번째요", "ko") == "4515"
    assert settled(doubt, "hello", "en") == ""


def test_no_doubt() -> None:
    assert doubtful([Candidate("4515", 0.9)]) is None
    assert doubtful([Candidate("4515", 0.9), Candidate("4550", 0.3)]) is None
