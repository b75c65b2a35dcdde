"""Searching calls, newest first, page by page.

Two ways, because no single plan is fast for all: what is frequent is found by walking the newest calls, what is rare by
the indexes. The walk comes first and looks at RECENT calls at most; too few of them found means that it is rare.
"""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Engine, text

from ivr.insight.call_filter import MARKS, CallFilter, FilterError, Word, words

RECENT = 10_000
"""Calls that the walk looks at."""
MOST = 500
"""Calls of a page."""
COLUMNS = (
    "c.id, s.at, c.caller, c.dialled, c.line, c.flow, c.version, c.language, c.answered_at, c.ended_at, c.duration_s,"
    " c.outcome, c.ended_in, c.ended_by, c.failures, c.turn_count, c.task, c.complete, s.confidence,"
    " array(select tag from ivr.call_tags where call = c.id order by tag) as tags"
)


@dataclass(frozen=True)
class Page:
    """`calls`: dictionaries of COLUMNS; `after`: cursor of the next page, empty on the last one."""

    calls: list[dict[str, Any]]
    after: str = ""


def search(
    connection: Connection,
    wanted: CallFilter,
    lines: frozenset[str] | None = None,
    after: str = "",
    limit: int = 50,
) -> Page:
    """A page. `lines`: those that the visitor may see, None: all. Numbers are not masked here. Raises FilterError for
    a cursor that is none, SQLAlchemyError."""
    limit = max(1, min(limit, MOST))
    where, values = conditions(wanted, lines)
    span, bounds = _span(wanted, after)
    values |= bounds | {"limit": limit + 1, "recent": RECENT}
    newest = f"select * from ivr.call_search s where {span} order by at desc, call desc limit :recent"
    if where == "true":
        found = _found(connection, f"select at, call from ivr.call_search s where {span}", values)
    else:
        walk = f"select at, call from ({newest}) s where {where}"
        found = _found(connection, walk, values)
        if len(found) <= limit:
            # materialized: with the limit inside, the planner would walk again
            rare = f"select at, call from ivr.call_search s where {span} and {where}"
            found = _found(connection, f"with f as materialized ({rare}) select at, call from f", values)
    cursor = _cursor(*found[limit - 1]) if len(found) > limit else ""
    return Page(_rows(connection, [call for _, call in found[:limit]]), cursor)


def everything(
    engine: Engine, wanted: CallFilter, lines: frozenset[str] | None = None, at_once: int = MOST
) -> Iterator[list[dict[str, Any]]]:
    """All pages, for an export; no connection is held between two of them, while a slow reader reads."""
    after = ""
    while True:
        with engine.connect() as connection:
            page = search(connection, wanted, lines, after, at_once)
        if page.calls:
            yield page.calls
        if not page.after:
            return
        after = page.after


def count(connection: Connection, wanted: CallFilter, lines: frozenset[str] | None = None, most: int = 10_000) -> int:
    """How many, counted up to `most`: an export's progress, a page's "more than 10,000"."""
    where, values = conditions(wanted, lines)
    span, bounds = _span(wanted, "")
    query = f"select count(*) from (select 1 from ivr.call_search s where {span} and {where} limit :most) as counted"
    return int(connection.execute(text(query), values | bounds | {"most": most}).scalar_one())


def conditions(wanted: CallFilter, lines: frozenset[str] | None) -> tuple[str, dict[str, Any]]:
    """Condition on `call_search s` without the times, and its parameters. `true`: there is none."""
    parts: list[str] = []
    values: dict[str, Any] = {}
    if lines is not None:
        parts.append("s.marks && cast(:allowed as text[])")
        values["allowed"] = [f"line:{line}" for line in sorted(lines)]
    for name in MARKS:
        if chosen := getattr(wanted, name):
            parts.append(f"s.marks && cast(:{name} as text[])")
            values[name] = [f"{name}:{value}"[:200] for value in chosen]  # search_rows.LONGEST_MARK
    if wanted.number:
        begins = wanted.number.endswith("*")
        parts.append("s.caller like :number" if begins else "s.caller = :number")
        number = wanted.number.removesuffix("*")
        values["number"] = number.replace("\\", "\\\\").replace("_", "\\_") + "%" if begins else number
    for name, comparison in (
        ("duration_min_s", "s.duration_s >="),
        ("duration_max_s", "s.duration_s <="),
        ("failures_min", "s.failures >="),
        ("confidence_max", "s.confidence <="),
    ):
        if (value := getattr(wanted, name)) is not None:
            parts.append(f"{comparison} :{name}")
            values[name] = value
    for place, word in enumerate(words(wanted.words)):
        parts.append(_said(word, f"word{place}"))
        values[f"word{place}"] = word.text
    return " and ".join(parts) or "true", values


def _said(word: Word, name: str) -> str:
    """Words are parameters; only Hangul syllables are made a prefix, so no operator of tsquery can be among them."""
    if word.begins:
        query = f"cast(:{name} || ':*' as tsquery)"
    else:
        query = f"{'phraseto' if word.phrase else 'plainto'}_tsquery('simple', :{name})"
    return f"not s.words @@ {query}" if word.without else f"s.words @@ {query}"


def _span(wanted: CallFilter, after: str) -> tuple[str, dict[str, Any]]:
    parts = ["true"]
    values: dict[str, Any] = {}
    if wanted.since:
        parts.append("s.at >= :since")
        values["since"] = wanted.since
    if wanted.until:
        parts.append("s.at < :until")
        values["until"] = wanted.until
    if wanted.past_h is not None:
        parts.append("s.at >= now() - make_interval(secs => :past_s)")
        values["past_s"] = wanted.past_h * 3600
    if after:
        at, call = _read_cursor(after)
        parts.append("(s.at, s.call) < (:after_at, cast(:after_call as uuid))")
        values |= {"after_at": at, "after_call": call}
    return " and ".join(parts), values


def _found(connection: Connection, query: str, values: dict[str, Any]) -> list[tuple[datetime, str]]:
    rows = connection.execute(text(f"{query} order by at desc, call desc limit :limit"), values)
    return [(at, str(call)) for at, call in rows]


def _rows(connection: Connection, calls: list[str]) -> list[dict[str, Any]]:
    query = f"""
      select {COLUMNS} from ivr.calls c join ivr.call_search s on s.call = c.id
       where c.id = any(cast(:calls as uuid[])) order by s.at desc, s.call desc
    """
    rows = connection.execute(text(query), {"calls": calls}).mappings()
    return [{**row, "id": str(row["id"])} for row in rows]


def _cursor(at: datetime, call: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([at, call])).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        data = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at, call = msgspec.json.decode(data, type=tuple[datetime, str])
        if at.tzinfo is None:
            raise ValueError
        return at, str(UUID(call))
    except (binascii.Error, ValueError, msgspec.DecodeError, UnicodeError):
        raise FilterError("after", "not a cursor of this list") from None
