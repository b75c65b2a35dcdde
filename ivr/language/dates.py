"""Dates as people say them: "next Friday", "the day after tomorrow", "3rd of May", 다음 주 금요일, 글피.

The day they count from is given with its zone (`at`); nothing here looks at a clock. A value is `2027-05-03`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.language import heard
from ivr.language.candidate import Candidate
from ivr.language.patterns import Match
from ivr.language.table import language as lookup

_WRITTEN = re.compile(r"(?<!\d)(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)")


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first. `settings`: prefer (future | past) for days without a year, country for holidays,
    timezone where it is not the line's. Without `at` only whole dates are read."""
    written = _WRITTEN.search(text)
    if written and (day := _day(*(int(part) for part in written.groups()))):
        return [Candidate(day.isoformat(), 0.97)]
    today = reference(settings, at)
    country = str(settings.get("country") or lookup(language).values.region)
    past = settings.get("prefer") == "past"
    calendar = Calendar(today, past, country)
    return heard.read("dates", text, language, calendar.resolve) or _library(text, language, today, past)


def reference(settings: Mapping[str, Any], at: str) -> date | None:
    """The day it is for the caller; None when nobody said."""
    if not at:
        return None
    now = datetime.fromisoformat(at)
    zone = settings.get("timezone")
    return (now.astimezone(ZoneInfo(str(zone))) if zone and now.tzinfo else now).date()


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _months_on(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


class Calendar:
    """Meanings of the rules `dates`, seen from one day."""

    def __init__(self, today: date | None, past: bool, country: str) -> None:
        self.today = today
        self.past = past
        self.country = country

    def resolve(self, match: Match) -> Iterator[tuple[str, float]]:
        """(ISO date, how sure)."""
        kind, *rest = match.meaning.split()
        try:
            for day, sure in getattr(self, f"_{kind}")(match, *rest):
                if day is not None:
                    yield day.isoformat(), sure
        except (ValueError, OverflowError):
            return  # a day that no calendar has

    def _date(self, match: Match, years: str = "") -> Iterator[tuple[date | None, float]]:
        day = int(match.get("day") or match.get("nth"))
        month = int(match.get("month") or 0)
        year = int(match.get("year") or match.get("small_year") or match.get("short_year") or 0)
        sure = 1.0 if match.get("weekday") == "" else self._fits(match, year, month, day)
        if year and month:
            yield _day(year, month, day), sure
        elif self.today is None:
            return
        elif years:
            yield _day(self.today.year + int(years), month, day), sure
        elif month:
            yield self._near(month, day), sure
        else:
            yield self._next_day(day, int(match.get("weekday") or -1)), 0.95

    def _fits(self, match: Match, year: int, month: int, day: int) -> float:
        """ "Monday the third of May" when that is no Monday is doubtful."""
        if not month or (not year and self.today is None):
            return 0.95
        found = _day(year, month, day) if year else self._near(month, day)
        return 1.0 if found and found.weekday() == int(match.get("weekday")) else 0.7

    def _near(self, month: int, day: int) -> date | None:
        """The next such day, or the last one; 29 February waits for its year."""
        assert self.today is not None
        step = -1 if self.past else 1
        for year in range(self.today.year, self.today.year + 9 * step, step):
            found = _day(year, month, day)
            if found and (found <= self.today if self.past else found >= self.today):
                return found
        return None

    def _next_day(self, day: int, weekday: int) -> date | None:
        assert self.today is not None
        step = -1 if self.past else 1
        for n in range(800):
            found = self.today + timedelta(days=n * step)
            if found.day == day and weekday in (-1, found.weekday()):
                return found
        return None

    def _day(self, match: Match, months: str) -> Iterator[tuple[date | None, float]]:
        if self.today is not None:
            first = _months_on(self.today.replace(day=1), int(months))
            yield _day(first.year, first.month, int(match.get("day") or match.get("nth"))), 1.0

    def _shift(self, match: Match, count: str, unit: str = "") -> Iterator[tuple[date | None, float]]:
        if self.today is None:
            return
        extra = 0
        if count.lstrip("-") in ("n", "days"):
            extra = int(unit or 0)
            unit = match.get("dayunit") if count.endswith("n") else "day"
            found = match.get(count.lstrip("-"))
            count = f"-{found}" if count.startswith("-") else found
        yield self._moved(self.today, int(count), unit) + timedelta(days=extra), 1.0

    @staticmethod
    def _moved(start: date, count: int, unit: str) -> date:
        if unit in ("month", "year"):
            return _months_on(start, count * (12 if unit == "year" else 1))
        return start + timedelta(days=count * {"week": 7, "fortnight": 14}.get(unit, 1))

    def _month(self, match: Match, months: str, day: str) -> Iterator[tuple[date | None, float]]:
        if self.today is not None:
            first = _months_on(self.today.replace(day=1), int(months))
            last = monthrange(first.year, first.month)[1]
            yield first.replace(day=last if day == "-1" else int(day)), 1.0

    def _last(self, match: Match) -> Iterator[tuple[date | None, float]]:
        if self.today is not None:
            month = int(match.get("month"))
            year = self.today.year + (month < self.today.month)
            yield date(year, month, monthrange(year, month)[1]), 1.0

    def _weekday(self, match: Match, which: str) -> Iterator[tuple[date | None, float]]:
        if self.today is None:
            return
        day = int(match.get("weekday"))
        ahead = (day - self.today.weekday()) % 7
        coming = self.today + timedelta(days=ahead or 7)
        week = self.today + timedelta(days=day - self.today.weekday())
        match which:
            case "coming" if self.past:
                yield coming - timedelta(days=7 if ahead else 14), 1.0
            case "coming":
                yield coming, 1.0
            case "this":
                yield self.today + timedelta(days=ahead), 1.0
            case "this_week" | "last_week" | "next_week" | "after_week":
                weeks = {"this_week": 0, "last_week": -1, "next_week": 1, "after_week": 2}[which]
                yield week + timedelta(weeks=weeks), 1.0
            case "next":  # "next Friday" said on a Monday: that of next week for most, the coming one for some
                following = week + timedelta(weeks=1)
                yield following, 1.0 if following == coming else 0.8
                if following != coming:
                    yield coming, 0.5
            case "after":
                yield week + timedelta(weeks=2), 0.9
            case "after_coming":
                yield coming + timedelta(weeks=1), 1.0
            case "last":
                yield self.today - timedelta(days=(self.today.weekday() - day) % 7 or 7), 1.0
            case "plus":
                yield self._moved(coming, int(match.get("n")), match.get("dayunit")), 1.0

    def _holiday(self, match: Match) -> Iterator[tuple[date | None, float]]:
        """A day of every year ("12-31"), or one that the calendar of the country knows by name."""
        if self.today is None:
            return
        name = match.get("holiday")
        if re.fullmatch(r"\d\d-\d\d", name):
            yield self._near(int(name[:2]), int(name[3:])), 1.0
            return
        import holidays

        years = [self.today.year, self.today.year + (-1 if self.past else 1)]
        listed = holidays.country_holidays(self.country, years=years, language="en_US")
        days = sorted(day for day in listed if name in listed[day].lower().split("; "))
        near = [day for day in days if (day <= self.today if self.past else day >= self.today)]
        if near:
            yield (near[-1] if self.past else near[0]), 1.0


def _library(text: str, language: str, today: date | None, past: bool) -> list[Candidate]:
    """What the rules do not know, by dateparser: written dates, languages without rules."""
    if today is None or not re.search(r"\d", text):
        return []
    import dateparser

    settings: Any = {
        "RELATIVE_BASE": datetime.combine(today, datetime.min.time()),
        "PREFER_DATES_FROM": "past" if past else "future",
        "REQUIRE_PARTS": ["day", "month"],
    }
    found = dateparser.parse(text, languages=[language], settings=settings)
    return [Candidate(found.date().isoformat(), 0.7)] if found else []
