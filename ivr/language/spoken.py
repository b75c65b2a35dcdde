"""Values in words, as prompts say them: digits one by one, numbers, dates, times, amounts, spelling.

Libraries: num2words for numbers, babel for names of months and currencies. What they get wrong for speech is
mended here.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from ivr.language.table import LANGUAGES
from ivr.language.table import language as lookup

LONGEST = 300
"""Characters of a value that are spoken; the rest of hostile data is not."""


def say(value: Any, form: str, language: str) -> str:
    """`value` in words; `form` is one of FORMS or empty. A value that does not have the form is said as it is."""
    text = _plain(value)
    if not form:
        return _unformed(value, text, language)
    try:
        return FORMS[form](text, language)
    except (ValueError, InvalidOperation, OverflowError, NotImplementedError):
        return text


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(entry) for entry in value)
    return re.sub(r"[\x00-\x1f\x7f<>]+", " ", str(value))[:LONGEST]


def _unformed(value: Any, text: str, language: str) -> str:
    """A number is said as one, a text of digits digit by digit, an ISO date as a date, the rest as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(text, language)
    if re.fullmatch(r"\d+", text):
        return digits(text, language)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return say(text, "date", language)
    return text


def digits(text: str, language: str) -> str:
    """'4567' -> 'four five six seven', a comma after every fourth of a long one."""
    words = [lookup(language).say_digits[c] for c in re.sub(r"\D", "", text)]
    if len(words) <= 5:
        return " ".join(words)
    groups = [words[n : n + 4] for n in range(0, len(words), 4)]
    if len(groups[-1]) == 1:
        groups[-2] = groups[-2] + groups.pop()
    return ", ".join(" ".join(group) for group in groups)


def spell(text: str, language: str) -> str:
    """'AB12' -> 'A B one two'."""
    known = lookup(language).say_digits
    return " ".join(known.get(c, c.upper()) for c in text if c.isalnum())


def number(text: str, language: str) -> str:
    """'1234' -> 'one thousand, two hundred and thirty-four' (num2words' form without its hyphens and commas)."""
    amount = Decimal(text.replace(",", "").strip())
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 18:
        raise ValueError(text)
    exact = int(amount) if amount == amount.to_integral_value() else float(amount)
    return _tidy(_number_words(exact, language), language)


def ordinal(text: str, language: str) -> str:
    """'4' -> 'fourth'."""
    return _tidy(_number_words(int(text), language, "ordinal"), language)


def _number_words(value: int | float, language: str, form: str = "cardinal") -> str:
    from num2words import num2words  # a third of a second that only the first number needs

    return str(num2words(value, lang=language, to=form))


def _tidy(words: str, language: str) -> str:
    text = words.replace("-", " ").replace(",", "")
    return text.replace(" ", "") if language == "ko" and not re.search(r"[a-z]", text) else text


def spoken_date(text: str, language: str) -> str:
    """'2027-01-04' -> 'January fourth'; Korean '일월 사일'."""
    day = date.fromisoformat(text[:10])
    if language == "ko":
        month = {6: "유", 10: "시"}.get(day.month) or number(str(day.month), "ko")
        return f"{month}월 {number(str(day.day), 'ko')}일"
    from babel import Locale

    return f"{Locale.parse(language).months['format']['wide'][day.month]} {ordinal(str(day.day), language)}"


def spoken_time(text: str, language: str) -> str:
    """'14:30' -> 'two thirty p m'; Korean '오후 두 시 삼십분'."""
    found = re.search(r"(\d{1,2}):(\d\d)", text)
    if not found:
        raise ValueError(text)
    clock = time(int(found[1]), int(found[2]))
    if language == "ko":
        hours = ["열두", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한"]
        minutes = f" {number(str(clock.minute), 'ko')}분" if clock.minute else ""
        return f"{'오전' if clock.hour < 12 else '오후'} {hours[clock.hour % 12]} 시{minutes}"
    hour = number(str(clock.hour % 12 or 12), language)
    half = "a m" if clock.hour < 12 else "p m"
    if clock.minute == 0:
        return f"{hour} {half}"
    minute = number(str(clock.minute), language)
    return f"{hour} {'oh ' if clock.minute < 10 else ''}{minute} {half}"


def amount(text: str, language: str) -> str:
    """'12.50 USD' -> 'twelve dollars and fifty cents'; without a currency the number is said."""
    found = re.fullmatch(r"\s*(?:([A-Z]{3})\s*)?(-?[\d,]+(?:\.\d+)?)\s*([A-Z]{3})?\s*", text)
    if not found:
        raise ValueError(text)
    value = Decimal(found[2].replace(",", ""))
    currency = found[1] or found[3]
    if not currency:
        return number(str(value), language)
    if language == "ko":
        return f"{number(str(value), 'ko')} {_currency(currency, language)}"
    units, cents = int(value), round((value - int(value)) * 100)
    words = f"{number(str(units), language)} {_currency(currency, language, units)}"
    return words if not cents else f"{words} and {number(str(cents), language)}{' cents' if currency == 'USD' else ''}"


def _currency(code: str, language: str, count: int = 2) -> str:
    short = {("USD", "en"): "dollar" if count == 1 else "dollars", ("USD", "ko"): "달러", ("KRW", "ko"): "원"}
    if (code, language) in short:
        return short[code, language]
    from babel.numbers import get_currency_name

    return str(get_currency_name(code, count, locale=language))


def phone(text: str, language: str) -> str:
    """'+14155550123' -> digits with pauses."""
    plain = re.sub(r"\D", "", text)
    if len(plain) == 11 and plain.startswith("1"):
        plain = plain[1:]
    if len(plain) == 10:
        return ", ".join(digits(part, language) for part in (plain[:3], plain[3:6], plain[6:]))
    return digits(plain, language)


def moment(text: str, language: str) -> str:
    """'2027-01-04T10:00' -> date and time."""
    when = datetime.fromisoformat(text)
    joint = ", " if language != "ko" else " "
    return spoken_date(when.date().isoformat(), language) + joint + spoken_time(when.strftime("%H:%M"), language)


FORMS: dict[str, Callable[[str, str], str]] = {
    "digits": digits,
    "number": number,
    "ordinal": ordinal,
    "date": spoken_date,
    "time": spoken_time,
    "moment": moment,
    "amount": amount,
    "phone": phone,
    "spell": spell,
}
"""Formats of `{name:format}`; one line each."""


def warm() -> None:
    """Load what the first number, date and amount need (num2words, babel's data): media does it before its first call,
    because there nothing may take long later."""
    for code in LANGUAGES:
        for form, value in (
            ("number", "1234"),
            ("ordinal", "4"),
            ("date", "2027-01-04"),
            ("time", "14:05"),
            ("amount", "2.50 USD"),
        ):
            say(value, form, code)
