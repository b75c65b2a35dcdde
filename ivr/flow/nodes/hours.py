"""`hours`: goes one way or another by the time of the day, weekdays and holidays."""

from collections.abc import Generator, Iterator
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from ivr.flow.nodes.base import Node
from ivr.flow.nodes.steps import Fill, Goto, Step, Visit
from ivr.flow.opening_hours import days, look, spans
from ivr.flow.path import Path
from ivr.flow.scalars import NodeName, TimeZone, ValueName


def _week(value: dict[str, str]) -> dict[str, str]:
    for name, hours in value.items():
        days(name)
        spans(hours)
    return value


def _dates(value: dict[str, str]) -> dict[str, str]:
    for day, hours in value.items():
        try:
            date.fromisoformat(day)
        except ValueError:
            raise ValueError(f"{day!r} is no date; write it as 2027-12-24") from None
        spans(hours)
    return value


class Hours(Node):
    """Goes to `next` while it is open, else to `closed`. `holidays` names a country (or `US-NY`, a part of it) whose
    public holidays are closed; `dates` are days with hours of their own. Hours are those of `timezone`, else of the
    line. Under `save` texts find `hours.opens` (`{hours.opens:moment}`), `hours.closes` and `hours.holiday`."""

    example: ClassVar[str] = """\
type: hours
open: {mon-fri: "9:00-12:00, 13:00-17:00", sat: 10:00-14:00}
holidays: US-NY
dates: {"2027-12-24": 9:00-12:00, "2027-12-31": closed}
save: hours
next: welcome
closed: after_hours
"""

    type: Literal["hours"]
    open: Annotated[dict[str, str], AfterValidator(_week), Field(min_length=1)]
    """Days -> hours: {mon-fri: 9:00-17:00, sat: 10:00-14:00}; a span may pass midnight."""
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,4})?$")] | None = None
    """A country, `US`, or a part of one, `US-NY`."""
    dates: Annotated[dict[str, str], AfterValidator(_dates)] = Field(default_factory=dict)
    """Days with hours of their own: {"2027-12-24": 9:00-12:00, "2027-12-31": closed}."""
    timezone: TimeZone | None = None
    """America/New_York; the line's when not given."""
    save: ValueName | None = None
    """Name for what is known then: `open`, `opens`, `closes`, `holiday`."""
    next: NodeName
    """While it is open."""
    closed: NodeName
    """While it is closed."""
    holiday: NodeName | None = None
    """On a holiday; `closed` when not given."""

    def run(self, visit: Visit) -> Generator[Step, Any, Goto]:
        week = {day: spans(hours) for name, hours in self.open.items() for day in days(name)}
        other = {date.fromisoformat(day): spans(hours) for day, hours in self.dates.items()}
        names = visit.flow.holidays.get(self.holidays or "", {})
        now = look(visit.now(self.timezone), week, other, frozenset(map(date.fromisoformat, names)))
        if self.save:
            called = names.get(now.holiday.isoformat(), {}) if now.holiday else {}
            known = {
                "open": now.open,
                "opens": now.opens.isoformat() if now.opens else "",
                "closes": now.closes.isoformat() if now.closes else "",
                "holiday": called.get(visit.language) or called.get("", ""),
            }
            yield Fill(self.save, known)
        if now.open:
            return Goto(self.next, "open")
        if now.holiday and self.holiday:
            return Goto(self.holiday, "holiday")
        return Goto(self.closed, "closed")

    def fills(self) -> Iterator[str]:
        if self.save:
            yield self.save

    def certain(self, path: Path) -> set[str]:
        return {self.save} if self.save else set()
