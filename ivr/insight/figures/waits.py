"""How long callers waited: for an answer to what they said, and in queues; what transfers came to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from ivr.events import FRAME_S
from ivr.insight.figures.span import CHOSEN, STEPS, Span, Step, rows

PARTS = ("answer_s", "pause_s", "recognition_s", "understand_s", "query_s", "synthesis_s")
"""Columns of table turns: the whole delay, and what it is made of."""


@dataclass(frozen=True)
class Delay:
    """Seconds of one part of the delay over `turns` turns."""

    part: str
    turns: int
    p50_s: float
    p90_s: float
    p99_s: float


@dataclass(frozen=True)
class Transfers:
    """Transfers to one destination that are over. Waits in seconds until it was clear what came of them; None: no
    transfer went through."""

    destination: str
    kind: str
    tried: int
    done: int
    p50_wait_s: float | None
    longest_wait_s: float | None


def delays(connection: Connection, span: Span) -> list[Delay]:
    """One a part that any turn has."""
    parts = " union all ".join(f"select '{part}' as part, {part} as s from chosen" for part in PARTS)
    statement = f"""
      with chosen as (select t.* from ivr.turns t join ivr.calls c on c.id = t.call where {CHOSEN})
      select part, count(s) as turns, percentile_cont(0.5) within group (order by s) as p50_s,
             percentile_cont(0.9) within group (order by s) as p90_s,
             percentile_cont(0.99) within group (order by s) as p99_s
        from ({parts}) as parts where s is not null group by 1
    """
    found = {row["part"]: Delay(**row) for row in rows(connection, span, statement)}
    return [found[part] for part in PARTS if part in found]


@dataclass(frozen=True)
class DelayPoint:
    """The whole delay in seconds, from `at` until the next point; None: nobody waited."""

    at: datetime
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None


def delays_over_time(connection: Connection, span: Span, step: Step = "day") -> list[DelayPoint]:
    """A point a step, those without turns too."""
    statement = f"""
      with counted as (
        select date_trunc(:step, c.offered_at, :zone) as at,
               percentile_cont(array[0.5, 0.9, 0.99]) within group (order by t.answer_s) as s
          from ivr.turns t join ivr.calls c on c.id = t.call where {CHOSEN} and t.answer_s is not null group by 1),
      steps as ({STEPS})
      select steps.at, s[1] as p50_s, s[2] as p90_s, s[3] as p99_s from steps left join counted using (at) order by 1
    """
    return [DelayPoint(**row) for row in rows(connection, span, statement, step=step)]


def transfers(connection: Connection, span: Span) -> list[Transfers]:
    """The most frequent destination first; kind `queue` waits in line."""
    statement = f"""
      select t.destination, t.kind, count(*) as tried, count(*) filter (where t.ok) as done,
             percentile_cont(0.5) within group (order by (t.done_t - t.t) * :frame_s) filter (where t.ok) as p50_wait_s,
             cast(max((t.done_t - t.t) * :frame_s) filter (where t.ok) as float) as longest_wait_s
        from ivr.transfers t join ivr.calls c on c.id = t.call where {CHOSEN} and t.ok is not null
       group by 1, 2 order by 3 desc, 1, 2
    """
    return [Transfers(**row) for row in rows(connection, span, statement, frame_s=FRAME_S)]
