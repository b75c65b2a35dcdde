"""Public holidays by the library `holidays`, taken when a flow is compiled: the media process only looks them up."""

from collections.abc import Iterable
from functools import cache
from typing import Any

YEARS = range(2020, 2046)
"""Years that a compiled flow knows."""


def known(code: str) -> bool:
    """There is a country, or a part of one, of that code."""
    import holidays  # a third of a second to import: only for those who need it

    country, _, part = code.partition("-")
    parts = holidays.list_supported_countries().get(country)
    return parts is not None and (not part or part in parts)


def table(code: str, languages: Iterable[str]) -> dict[str, dict[str, str]]:
    """ISO date -> language -> name; language "" is the library's own choice for the country."""
    found: dict[str, dict[str, str]] = {}
    for language in ("", *languages):
        for day, name in _year_tables(code, language):
            found.setdefault(day, {})[language] = name
    return found


@cache
def _year_tables(code: str, language: str) -> tuple[tuple[str, str], ...]:
    import holidays

    country, _, part = code.partition("-")
    rest: dict[str, Any] = {"subdiv": part} if part else {}
    spoken = holidays.country_holidays(country, years=YEARS, **rest)
    if language:
        fitting = next((name for name in spoken.supported_languages if name.split("_")[0] == language), None)
        if fitting is None:
            return ()
        spoken = holidays.country_holidays(country, years=YEARS, language=fitting, **rest)
    return tuple((day.isoformat(), name) for day, name in sorted(spoken.items()))
