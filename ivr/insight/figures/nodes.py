"""What happened at each node: who came, who left there, who was not understood, who used keys; ways between nodes."""

from dataclasses import dataclass

from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, Span, rows


@dataclass(frozen=True)
class Reached:
    """Calls that entered a node, and of them those that ended there without an answer to what they wanted."""

    flow: str
    node: str
    calls: int
    left: int


@dataclass(frozen=True)
class Way:
    """How often callers went from one node of a flow to the next, for a Sankey diagram."""

    flow: str
    start: str
    end: str
    times: int


@dataclass(frozen=True)
class Move:
    """Calls that went from their `step`th node to the next one; `end` empty: the call ended there. A call that enters
    a node twice is at two steps, so that nothing goes in circles."""

    step: int
    flow: str
    start: str
    end_flow: str
    end: str
    calls: int
    left: int
    """Of those that ended there: with outcome `abandoned`."""


@dataclass(frozen=True)
class Asked:
    """Turns at a node, and what they came to."""

    flow: str
    node: str
    turns: int
    no_match: int
    no_input: int
    by_keys: int
    by_speech: int

    @property
    def keypad_share(self) -> float | None:
        """Of the turns that were answered, 0 to 1; None: none was."""
        answered = self.by_keys + self.by_speech
        return self.by_keys / answered if answered else None


def reached(connection: Connection, span: Span) -> list[Reached]:
    """The funnel, the most visited first."""
    statement = f"""
      select p.flow, p.node, count(distinct p.call) as calls,
             count(distinct p.call) filter (where c.ended_in = p.node and c.outcome = 'abandoned') as left
        from ivr.path p join ivr.calls c on c.id = p.call where {CHOSEN} group by 1, 2 order by 3 desc, 1, 2
    """
    return [Reached(**row) for row in rows(connection, span, statement)]


def ways(connection: Connection, span: Span) -> list[Way]:
    """The most frequent first; a node that is entered again counts each time."""
    statement = f"""
      with steps as (
        select p.flow, p.node as start, lead(p.node) over (partition by p.call order by p.seq) as "end"
          from ivr.path p join ivr.calls c on c.id = p.call where {CHOSEN})
      select flow, start, "end", count(*) as times from steps where "end" is not null
       group by 1, 2, 3 order by 4 desc, 1, 2, 3
    """
    return [Way(**row) for row in rows(connection, span, statement)]


def moves(connection: Connection, span: Span, most: int = 5) -> list[Move]:
    """The first `most` nodes of each call, step by step, for a Sankey diagram; the most frequent of a step first."""
    statement = f"""
      with steps as (
        select p.call, p.flow, p.node as start, c.outcome, row_number() over w as step, lead(p.node) over w as "end",
               lead(p.flow) over w as end_flow
          from ivr.path p join ivr.calls c on c.id = p.call where {CHOSEN}
         window w as (partition by p.call order by p.seq))
      select cast(step as int) as step, flow, start, coalesce(end_flow, '') as end_flow, coalesce("end", '') as "end",
             count(*) as calls, count(*) filter (where "end" is null and outcome = 'abandoned') as left
        from steps where step <= :most group by 1, 2, 3, 4, 5 order by 1, 6 desc, 2, 3, 4, 5
    """
    return [Move(**row) for row in rows(connection, span, statement, most=most)]


def asked(connection: Connection, span: Span) -> list[Asked]:
    """The most asked first. The flow is that of the call: a turn does not know a flow that was called."""
    statement = f"""
      select c.flow, t.node, count(*) as turns,
             count(*) filter (where t.result = 'no_match') as no_match,
             count(*) filter (where t.result = 'no_input') as no_input,
             count(*) filter (where t.how = 'keys') as by_keys,
             count(*) filter (where t.how = 'speech') as by_speech
        from ivr.turns t join ivr.calls c on c.id = t.call where {CHOSEN} and t.result <> ''
       group by 1, 2 order by 3 desc, 1, 2
    """
    return [Asked(**row) for row in rows(connection, span, statement)]
