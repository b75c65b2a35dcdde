"""Which calls a figure is about: a range of time in one time zone, some lines, perhaps one flow."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

CHOSEN = (
    "c.offered_at >= :since and c.offered_at < :until"
    " and (cast(:lines as text[]) is null or c.line = any(cast(:lines as text[]))) and (:flow = '' or c.flow = :flow)"
)
"""Condition on `ivr.calls c`."""
Step = Literal["hour", "day", "week"]
STEPS = """
  select distinct date_trunc(:step, at, :zone) as at from generate_series(
    cast(:since as timestamptz), cast(:until as timestamptz) - interval '1 second', interval '1 hour') as at
"""
"""`at` of every step of the span, with calls or without; needs `step`."""


@dataclass(frozen=True)
class Span:
    """Calls that were offered from `first` until before `until`: midnights of `zone`, or times without a zone that
    are those of a clock there."""

    first: date
    until: date
    zone: str = "UTC"
    lines: frozenset[str] | None = None
    """None: all of them."""
    flow: str = ""

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """With zone; a day on which the clock is changed has 23 or 25 hours. Raises ZoneInfoNotFoundError."""
        zone = ZoneInfo(self.zone)
        return _moment(self.first, zone), _moment(self.until, zone)

    @property
    def before(self) -> "Span":
        """As long a range just before this one, to compare with."""
        return replace(self, first=self.first - (self.until - self.first), until=self.first)

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of CHOSEN, and `zone`."""
        since, until = self.bounds
        lines = None if self.lines is None else sorted(self.lines)
        return {"since": since, "until": until, "lines": lines, "flow": self.flow, "zone": self.zone}


def _moment(at: date, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone) if isinstance(at, datetime) else datetime.combine(at, time(), zone)


def week_of(day: date) -> tuple[date, date]:
    """The Monday of the day's week, and the next one."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def rows(connection: Connection, span: Span, statement: str, **values: Any) -> list[dict[str, Any]]:
    """What a statement with CHOSEN in it gives for the span. Raises SQLAlchemyError."""
    return [dict(row) for row in connection.execute(text(statement), {**span.values, **values}).mappings()]
