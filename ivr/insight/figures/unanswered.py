"""What callers asked and the knowledge base had no answer to, alike questions together."""

from sqlalchemy import Connection

from ivr.insight.figures.span import CHOSEN, Span, rows
from ivr.insight.figures.unmatched import MOST, Group, grouped


def questions(connection: Connection, span: Span) -> list[Group]:
    """The most frequent group first, by node that looked for the answer. Only what may be kept of a call is here.
    Raises SQLAlchemyError."""
    statement = f"""
      select c.flow, q.node, t.language, lower(coalesce(nullif(t.text, ''), t.heard_text)) as words, count(*) as times
        from ivr.queries q join ivr.calls c on c.id = q.call join ivr.turns t on t.call = q.call and t.turn = q.turn
       where {CHOSEN} and q.kind = 'answer' and q.status = 'not_found'
         and coalesce(nullif(t.text, ''), t.heard_text) <> ''
       group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4 limit :most
    """
    return grouped(rows(connection, span, statement, most=MOST))


def count(connection: Connection, span: Span) -> int:
    """Questions without an answer, those without words too."""
    statement = f"""
      select count(*) as asked from ivr.queries q join ivr.calls c on c.id = q.call
       where {CHOSEN} and q.kind = 'answer' and q.status = 'not_found'
    """
    return int(rows(connection, span, statement)[0]["asked"])
