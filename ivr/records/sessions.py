"""Who is signed in: sessions behind cookies, tokens of programs, tries that failed. Only hashes of tokens are kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select, text, update

from ivr.records.people import Person, from_row
from ivr.records.people_tables import api_tokens, people, sign_in_tries, web_sessions

SEEN_EVERY_S = 60
"""A session's last use is written no more often: reading pages shall not write."""
TRIES_WITHIN_S = 900
MOST_TRIES = {"name": 10, "address": 50}
"""Failed tries within that time; then nobody signs in by that name, or from that address, until some are older."""
PREFIX = "ivr_"
"""Tokens of programs begin so, that leaked ones are found by scanners."""


@dataclass(frozen=True)
class Session:
    """A session that holds, and whose it is."""

    person: Person
    csrf: str
    complete: bool
    made_at: datetime


@dataclass(frozen=True)
class Token:
    """A token of a program, without the token."""

    id: int
    owner: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    until: datetime | None
    used_at: datetime | None


def digest(token: str) -> bytes:
    """Tokens are 256 random bits: a plain hash suffices."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def begin(connection: Connection, person: int, *, complete: bool, address: str = "", program: str = "") -> str:
    """The token for the cookie."""
    token = secrets.token_urlsafe(32)
    row = {
        "token": digest(token), "person": person, "csrf": secrets.token_urlsafe(24), "complete": complete,
        "address": address[:100], "program": program[:200],
    }  # fmt: skip
    connection.execute(web_sessions.insert().values(**row))
    if complete:
        connection.execute(update(people).where(people.c.id == person).values(signed_in_at=func.now()))
    return token


def find(connection: Connection, token: str, idle_s: float, longest_s: float) -> Session | None:
    """None: there is none, it ended, or the person is disabled."""
    found = connection.execute(
        select(people, web_sessions.c.csrf, web_sessions.c.complete, web_sessions.c.made_at.label("began"),
               (web_sessions.c.seen_at < func.now() - timedelta(seconds=SEEN_EVERY_S)).label("stale"))
        .join(people, people.c.id == web_sessions.c.person)
        .where(
            web_sessions.c.token == digest(token),
            web_sessions.c.seen_at > func.now() - timedelta(seconds=idle_s),
            web_sessions.c.made_at > func.now() - timedelta(seconds=longest_s),
            ~people.c.disabled,
        )
    ).first()  # fmt: skip
    if found is None:
        return None
    if found.stale:
        connection.execute(update(web_sessions).where(web_sessions.c.token == digest(token)).values(seen_at=func.now()))
    return Session(from_row(found), found.csrf, found.complete, found.began)


def end(connection: Connection, token: str) -> None:
    connection.execute(web_sessions.delete().where(web_sessions.c.token == digest(token)))


def forget_old(connection: Connection, idle_s: float, longest_s: float) -> None:
    """Sessions and tries that are over."""
    connection.execute(
        web_sessions.delete().where(
            or_(
                web_sessions.c.seen_at < func.now() - timedelta(seconds=idle_s),
                web_sessions.c.made_at < func.now() - timedelta(seconds=longest_s),
            )
        )
    )
    connection.execute(
        sign_in_tries.delete().where(sign_in_tries.c.at < func.now() - timedelta(seconds=TRIES_WITHIN_S))
    )


# --- tries ----------------------------------------------------------------------------------------------------


def failed(connection: Connection, name: str, address: str) -> None:
    connection.execute(sign_in_tries.insert().values(name=name.strip().lower()[:100], address=address[:100]))


def too_many(connection: Connection, name: str, address: str) -> bool:
    """Too many failed tries by this name or from this address."""
    since = func.now() - timedelta(seconds=TRIES_WITHIN_S)
    for column, value in (("name", name.strip().lower()[:100]), ("address", address[:100])):
        tries = select(func.count()).select_from(sign_in_tries).where(
            sign_in_tries.c[column] == value, sign_in_tries.c.at > since
        )  # fmt: skip
        if (connection.execute(tries).scalar() or 0) >= MOST_TRIES[column]:
            return True
    return False


def succeeded(connection: Connection, name: str) -> None:
    """Forget the tries by this name; those from the address stay, or one right password would clear it for guessing."""
    connection.execute(sign_in_tries.delete().where(sign_in_tries.c.name == name.strip().lower()[:100]))


def in_turn(connection: Connection, name: str) -> None:
    """Tries by one name are counted one after the other, until the transaction ends: none slips by between them."""
    connection.execute(text("select pg_advisory_xact_lock(7204632, hashtext(:name))"), {"name": name.strip().lower()})


# --- tokens of programs ---------------------------------------------------------------------------------------


def make_token(connection: Connection, person: int, name: str, scopes: list[str], until: datetime | None) -> str:
    """The token; it is never shown again."""
    token = PREFIX + secrets.token_urlsafe(32)
    row: dict[str, Any] = {"person": person, "name": name[:100], "token": digest(token), "scopes": scopes}
    connection.execute(api_tokens.insert().values(**row, until=until))
    return token


def tokens(connection: Connection, person: int | None = None) -> list[Token]:
    """Of one person, or of all."""
    query = select(api_tokens, people.c.name.label("owner")).join(people, people.c.id == api_tokens.c.person)
    if person is not None:
        query = query.where(api_tokens.c.person == person)
    return [
        Token(row.id, row.owner, row.name, tuple(row.scopes), row.made_at, row.until, row.used_at)
        for row in connection.execute(query.order_by(api_tokens.c.id))
    ]


def drop_token(connection: Connection, number: int, person: int | None = None) -> bool:
    """False: there is no such token (of this person)."""
    query = api_tokens.delete().where(api_tokens.c.id == number)
    if person is not None:
        query = query.where(api_tokens.c.person == person)
    return connection.execute(query).rowcount > 0


def of_token(connection: Connection, token: str) -> tuple[Person, tuple[str, ...]] | None:
    """Whose it is and its scopes; None: unknown, over, or the person is disabled."""
    found = connection.execute(
        select(people, api_tokens.c.scopes, api_tokens.c.id.label("token_id"),
               func.coalesce(api_tokens.c.used_at < func.now() - timedelta(seconds=SEEN_EVERY_S), True).label("stale"))
        .join(people, people.c.id == api_tokens.c.person)
        .where(
            api_tokens.c.token == digest(token),
            or_(api_tokens.c.until.is_(None), api_tokens.c.until > func.now()),
            ~people.c.disabled,
        )
    ).first()  # fmt: skip
    if found is None:
        return None
    if found.stale:
        connection.execute(update(api_tokens).where(api_tokens.c.id == found.token_id).values(used_at=func.now()))
    return from_row(found), tuple(found.scopes)
