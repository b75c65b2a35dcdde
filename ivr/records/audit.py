"""The audit trail: who saw and changed what. Rows are added and read, never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from ivr.records.people_tables import audit
from ivr.records.store import clean

LONGEST = 500


@dataclass(frozen=True)
class Entry:
    """`what` is a fixed word of the routes (`call.heard`), `about` what it was done to."""

    id: int
    at: datetime
    name: str
    role: str
    what: str
    about: str
    call: str
    address: str


def write(
    connection: Connection, what: str, *, name: str, role: str = "", about: str = "", call: str = "", address: str = ""
) -> None:
    """In the caller's transaction: what was not audited did not happen."""
    row = {"what": what, "name": name, "role": role, "about": about, "call": call, "address": address}
    connection.execute(audit.insert().values(**{key: clean(value)[:LONGEST] for key, value in row.items()}))


def read(
    connection: Connection, *, before: int = 0, limit: int = 100, name: str = "", what: str = "", call: str = ""
) -> list[Entry]:
    """Newest first. `before`: only older ones than this id; `what`: how it begins."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before:
        query = query.where(audit.c.id < before)
    if name:
        query = query.where(audit.c.name == name)
    if what:
        query = query.where(audit.c.what.startswith(what, autoescape=True))
    if call:
        query = query.where(audit.c.call == call)
    return [Entry(**row._mapping) for row in connection.execute(query)]
