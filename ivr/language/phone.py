"""Phone numbers, checked by phonenumbers. A value is E.164: `+14155550123`."""

from collections.abc import Mapping
from typing import Any

from ivr.language import digits
from ivr.language.candidate import Candidate
from ivr.language.table import language as lookup
from ivr.language.words import words

_LENGTH = {"length": "5..15"}
_POSSIBLE = 0.75
"""Of a number of the right length that nobody has been given yet."""


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first. `settings`: region, the country of numbers without a prefix."""
    data, heard = lookup(language).values, words(text, language)
    international = "+" in text or any(word in data.plus for word in heard)
    said = [word for word in heard if word not in data.plus]
    scored: dict[str, float] = {}
    for candidate in digits.parse(said, language, _LENGTH):
        found = number(("+" if international else "") + candidate.value, region(settings, language))
        if found:
            value, valid = found
            sure = candidate.confidence * (1.0 if valid else _POSSIBLE)
            scored[value] = max(scored.get(value, 0.0), sure)
    return [Candidate(*item) for item in sorted(scored.items(), key=lambda item: -item[1])]


def region(settings: Mapping[str, Any], language: str) -> str:
    """The country of numbers without a prefix."""
    return str(settings.get("region") or lookup(language).values.region)


def number(text: str, country: str) -> tuple[str, bool] | None:
    """(E.164, whether it is one that can be given to somebody); None for no phone number."""
    import phonenumbers

    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found) or len(str(found.national_number)) < 8:
        return None
    value = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return value, bool(phonenumbers.is_valid_number(found))


def lengths(country: str) -> tuple[int, int]:
    """Fewest and most digits that people say for a number of a country."""
    import phonenumbers

    found = phonenumbers.PhoneMetadata.metadata_for_region(country, None)
    possible = found.general_desc.possible_length if found and found.general_desc else (7, 14)
    prefix = len(found.national_prefix or "") if found else 1
    return max(7, min(possible)), min(15, max(n for n in possible if n <= 12 or n == min(possible)) + max(prefix, 1))
