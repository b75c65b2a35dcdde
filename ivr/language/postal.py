"""Postal codes. What no library here has: how they look in each country (A a letter, 9 a digit)."""

from collections.abc import Mapping, Sequence
from typing import Any

from ivr.language import digits, letters
from ivr.language.candidate import Candidate
from ivr.language.heard import corrected
from ivr.language.table import language as lookup

FORMS = {
    "US": "99999|999999999", "KR": "99999", "DE": "99999", "FR": "99999", "IT": "99999", "ES": "99999", "MX": "99999",
    "AT": "9999", "CH": "9999", "BE": "9999", "AU": "9999", "NZ": "9999", "DK": "9999", "NO": "9999", "SE": "99999",
    "FI": "99999", "PT": "9999999", "BR": "99999999", "JP": "9999999", "CN": "999999", "IN": "999999", "SG": "999999",
    "CA": "A9A9A9", "NL": "9999AA", "IE": "A99AAAA|A99A9AA|A99AA9A|A99999A",
    "GB": "A99AA|A999AA|AA99AA|AA999AA|A9A9AA|AA9A9AA",
}  # fmt: skip
_SPLIT = {
    "US": (5, "-"),
    "JP": (3, "-"),
    "PT": (4, "-"),
    "BR": (5, "-"),
    "CA": (3, " "),
    "NL": (4, " "),
    "IE": (3, " "),
}
"""Where a code is divided when it is written."""


def form(settings: Mapping[str, Any], language: str) -> tuple[str, str]:
    """(country, its templates); countries that are not listed: five digits."""
    country = str(settings.get("country") or lookup(language).values.region).upper()
    return country, FORMS.get(country, "99999")


def written(code: str, country: str) -> str:
    """'K1A0B1' -> 'K1A 0B1'."""
    if country == "GB":
        return f"{code[:-3]} {code[-3:]}"
    place, sign = _SPLIT.get(country, (0, ""))
    return f"{code[:place]}{sign}{code[place:]}" if 0 < place < len(code) else code


def parse(heard: Sequence[str], language: str, settings: Mapping[str, Any]) -> list[Candidate]:
    """Candidates, best first. `settings`: country."""
    country, templates = form(settings, language)
    found: dict[str, float] = {}
    if "A" in templates:
        for part in corrected(list(heard), lookup(language)):
            for text, cost in letters.readings(part, language):
                if letters.fits(text.upper(), templates):
                    code = written(text.upper(), country)
                    found[code] = max(found.get(code, 0.0), 0.95 - cost)
            if found:
                break
    else:
        for size in dict.fromkeys(len(template) for template in templates.split("|")):
            for candidate in digits.parse(list(heard), language, {"length": f"{size}..{size}"}):
                found.setdefault(written(candidate.value, country), candidate.confidence)
    return [Candidate(*item) for item in sorted(found.items(), key=lambda item: -item[1])]
