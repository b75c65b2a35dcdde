"""How many calls at once, who called again, which versions went into service meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, Span, rows

AGAIN_DAYS = 7
"""A caller who calls again within so many days was perhaps not helped."""


BESIDE = timedelta(minutes=30)
"""Calls that were offered so long before or after a moment are looked at with it."""


@dataclass(frozen=True)
class Peak:
    """The most calls at once, and when."""

    calls: int
    at: datetime


@dataclass(frozen=True)
class Repeats:
    """Answered calls with a caller's number, and of them those after which the same number called again."""

    calls: int
    again: int


@dataclass(frozen=True)
class Publication:
    """A version went into service: a mark on the time axis."""

    flow: str
    number: int
    kind: str
    from_at: datetime


def peak(connection: Connection, span: Span) -> Peak | None:
    """None: nobody was answered. A call that ends in the moment when another begins is not beside it; one without an
    end counts as a moment, as nothing tells whether it lasts."""
    statement = f"""
      with chosen as (
        select c.answered_at, coalesce(c.ended_at, c.answered_at) as ended_at
          from ivr.calls c where {CHOSEN} and c.answered_at is not null and c.outcome <> 'busy'),
      moves as (
        select answered_at as at, 1 as change from chosen
        union all select greatest(ended_at, answered_at + interval '1 microsecond'), -1 from chosen)
      select at, sum(change) over (order by at, change rows unbounded preceding) as calls from moves
       order by calls desc, at limit 1
    """
    found = rows(connection, span, statement)
    return Peak(int(found[0]["calls"]), found[0]["at"]) if found else None


def repeats(connection: Connection, span: Span) -> Repeats:
    """The second call may be to any flow of the same line, and after the span."""
    statement = f"""
      select count(*) as calls, count(*) filter (where exists (
          select from ivr.calls n where n.caller = c.caller and n.line = c.line and n.offered_at > c.offered_at
             and n.offered_at < c.offered_at + make_interval(days => :days))) as again
        from ivr.calls c where {CHOSEN} and c.caller <> '' and c.answered_at is not null and c.outcome <> 'busy'
    """
    (row,) = rows(connection, span, statement, days=AGAIN_DAYS)
    return Repeats(**row)


@dataclass(frozen=True)
class Repeater:
    """A caller's number with more than one answered call."""

    number: str
    calls: int


def repeaters(connection: Connection, span: Span, most: int = 20) -> list[Repeater]:
    """Who called most often within the span."""
    statement = f"""
      select c.caller as number, count(*) as calls from ivr.calls c
       where {CHOSEN} and c.caller <> '' and c.answered_at is not null and c.outcome <> 'busy'
       group by 1 having count(*) > 1 order by 2 desc, 1 limit :most
    """
    return [Repeater(**row) for row in rows(connection, span, statement, most=most)]


def publications(connection: Connection, span: Span) -> list[Publication]:
    """In order of time, without those that still wait for approval."""
    statement = """
      select r.flow, r.number, r.kind, r.from_at from ivr.flow_releases r
       where r.from_at >= :since and r.from_at < :until and (:flow = '' or r.flow = :flow)
         and (r.approved_by <> '' or not r.needs_approval) order by r.from_at, r.id
    """
    return [Publication(**row) for row in rows(connection, span, statement)]
