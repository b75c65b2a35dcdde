"""What a page offers to choose from: values that calls of late have."""

from sqlalchemy import Connection, text

from ivr.insight.call_filter import MARKS

RECENT = 5_000
"""Calls that are looked at, so that it costs the same however many there are."""
MOST = 200
"""Values of one filter."""


def choices(connection: Connection, lines: frozenset[str] | None = None) -> dict[str, list[str]]:
    """Filter of MARKS -> values in the alphabet's order. `lines`: those that the visitor may see, None: all. Raises
    SQLAlchemyError."""
    allowed = "true" if lines is None else "marks && cast(:allowed as text[])"
    query = f"""
      select distinct mark
        from (select marks from ivr.call_search order by at desc, call desc limit :recent) as newest,
             unnest(marks) as mark
       where {allowed}
    """
    values = {"recent": RECENT, "allowed": [f"line:{line}" for line in sorted(lines or ())]}
    found: dict[str, list[str]] = {name: [] for name in MARKS}
    for mark in sorted(connection.scalars(text(query), values if lines is not None else {"recent": RECENT})):
        name, _, value = mark.partition(":")
        if value and len(found.get(name, ())) < MOST:
            found[name].append(value)
    return found
