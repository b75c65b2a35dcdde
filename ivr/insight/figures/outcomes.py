"""How calls ended, over time, by hour of the week, by language."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, STEPS, Span, Step, rows

# A caller who was put through got what they came for, whatever outcome the flow wrote; each answered call counts once.
_COUNTED = """
  count(*) as offered,
  count(*) filter (where answered) as answered,
  count(*) filter (where answered and transferred) as transferred,
  count(*) filter (where answered and not transferred and outcome = 'resolved') as resolved,
  count(*) filter (where answered and not transferred and outcome = 'abandoned') as abandoned,
  count(*) filter (where answered and not transferred and outcome not in ('resolved', 'abandoned')) as other,
  count(*) filter (where outcome in ('busy', 'rejected')) as turned_away
"""
_CALLS = f"""
  select c.offered_at, c.language, c.outcome,
         c.answered_at is not null and c.outcome <> 'busy' as answered,
         c.outcome = 'transferred' or exists (select from ivr.transfers t where t.call = c.id and t.ok) as transferred
    from ivr.calls c where {CHOSEN}
"""


@dataclass(frozen=True)
class Outcomes:
    """Numbers of calls. answered = resolved + transferred + abandoned + other; who heard the busy announcement was
    not answered."""

    offered: int = 0
    answered: int = 0
    resolved: int = 0
    transferred: int = 0
    abandoned: int = 0
    other: int = 0
    """Failed, cut off, still going on, and outcomes of the flow's own."""
    turned_away: int = 0


@dataclass(frozen=True)
class Point:
    """Outcomes from `at` until the next point."""

    at: datetime
    outcomes: Outcomes


def total(connection: Connection, span: Span) -> Outcomes:
    (row,) = rows(connection, span, f"select {_COUNTED} from ({_CALLS}) as calls")
    return Outcomes(**row)


def names(connection: Connection, span: Span) -> list[str]:
    """Outcomes that calls of the span had, those of flows' own among them."""
    statement = f"select distinct c.outcome from ivr.calls c where {CHOSEN} and c.outcome <> '' order by 1 limit 100"
    return [row["outcome"] for row in rows(connection, span, statement)]


def over_time(connection: Connection, span: Span, step: Step = "day") -> list[Point]:
    """A point a step of the span's zone; steps without calls are there too, with zeros."""
    statement = f"""
      with counted as (
        select date_trunc(:step, offered_at, :zone) as at, {_COUNTED} from ({_CALLS}) as calls group by 1),
      steps as ({STEPS})
      select steps.at, coalesce(offered, 0) as offered, coalesce(answered, 0) as answered,
             coalesce(resolved, 0) as resolved, coalesce(transferred, 0) as transferred,
             coalesce(abandoned, 0) as abandoned, coalesce(other, 0) as other, coalesce(turned_away, 0) as turned_away
        from steps left join counted using (at) order by 1
    """
    found = rows(connection, span, statement, step=step)
    return [Point(row.pop("at"), Outcomes(**row)) for row in found]


def busiest_hours(connection: Connection, span: Span) -> dict[tuple[int, int], int]:
    """(weekday from 1 Monday to 7, hour of the zone's day) -> calls; hours without calls are left out."""
    statement = f"""
      select cast(extract(isodow from c.offered_at at time zone :zone) as int) as weekday,
             cast(extract(hour from c.offered_at at time zone :zone) as int) as hour, count(*) as calls
        from ivr.calls c where {CHOSEN} group by 1, 2
    """
    return {(row["weekday"], row["hour"]): row["calls"] for row in rows(connection, span, statement)}


def languages(connection: Connection, span: Span) -> dict[str, int]:
    """Language -> answered calls, the most frequent first."""
    statement = f"select language, count(*) as n from ({_CALLS}) as calls where answered group by 1 order by 2 desc, 1"
    return {row["language"]: row["n"] for row in rows(connection, span, statement)}
