"""`call_search`, the row that searches read, made from a call's other rows in the transaction that writes those."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

LONGEST_TEXT = 100_000
"""Characters of a call's transcript that are searched; Postgres holds at most 1 MB of lexemes."""
LONGEST_MARK = 200

REFRESH = f"""
insert into ivr.call_search as s (call, at, line, caller, duration_s, failures, confidence, marks, words)
select c.id, coalesce(c.offered_at, c.ended_at, 'epoch'), c.line, c.caller, c.duration_s, c.failures, t.confidence,
       array(select distinct left(mark, {LONGEST_MARK}) from (
               select unnest(array['flow:' || c.flow, 'version:' || c.version, 'outcome:' || c.outcome,
                                   'language:' || c.language, 'line:' || c.line]) as mark
               union all select 'node:' || node from ivr.path where call = c.id
               union all select 'node:' || node from ivr.turns where call = c.id and node <> ''
               union all select 'intent:' || intent from ivr.turns where call = c.id and intent <> ''
               union all select 'tag:' || tag from ivr.call_tags where call = c.id) as marks order by 1),
       to_tsvector('simple', left(coalesce(t.words, ''), {LONGEST_TEXT}))
  from ivr.calls c
  left join lateral (
       select min(confidence) as confidence, string_agg(
                case when text = heard_text then heard_text else heard_text || ' ' || text end, E'\\n' order by turn
              ) as words
         from ivr.turns where call = c.id) t on true
 where {{chosen}}
    on conflict (call) do update
   set at = excluded.at, line = excluded.line, caller = excluded.caller, duration_s = excluded.duration_s,
       failures = excluded.failures, confidence = excluded.confidence, marks = excluded.marks, words = excluded.words
 where (s.at, s.line, s.caller, s.duration_s, s.failures, s.confidence, s.marks, s.words) is distinct from
       (excluded.at, excluded.line, excluded.caller, excluded.duration_s, excluded.failures, excluded.confidence,
        excluded.marks, excluded.words)
"""


def refresh(connection: Connection, calls: Iterable[str]) -> None:
    """Make the rows of these calls (ids) anew. Raises SQLAlchemyError."""
    wanted = sorted(set(calls))
    if wanted:
        chosen = "c.id = any(cast(:calls as uuid[]))"
        connection.execute(text(REFRESH.format(chosen=chosen)), {"calls": wanted})
