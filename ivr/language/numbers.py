"""Whole numbers as people say them: "forty five", "one hundred and twenty", 이십삼, 스물셋."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from text_to_num import text2num

from ivr.language.base import Language
from ivr.language.candidate import Candidate
from ivr.language.table import language as lookup
from ivr.language.value_words import Numerals

_LONGEST = 24
"""Words of one number."""


def within(value: str, settings: Mapping[str, Any]) -> bool:
    """Inside `range: 1..100`, or no range is given."""
    least, dots, most = str(settings.get("range") or "").partition("..")
    enough = not least or Decimal(least) <= Decimal(value)
    return not dots or (enough and (not most or Decimal(value) <= Decimal(most)))


def number(words: list[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """The longest stretch of words that is a number; digits one by one count as one number too."""
    data = lookup(language)
    if " ".join(words) in (*data.yes, *data.no):
        return []
    words = _bare(words, data)
    best: tuple[int, str] | None = None
    for start in range(len(words)):
        for end in range(min(len(words), start + _LONGEST), start, -1):
            value = _value(words[start:end], language)
            size = end - start if data.values.spaces else len("".join(words[start:end]))
            if value is not None and (best is None or size > best[0]):
                best = (size, value)
    if best is None or not within(best[1], settings):
        return []
    known = {w for phrase in (*data.lead_ins, *data.before, *data.after, *data.fillers) for w in phrase.split()}
    strange = sum(word not in known for word in words) - best[0] if data.values.spaces else 0
    return [Candidate(best[1], max(0.3, 0.97 - 0.1 * max(0, strange)))]


def _bare(words: list[str], data: Language) -> list[str]:
    """Without a particle that clings to the last word (일곱이요), and without a yes before the number (네 스물하나)."""
    if words[1:] and words[0] in data.yes and not data.values.spaces:
        words = words[1:]
    for ending in sorted(data.particles, key=len, reverse=True):
        if words and words[-1].endswith(ending) and len(words[-1]) > len(ending) and not data.values.spaces:
            return [*words[:-1], words[-1][: -len(ending)]]
    return words


def _value(words: list[str], language: str) -> str | None:
    """A whole number, one with a fraction ("three point five", "two and a half"), or one below zero."""
    values = lookup(language).values
    if words[0] in values.minus and len(words) > 1:
        positive = _value(words[1:], language)
        return f"-{positive}" if positive and positive != "0" and positive[0] != "-" else None
    if words[-len(values.half) :] == list(values.half) and len(words) > len(values.half) > 0:
        whole = cardinal(words[: -len(values.half)], language)
        return None if whole is None else f"{whole}.5"
    joined = words if values.spaces else _apart("".join(words), values.point)
    if values.point in joined:
        place = joined.index(values.point)
        whole, digits = cardinal(joined[:place], language), lookup(language).digits
        after = joined[place + 1 :] if values.spaces else list("".join(joined[place + 1 :]))
        if whole is None or not after or any(word not in digits for word in after):
            return None
        return f"{whole}." + "".join(digits[word] for word in after)
    value = cardinal(words, language)
    if value is None:
        value = _one_by_one(words, language)
    return None if value is None else str(value)


def _apart(text: str, sign: str) -> list[str]:
    before, found, after = text.partition(sign)
    return [part for part in (before, found, after) if part]


def _one_by_one(words: list[str], language: str) -> int | None:
    digits = lookup(language).digits
    if words and all(word in digits for word in words) and len(words) <= 15:
        return int("".join(digits[word] for word in words))
    return None


@lru_cache(maxsize=8192)
def _library(text: str, language: str) -> int | None:
    try:
        return int(text2num(text, language))
    except (ValueError, KeyError, LookupError):
        return None


def cardinal(words: list[str], language: str) -> int | None:
    """The number that exactly these words say; None when they are none."""
    numerals = lookup(language).values.numerals
    if numerals is not None:
        return _spelled("".join(words), numerals)
    return _library(" ".join(words), language)


def _spelled(text: str, numerals: Numerals) -> int | None:
    """이만 삼천 -> 23000 and 스물셋 -> 23."""
    native = _native(text, numerals)
    if native is not None:
        return native
    total = section = ones = 0
    seen = False
    for letter in text:
        if letter in numerals.ones and not seen:
            ones, seen = numerals.ones[letter], True
        elif letter in numerals.small:
            section += (ones if seen else 1) * numerals.small[letter]
            ones, seen = 0, False
        elif letter in numerals.large:
            total += (section + ones if section or seen else 1) * numerals.large[letter]
            section, ones, seen = 0, 0, False
        else:
            return None
    return total + section + ones if text else None


def _native(text: str, numerals: Numerals) -> int | None:
    for word, value in numerals.native_tens.items():
        if text == word:
            return value
        if text.startswith(word) and text[len(word) :] in numerals.native_ones:
            return value + numerals.native_ones[text[len(word) :]]
    return numerals.native_ones.get(text)
