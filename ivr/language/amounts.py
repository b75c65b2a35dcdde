"""Amounts of money: "twelve dollars fifty", "five grand", 만 이천 원. A value is `12.50 USD`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ivr.language import heard
from ivr.language.candidate import Candidate
from ivr.language.numbers import within
from ivr.language.patterns import Match
from ivr.language.table import language as lookup

_DOLLARS = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD")
_WHOLE = ("KRW", "JPY")
"""Currencies without cents."""


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first. `settings`: currency when none is said, range."""
    own = str(settings.get("currency") or lookup(language).values.currency)
    found = heard.read("amounts", text, language, lambda match: _resolve(match, own, language))
    return [candidate for candidate in found if within(candidate.value.split()[0], settings)]


def _resolve(match: Match, own: str, code: str) -> Iterator[tuple[str, float]]:
    kind, *rest = match.meaning.split()
    currency = match.get("currency") or own
    if currency == "$":
        currency = own if own in _DOLLARS else "USD"
    number = Decimal(match.get("number") or match.get("small") or 0)
    cents = Decimal(match.get("number", 1) or match.get("cents") or 0) / 100
    spoken = bool(match.get("currency") or match.get("cent"))
    sure = 1.0 if spoken else 0.95
    value: Decimal | None = None
    match kind:
        case "parts" if cents < 1:
            value = number + cents
        case "decimal":
            value = number + Decimal("0." + match.get("digits"))
        case "half":
            value = number + (Decimal(5) / 10 if currency not in _WHOLE else 0)
        case "one":
            value = 1 + cents
        case "cents" if number < 1000:
            value, currency = number / 100, own if own not in _WHOLE else "USD"
        case "times":
            value = number * int(match.get("grand"))
        case "fixed":
            value = Decimal(rest[0])
        case "pair":
            value, sure = number + cents, 0.8
            yield _text(number * 100 + cents * 100, currency), 0.5
    if value is not None:
        yield _text(value, currency), sure


def _text(value: Decimal, currency: str) -> str:
    whole = value == value.to_integral_value()
    return f"{int(value)} {currency}" if whole else f"{value.quantize(Decimal('0.01'))} {currency}"
