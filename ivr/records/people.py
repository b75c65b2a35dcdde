"""People who use the pages: who there is, and what changes of them. Passwords come in as hashes (web/passwords.py)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from ivr.records.people_tables import people, web_sessions

LONGEST_NAME = 100


class Refused(Exception):
    """Why, in words."""


@dataclass(frozen=True)
class Person:
    """A row of `people`."""

    id: int
    name: str
    role: str
    lines: frozenset[str] | None
    """None: all."""
    language: str
    password: str
    """Its hash; empty: none."""
    second_factor: bytes | None
    second_factor_step: int
    subject: str | None
    disabled: bool
    made_at: datetime
    signed_in_at: datetime | None


def from_row(row: Row[Any]) -> Person:
    """Of a row with the columns of `people`."""
    told = {name: getattr(row, name) for name in people.columns.keys()}  # noqa: SIM118 - not a dict
    lines = told.pop("lines")
    return Person(lines=None if lines is None else frozenset(lines), **told)


def everybody(connection: Connection) -> list[Person]:
    return [from_row(row) for row in connection.execute(select(people).order_by(func.lower(people.c.name)))]


def any_there(connection: Connection) -> bool:
    return connection.execute(select(people.c.id).limit(1)).first() is not None


def find(connection: Connection, name: str) -> Person | None:
    """By name; capitals do not matter."""
    row = connection.execute(select(people).where(func.lower(people.c.name) == func.lower(name))).first()
    return None if row is None else from_row(row)


def by_subject(connection: Connection, subject: str) -> Person | None:
    row = connection.execute(select(people).where(people.c.subject == subject)).first()
    return None if row is None else from_row(row)


def by_id(connection: Connection, number: int) -> Person | None:
    row = connection.execute(select(people).where(people.c.id == number)).first()
    return None if row is None else from_row(row)


def add(
    connection: Connection, name: str, role: str, *, password: str = "", lines: Iterable[str] | None = None,
    subject: str | None = None,
) -> Person:  # fmt: skip
    """Raises Refused: no name, or there is somebody of that name."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"a name has 1 to {LONGEST_NAME} letters")
    values = {
        "name": name, "role": role, "password": password, "subject": subject,
        "lines": None if lines is None else sorted(set(lines)),
    }  # fmt: skip
    try:
        with connection.begin_nested():
            row = connection.execute(insert(people).values(**values).returning(people)).one()
    except IntegrityError:
        raise Refused("there is somebody of that name already") from None
    return from_row(row)


def change(connection: Connection, number: int, **values: Any) -> None:
    """Columns of one person. A new role, password, second factor or being disabled ends their sessions."""
    if "lines" in values and values["lines"] is not None:
        values["lines"] = sorted(set(values["lines"]))
    connection.execute(update(people).where(people.c.id == number).values(**values))
    if values.keys() & {"role", "lines", "password", "second_factor", "disabled"}:
        connection.execute(web_sessions.delete().where(web_sessions.c.person == number))


def keep_hash(connection: Connection, number: int, password: str) -> None:
    """The same password, hashed anew: their sessions go on."""
    connection.execute(update(people).where(people.c.id == number).values(password=password))


def note_step(connection: Connection, number: int, step: int) -> None:
    """The code of this step was used and serves no more."""
    connection.execute(update(people).where(people.c.id == number).values(second_factor_step=step))


def last_administrator(connection: Connection, person: Person) -> bool:
    """Without them nobody could add people."""
    others = select(people.c.id).where(
        people.c.role == "administrator", ~people.c.disabled, people.c.id != person.id, people.c.lines.is_(None)
    )
    return person.role == "administrator" and connection.execute(others.limit(1)).first() is None


def remove(connection: Connection, person: Person) -> None:
    """With their sessions and tokens; the audit trail keeps the name."""
    connection.execute(people.delete().where(people.c.id == person.id))
