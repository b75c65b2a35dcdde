"""Values in words, a table a language."""

import pytest

from ivr.language.spoken import FORMS, say

SPOKEN = [
    ("digits", "4567", "four five six seven", "사 오 육 칠"),
    ("digits", "12345678", "one two three four, five six seven eight", "일 이 삼 사, 오 육 칠 팔"),
    ("digits", "0", "zero", "공"),
    ("number", "4567", "four thousand five hundred and sixty seven", "사천오백육십칠"),
    ("number", 12, "twelve", "십이"),
    ("number", "-3.5", "minus three point five", "마이너스삼점오"),
    ("ordinal", "21", "twenty first", "스물한번째"),
    ("date", "2027-01-04", "January fourth", "일월 사일"),
    ("date", "2027-06-10", "June tenth", "유월 십일"),
    ("date", "2027-10-21T10:00:00+00:00", "October twenty first", "시월 이십일일"),
    ("time", "14:30", "two thirty p m", "오후 두 시 삼십분"),
    ("time", "00:05", "twelve oh five a m", "오전 열두 시 오분"),
    ("time", "09:00", "nine a m", "오전 아홉 시"),
    ("moment", "2027-01-04T10:30", "January fourth, ten thirty a m", "일월 사일 오전 열 시 삼십분"),
    ("amount", "12.50 USD", "twelve dollars and fifty cents", "십이 달러 오십 센트"),
    ("amount", "USD 1", "one dollar", "일 달러"),
    ("amount", "5000 KRW", "five thousand won", "오천 원"),
    ("amount", "20", "twenty", "이십"),
    ("phone", "+14155550123", "four one five, five five five, zero one two three", "사 일 오, 오 오 오, 공 일 이 삼"),
    ("spell", "AB-12", "A B one two", "A B 일 이"),
    (
        "phone",
        "+821012345678",
        "zero one zero, one two three four, five six seven eight",
        "공 일 공, 일 이 삼 사, 오 육 칠 팔",
    ),
    (
        "digits 4 4 4 4",
        "4111111111111111",
        "four one one one, one one one one, one one one one, one one one one",
        "사 일 일 일, 일 일 일 일, 일 일 일 일, 일 일 일 일",
    ),
    ("digits 2 3", "12345", "one two, three four five", "일 이, 삼 사 오"),
    ("digits", "4155550123", "four one five, five five five, zero one two three", "사 일 오, 오 오 오, 공 일 이 삼"),
    ("spell 2 2", "AB12", "A B, one two", "A B, 일 이"),
    ("year", "1984", "nineteen eighty four", "천구백팔십사"),
    ("full_date", "2027-06-10", "June tenth twenty twenty seven", "이천이십칠년 유월 십일"),
    ("duration", "1h30m", "one hour and thirty minutes", "한 시간 삼십분"),
    ("duration", "48h", "two days", "이일"),
    (
        "email",
        "jo.smith99@example.com",
        "jo dot smith nine nine at example dot com",
        "jo 점 smith 구 구 골뱅이 example 점 com",
    ),
    ("yes_no", "no", "no", "아니요"),
    ("amount", "0.05 EUR", "five cents", "오 센트"),
    ("", "4567", "four five six seven", "사 오 육 칠"),
    ("", 5, "five", "오"),
    ("", 5.0, "five", "오"),
    ("", "2027-01-04", "January fourth", "일월 사일"),
    ("", "shipped", "shipped", "shipped"),
    ("", True, "true", "true"),
]


@pytest.mark.parametrize(("form", "value", "english", "korean"), SPOKEN)
def test_spoken(form: str, value: object, english: str, korean: str) -> None:
    assert say(value, form, "en") == english
    assert say(value, form, "ko") == korean


def test_every_form_is_in_the_table() -> None:
    assert {row[0].split(" ")[0] for row in SPOKEN} == {"", *FORMS}


@pytest.mark.parametrize("form", sorted(FORMS))
@pytest.mark.parametrize(
    "value", ["nonsense", "", "1e400", "nan", "-", "9999-99-99", "99:99", "<b>", "\x00", "9" * 500]
)
def test_what_does_not_have_the_form_is_said_plainly(form: str, value: str) -> None:
    for language in ("en", "ko"):
        spoken = say(value, form, language)
        assert "<" not in spoken
        assert "\x00" not in spoken
