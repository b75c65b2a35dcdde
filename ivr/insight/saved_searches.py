"""Searches that somebody keeps under a name of their own."""

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from ivr.insight.call_filter import CallFilter, FilterError
from ivr.records.review_tables import saved_searches as table
from ivr.records.store import clean

LONGEST_NAME = 80
MOST = 200


def save(connection: Connection, owner: str, name: str, wanted: CallFilter) -> None:
    """Keep it, instead of an older one of that name. Raises FilterError."""
    name = clean(" ".join(name.split()))
    if not name or len(name) > LONGEST_NAME:
        raise FilterError("name", f"1 to {LONGEST_NAME} characters")
    known = set(of(connection, owner))
    if name not in known and len(known) >= MOST:
        raise FilterError("name", f"at most {MOST} searches are kept")
    new = insert(table).values(owner=owner, name=name, filters=wanted.address())
    changes = {"filters": new.excluded.filters, "made_at": func.now()}
    connection.execute(new.on_conflict_do_update(index_elements=["owner", "name"], set_=changes))


def of(connection: Connection, owner: str) -> dict[str, CallFilter]:
    """By name, in the alphabet's order."""
    query = select(table.c.name, table.c.filters).where(table.c.owner == owner).order_by(table.c.name)
    return {name: CallFilter.read(filters) for name, filters in connection.execute(query)}


def forget(connection: Connection, owner: str, name: str) -> None:
    connection.execute(delete(table).where(table.c.owner == owner, table.c.name == name))
