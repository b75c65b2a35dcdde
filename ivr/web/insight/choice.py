"""Which calls the charts are about, as the address says, and the addresses that lead on from there."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import HTTPException
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from ivr.insight.figures.span import Span, Step, week_of
from ivr.web import line_names
from ivr.web.identity import parts_of
from ivr.web.rights import Visitor

RANGES = {
    "today": "Today", "yesterday": "Yesterday", "7d": "7 days", "28d": "28 days", "week": "This week",
    "last-week": "Last week", "90d": "90 days",
}  # fmt: skip
USUAL = "28d"
LONGEST_DAYS = 3700
HOURLY_DAYS = 3
WEEKLY_DAYS = 100
"""Ranges up to HOURLY_DAYS are drawn by the hour, beyond WEEKLY_DAYS by the week."""


class Asked(BaseModel):
    """The query of an address."""

    range: str = Field("", max_length=20, description="today, yesterday, 7d, 28d, 90d, week, last-week")
    since: str = Field("", max_length=40, description="2027-01-05 or 2027-01-05T09:00, by the zone's clock")
    until: str = Field("", max_length=40, description="before then; a day is meant with all its hours")
    line: list[str] = Field([], max_length=50)
    flow: str = Field("", max_length=200)
    zone: str = Field("", max_length=60, description="as Asia/Seoul; else that of the lines")
    step: Literal["", "hour", "day", "week"] = Field("", description="of figures over time; else by the range")


@dataclass(frozen=True)
class Choice:
    """Calls that were asked for and that the visitor may know of."""

    span: Span
    step: Step
    range: str
    """Name of RANGES; empty: times of its own."""
    lines: tuple[str, ...]
    """Lines that were asked for; none: all that the visitor may see."""
    offered_lines: tuple[str, ...] = ()
    offered_flows: tuple[str, ...] = ()
    offered_zones: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        since, until = self.span.bounds
        return (until - since) / timedelta(days=1)

    def query(self, **changes: Any) -> str:
        """Of an address with the same choice, but for `changes`."""
        since, until = self.clock
        times = {"range": self.range} if self.range else {"since": since, "until": until}
        given = times | {"line": list(self.lines), "flow": self.span.flow, "zone": self.span.zone} | changes
        return urlencode([(k, one) for k, v in given.items() for one in (v if isinstance(v, list) else [v]) if one])

    @property
    def clock(self) -> tuple[str, str]:
        """Since and until as a form has them: minutes, by the zone's clock."""
        since, until = (at.replace(tzinfo=None).isoformat(timespec="minutes") for at in self.span.bounds)
        return since, until

    def calls(self, since: datetime | None = None, until: datetime | None = None, **more: Any) -> str:
        """Address of these calls, or of those from `since` until `until` among them; `more`: filters of /calls."""
        first, last = self.span.bounds
        zone = ZoneInfo(self.span.zone)
        given = {
            "since": max(since or first, first).astimezone(zone).isoformat(),
            "until": min(until or last, last).astimezone(zone).isoformat(),
            "line": sorted(self.span.lines) if self.span.lines is not None and self.lines else [],
            "flow": self.span.flow,
        } | more
        pairs = [
            (k, one) for k, v in given.items() for one in (v if isinstance(v, list) else [v]) if one not in ("", None)
        ]
        return "/calls?" + urlencode(pairs)

    def after(self, at: datetime) -> datetime:
        """The end of the step that begins then: an hour, or the same time of the clock later."""
        if self.step == "hour":
            return at + timedelta(hours=1)
        clock = at.astimezone(ZoneInfo(self.span.zone)).replace(tzinfo=None)
        return (clock + timedelta(days=7 if self.step == "week" else 1)).replace(tzinfo=ZoneInfo(self.span.zone))


def choose(connection: HTTPConnection, visitor: Visitor, asked: Asked) -> Choice:
    """Raises HTTPException 422 when the times or the zone cannot be meant."""
    known = line_names.read(parts_of(connection).flows)
    wanted = tuple(dict.fromkeys(it for it in asked.line if it))
    seen = visitor.lines if visitor.lines is not None or not wanted else frozenset(wanted)
    if visitor.lines is not None and wanted:
        seen = visitor.lines & frozenset(wanted)
    may = tuple(sorted(name for name in known.lines if visitor.lines is None or name in visitor.lines))
    zones = line_names.zones(parts_of(connection).flows, wanted or may)
    zone = asked.zone or zones[0]
    span, name = _span(asked, zone)
    made = Choice(
        span=replace(span, lines=seen, flow=asked.flow), step="day", range=name, lines=wanted, offered_lines=may,
        offered_flows=tuple(sorted({known.lines[it].flow for it in may})),
        offered_zones=tuple(dict.fromkeys([zone, *zones, "UTC"])),
    )  # fmt: skip
    step: Any = asked.step or ("hour" if made.days <= HOURLY_DAYS else "week" if made.days > WEEKLY_DAYS else "day")
    if step == "hour" and made.days > WEEKLY_DAYS:
        raise HTTPException(422, "so long a range has too many hours; choose days")
    return replace(made, step=step)


def _span(asked: Asked, zone: str) -> tuple[Span, str]:
    try:
        now = datetime.now(ZoneInfo(zone))
        if bool(asked.since) != bool(asked.until):
            raise ValueError("a range has a beginning and an end: since and until")
        if asked.since:
            first, until = _time(asked.since), _time(asked.until)
            if len(asked.until) == 10:
                until = until + timedelta(days=1)  # a day is meant with all its hours
            found, name = Span(first, until, zone), ""
        else:
            name = asked.range or USUAL
            found = _named(name, now.date(), zone)
        since, end = found.bounds
        found.before.bounds  # noqa: B018 - a year before the first is told here
        if not timedelta(0) < end - since <= timedelta(days=LONGEST_DAYS):
            raise ValueError("the end must be after the beginning, and at most ten years later")
    except ZoneInfoNotFoundError:
        raise HTTPException(422, "there is no such time zone") from None
    except (ValueError, OverflowError) as error:
        why = str(error) if "beginning" in str(error) else "a time is written 2027-01-05 or 2027-01-05T09:00"
        raise HTTPException(422, why) from None
    return found, name


def _time(text: str) -> datetime:
    """By the zone's clock. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        raise ValueError("times are those of the zone")
    return found


def _named(name: str, today: date, zone: str) -> Span:
    """Raises ValueError."""
    tomorrow = today + timedelta(days=1)
    monday, next_monday = week_of(today)
    match name:
        case "today":
            return Span(today, tomorrow, zone)
        case "yesterday":
            return Span(today - timedelta(days=1), today, zone)
        case "week":
            return Span(monday, next_monday, zone)
        case "last-week":
            return Span(monday - timedelta(days=7), monday, zone)
        case "7d" | "28d" | "90d":
            return Span(tomorrow - timedelta(days=int(name[:-1])), tomorrow, zone)
    raise ValueError("there is no such range")
