"""Opening hours: spans a weekday, days that are different, holidays; open or closed at a moment, and until when."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOSED = "closed"
LOOK_AHEAD = 400
"""Days in which the next opening is looked for."""
MIDNIGHT = time(0, 0)

Span = tuple[time, time]
"""From, until; until is the same day, or the next one when it is not later."""


def days(text: str) -> tuple[int, ...]:
    """'mon-fri', 'sat', 'daily', 'fri-mon' -> weekdays, 0 is Monday. Raises ValueError."""
    word = text.strip().lower()
    if word == "daily":
        return tuple(range(7))
    first, _, last = word.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"{text!r} are no days; write mon-fri, sat, or daily")
    begin, end = DAYS.index(first), DAYS.index(last or first)
    return tuple((begin + n) % 7 for n in range((end - begin) % 7 + 1))


def spans(text: str) -> tuple[Span, ...]:
    """'9:00-12:00, 13:00-17:30' -> spans; 'closed' -> none. Raises ValueError."""
    if text.strip().lower() == CLOSED:
        return ()
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)\s*", part)
        if not match:
            raise ValueError(f"{text!r} are no hours; write 9:00-17:00, two spans with a comma, or closed")
        begin, end = _time(match[1], match[2]), _time(match[3], match[4])
        found.append((begin, end))
    return tuple(found)


def _time(hour: str, minute: str) -> time:
    if (int(hour), int(minute)) == (24, 0):
        return MIDNIGHT
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{hour}:{minute} is no time of the day; it ends at 24:00")
    return time(int(hour), int(minute))


@dataclass(frozen=True)
class Now:
    """How it stands at a moment."""

    open: bool
    opens: datetime | None = None
    """When it opens next; None while it is open, or when it never does."""
    closes: datetime | None = None
    """When it closes; None while it is closed."""
    holiday: date | None = None
    """Today is this holiday."""


def look(
    at: datetime, week: Mapping[int, Sequence[Span]], other: Mapping[date, Sequence[Span]], holidays: frozenset[date]
) -> Now:
    """`week`: weekday -> spans; `other`: days that are different, which also win over holidays. Holidays are closed."""
    today = at.date()
    holiday = today if today in holidays else None
    starts: list[datetime] = []
    for ahead in range(-1, LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        usual = () if day in holidays else week.get(day.weekday(), ())
        for begin, end in other.get(day, usual):
            opens = datetime.combine(day, begin, at.tzinfo)
            closes = datetime.combine(day if end > begin else day + timedelta(days=1), end, at.tzinfo)
            if opens <= at < closes:
                return Now(True, closes=closes, holiday=holiday)
            if opens > at:
                starts.append(opens)
        if starts and ahead >= 0:
            break
    return Now(False, opens=min(starts, default=None), holiday=holiday)
