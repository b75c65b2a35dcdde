"""Live switches, tables and bulletins: what changes without publishing, until when, and who changed it.

Every change is one transaction: the value, a row of `live_changes` (the audit; never altered) and a notification on
CHANNEL, which each node's services listen to (live_watch.py). Raises SQLAlchemyError.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from ivr.records.tables import live_changes, live_values

Kind = Literal["switch", "table", "bulletin"]
CHANNEL = "ivr_live"
EVERY_LINE = "*"
"""Name of the bulletin that every line says."""
LONGEST = 2000
"""Characters of a value: it is said, or compared."""
MOST = 5000
"""Values at once: every node holds all of them, and a call's journal those that its lines name."""


class Refused(ValueError):
    """It cannot be set; says why."""


@dataclass(frozen=True)
class LiveValue:
    """What stands now."""

    kind: Kind
    name: str
    """Of the switch or table; a bulletin's line, or EVERY_LINE."""
    key: str
    """Row of the table; language of the bulletin, empty for every one; empty for a switch."""
    value: str
    """on or off for a switch."""
    until: datetime | None
    """None: until it is cleared."""
    changed_at: datetime
    changed_by: str
    note: str


@dataclass(frozen=True)
class LiveChange:
    """A line of the audit."""

    at: datetime
    by: str
    kind: str
    name: str
    key: str
    value: str | None
    """None: it was cleared."""
    until: datetime | None
    note: str


def put(
    engine: Engine, kind: Kind, name: str, value: str, *, by: str, key: str = "", until: datetime | None = None,
    note: str = "",
) -> None:  # fmt: skip
    """Set a value. `until` has a zone. Raises Refused."""
    check(kind, name, key, value, by, until)
    row = {"kind": kind, "name": name, "key": key, "value": value, "until": until, "note": note}
    with engine.begin() as connection:
        standing = select(func.count()).select_from(live_values).where(_stands())
        if connection.execute(standing).scalar_one() >= MOST:
            raise Refused(f"there are {MOST} live values already; what is this large belongs into a query")
        statement = insert(live_values).values(**row, changed_by=by, changed_at=func.now())
        changed = {c: statement.excluded[c] for c in ("value", "until", "note", "changed_by", "changed_at")}
        connection.execute(statement.on_conflict_do_update(index_elements=["kind", "name", "key"], set_=changed))
        connection.execute(insert(live_changes).values(**row, by=by))
        _notify(connection)


def clear(engine: Engine, kind: Kind, name: str, *, by: str, key: str | None = None, note: str = "") -> int:
    """Take values back; `key` None: all of that name. What lines.yaml says counts again. Returns how many stood."""
    if not by:
        raise Refused("who clears it must be said")
    where = [live_values.c.kind == kind, live_values.c.name == name]
    where += [live_values.c.key == key] if key is not None else []
    with engine.begin() as connection:
        gone = connection.execute(delete(live_values).where(*where).returning(live_values.c.key, live_values.c.until))
        now = datetime.now(UTC)
        keys = [row.key for row in gone if row.until is None or row.until > now]
        if keys:
            told = [{"kind": kind, "name": name, "key": each, "value": None, "by": by, "note": note} for each in keys]
            connection.execute(insert(live_changes), told)
            _notify(connection)
    return len(keys)


def current(engine: Engine) -> list[LiveValue]:
    """What stands now, by kind, name and key."""
    query = select(live_values).where(_stands()).order_by(live_values.c.kind, live_values.c.name, live_values.c.key)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [LiveValue(**{field: row[field] for field in LiveValue.__dataclass_fields__}) for row in rows]


def history(engine: Engine, limit: int = 100) -> list[LiveChange]:
    """The last changes, newest first."""
    query = select(live_changes).order_by(live_changes.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [LiveChange(**{field: row[field] for field in LiveChange.__dataclass_fields__}) for row in rows]


def check(kind: str, name: str, key: str, value: str, by: str, until: datetime | None) -> None:
    """Whether `put` would take it. Raises Refused."""
    why = ""
    if kind not in get_args(Kind):
        why = f"{kind!r} is neither switch, table nor bulletin"
    elif not name or (kind == "table" and not key):
        why = "a name is missing" if not name else f"which row of table {name}?"
    elif kind == "switch" and (value not in ("on", "off") or key):
        why = f"a switch is on or off, not {value!r}"
    elif kind == "bulletin" and not value.strip():
        why = "a bulletin says something; clear it instead"
    elif not by:
        why = "who sets it must be said"
    elif max(map(len, (name, key, value))) > LONGEST or "\0" in name + key + value:
        why = f"at most {LONGEST} characters of text"
    elif until is not None and until <= datetime.now(until.tzinfo):
        why = "that time is over already"
    if why:
        raise Refused(why)


def _stands() -> ColumnElement[bool]:
    return or_(live_values.c.until.is_(None), live_values.c.until > func.now())


def _notify(connection: Connection) -> None:
    connection.execute(text(f"select pg_notify('{CHANNEL}', '')"))
