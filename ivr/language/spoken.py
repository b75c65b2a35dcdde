"""Values in words, as prompts say them: digits one by one, numbers, dates, times, amounts, spelling.

Libraries: num2words for numbers, babel for names of months and currencies. What they get wrong for speech is
mended here.
"""

import itertools
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
    """`value` in words; `form` is one of FORMS or empty, with groups ("digits 4 4 4 4") where it takes some.

    A value that does not have the form is said as it is.
    """
    text = _plain(value)
    form, _, groups = form.partition(" ")
    if not form:
        return _unformed(value, text, language)
    try:
        if groups and form in GROUPED:
            return digits(text, language, groups) if form == "digits" else spell(text, language, groups)
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


def digits(text: str, language: str, groups: str = "") -> str:
    """'4567' -> 'four five six seven'; a comma between groups: those of `groups` ("4 4 4 4"), else natural ones."""
    plain = re.sub(r"\D", "", text)
    said = lookup(language).say_digits
    return ", ".join(" ".join(said[c] for c in part) for part in grouped(plain, groups))


def grouped(text: str, groups: str = "") -> list[str]:
    """'4155550123' -> 415, 555, 0123. Groups that do not fit the length are the natural ones."""
    sizes = [int(size) for size in re.findall(r"\d+", groups)]
    if sum(sizes) != len(text):
        natural = {6: [3, 3], 7: [3, 4], 9: [3, 3, 3], 10: [3, 3, 4], 11: [3, 4, 4]}
        sizes = [len(text)] if len(text) <= 5 else natural.get(len(text), [4] * (len(text) // 4))
        if rest := len(text) - sum(sizes):
            sizes = [*sizes, rest] if rest > 1 else [*sizes[:-1], sizes[-1] + 1]
    ends = list(itertools.accumulate(sizes))
    return [text[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def spell(text: str, language: str, groups: str = "") -> str:
    """'AB12' -> 'A B one two'; signs are left out, a pause between groups."""
    known = lookup(language).say_digits
    plain = "".join(c for c in text if c.isalnum())
    parts = grouped(plain, groups) if groups or len(plain) > 12 else [plain]
    return ", ".join(" ".join(known.get(c, c.upper()) for c in part) for part in parts)


def email(text: str, language: str) -> str:
    """'jo.smith@example.com' -> 'jo dot smith at example dot com': words as words, signs by name."""
    data = lookup(language)
    names = {sign: word for word, sign in reversed(data.values.signs.items()) if len(sign) == 1}
    names |= {"@": data.values.spoken.at, ".": data.values.spoken.dot}
    parts = [
        names.get(part, spell(part, language) if part.isdigit() else part)
        for part in re.findall(r"[a-zA-Z]+|\d+|.", text)
    ]
    return " ".join(parts)


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
    return text.replace(" ", "") if not lookup(language).values.spaces and not re.search(r"[a-z]", text) else text


def year(text: str, language: str) -> str:
    """'1984' -> 'nineteen eighty four'."""
    if lookup(language).values.numerals is not None:
        return number(text, language)
    return _tidy(_number_words(int(text), language, "year"), language)


def spoken_date(text: str, language: str) -> str:
    """'2027-01-04' -> 'January fourth'; Korean '일월 사일'."""
    return _date(text, language, lookup(language).values.spoken.date)


def full_date(text: str, language: str) -> str:
    """The same with its year."""
    return _date(text, language, lookup(language).values.spoken.dated)


def _date(text: str, language: str, template: str) -> str:
    day = date.fromisoformat(text[:10])
    form = lookup(language).values.spoken
    month = form.months.get(day.month) or _month(day.month, language)
    said = ordinal if form.day == "ordinal" else number
    return template.format(month=month, day=said(str(day.day), language), year=year(str(day.year), language))


def _month(month: int, language: str) -> str:
    from babel import Locale

    name = str(Locale.parse(language).months["format"]["wide"][month])
    return re.sub(r"\d+", lambda found: number(found[0], language), name)


def spoken_time(text: str, language: str) -> str:
    """'14:30' -> 'two thirty p m'; Korean '오후 두 시 삼십분'."""
    found = re.search(r"(\d{1,2}):(\d\d)", text)
    if not found:
        raise ValueError(text)
    clock = time(int(found[1]), int(found[2]))
    form = lookup(language).values.spoken
    hour = form.hours[clock.hour % 12] if form.hours else number(str(clock.hour % 12 or 12), language)
    minute = (form.minute_zero if clock.minute < 10 else "") + number(str(clock.minute), language)
    template = form.time if clock.minute else form.time_full
    return template.format(half=form.halves[clock.hour >= 12], hour=hour, minute=minute)


def duration(text: str, language: str) -> str:
    """'1h30m' -> 'one hour and thirty minutes'; '48h' -> 'two days'."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text.strip())
    if not found or not text.strip():
        raise ValueError(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    days, hours = (hours // 24, hours % 24) if hours >= 24 else (0, hours)
    units = lookup(language).values.spoken.units
    parts: list[str] = []
    for count, unit in ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")):
        if count or (unit == "s" and not parts):
            native = _native(count, language)
            parts.append(units[unit][count != 1].format(n=number(str(count), language), native=native))
    joint = lookup(language).phrases["and"] if lookup(language).values.spaces else ""
    return f" {joint} ".join([", ".join(parts[:-1]), parts[-1]]).replace("  ", " ") if parts[1:] else parts[0]


def _native(count: int, language: str) -> str:
    """The counting form where the language has one for it: 세 (시간), else the plain number."""
    hours = lookup(language).values.spoken.hours
    return hours[count % 12] if hours and 0 < count <= 12 else number(str(count), language)


def amount(text: str, language: str) -> str:
    """'12.50 USD' -> 'twelve dollars and fifty cents'; without a currency the number is said."""
    found = re.fullmatch(r"\s*(?:([A-Z]{3})\s*)?(-?[\d,]+(?:\.\d+)?)\s*([A-Z]{3})?\s*", text)
    if not found:
        raise ValueError(text)
    value = Decimal(found[2].replace(",", ""))
    currency = found[1] or found[3]
    if not currency:
        return number(str(value), language)
    form = lookup(language).values.spoken
    units, cents = int(value), round(abs(value - int(value)) * 100)
    if not cents or not form.cents or currency not in form.cent:
        return f"{number(str(value), language)} {_currency(currency, language, 1 if value == 1 else 2)}"
    small = form.cent[currency][cents != 1]
    if not units:
        return f"{number(str(cents), language)} {small}"
    named = _currency(currency, language, units)
    return form.cents.format(
        units=number(str(units), language), currency=named, cents=number(str(cents), language), cent=small
    )


def _currency(code: str, language: str, count: int = 2) -> str:
    short = lookup(language).values.spoken.currencies.get(code)
    if short:
        return short[count != 1]
    from babel.numbers import get_currency_name

    return str(get_currency_name(code, count, locale=language))


def phone(text: str, language: str) -> str:
    """'+14155550123' -> digits with pauses, as the number's country groups them."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else lookup(language).values.region)
        known = phonenumbers.is_possible_number(number)
    except phonenumbers.NumberParseException:
        known = False
    if not known:
        return digits(text, language)
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return ", ".join(digits(part, language, str(len(part))) for part in re.findall(r"\d+", form))


def moment(text: str, language: str) -> str:
    """'2027-01-04T10:00' -> date and time."""
    when = datetime.fromisoformat(text)
    day, clock = spoken_date(when.date().isoformat(), language), spoken_time(when.strftime("%H:%M"), language)
    return lookup(language).values.spoken.moment.format(date=day, time=clock)


def yes_no(text: str, language: str) -> str:
    """'yes' -> the language's word."""
    return lookup(language).phrases[text] if text in ("yes", "no") else text


FORMS: dict[str, Callable[[str, str], str]] = {
    "digits": digits,
    "number": number,
    "ordinal": ordinal,
    "year": year,
    "date": spoken_date,
    "full_date": full_date,
    "time": spoken_time,
    "moment": moment,
    "amount": amount,
    "phone": phone,
    "spell": spell,
    "duration": duration,
    "email": email,
    "yes_no": yes_no,
}
"""Formats of `{name:format}`; one line each."""
GROUPED = ("digits", "spell")
"""Formats that take groups: `{card:digits 4 4 4 4}`."""


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
            ("phone", "+14155550123"),
            ("duration", "1h30m"),
        ):
            say(value, form, code)
