"""What people write about a call: notes, a rating each, tags, and what a caller really said where it was misheard."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from ivr.records import search_rows
from ivr.records.review_tables import call_notes, call_ratings, call_tags, turn_corrections
from ivr.records.store import clean
from ivr.records.tables import calls, turns

LONGEST_NOTE = 10_000
LONGEST_TAG = 60
LONGEST_SAID = 2_000
MOST_STARS = 5
MOST = 500
"""Notes, tags and corrections of one call, each."""


class ReviewError(ValueError):
    """What somebody writes cannot be kept; the text tells them why."""


def visible(connection: Connection, call: str, lines: frozenset[str] | None) -> bool:
    """Whether there is such a call, on one of these lines (None: any)."""
    query = select(calls.c.line).where(calls.c.id == call)
    row = connection.execute(query).first()
    return row is not None and (lines is None or row.line in lines)


def of(connection: Connection, call: str) -> dict[str, list[dict[str, Any]]]:
    """{notes, ratings, tags, corrections}, each oldest first, with who and when."""
    return {
        name: [
            {key: value for key, value in row.items() if key != "call"}
            for row in connection.execute(
                select(table).where(table.c.call == call).order_by(table.c.made_at).limit(MOST)
            ).mappings()
        ]
        for name, table in (
            ("notes", call_notes), ("ratings", call_ratings), ("tags", call_tags), ("corrections", turn_corrections)
        )
    }  # fmt: skip


def note(connection: Connection, call: str, who: str, words: str) -> None:
    """Add a note. Raises ReviewError."""
    words = _words(words, LONGEST_NOTE)
    _room(connection, call, call_notes)
    connection.execute(insert(call_notes).values(call=call, made_by=who, note=words))


def rate(connection: Connection, call: str, who: str, stars: int | None) -> None:
    """1 to 5 stars instead of those that this person gave; None takes them back. Raises ReviewError."""
    if stars is None:
        mine = (call_ratings.c.call == call) & (call_ratings.c.made_by == who)
        connection.execute(delete(call_ratings).where(mine))
        return
    if not 1 <= stars <= MOST_STARS:
        raise ReviewError(f"a rating is 1 to {MOST_STARS}")
    new = upsert(call_ratings).values(call=call, made_by=who, stars=stars)
    changes = {"stars": stars, "made_at": text("now()")}
    connection.execute(new.on_conflict_do_update(index_elements=["call", "made_by"], set_=changes))


def tag(connection: Connection, call: str, who: str, name: str) -> None:
    """Found by it from now on; a tag that is there stays as it is. Raises ReviewError."""
    name = _tag(name)
    _room(connection, call, call_tags)
    new = upsert(call_tags).values(call=call, tag=name, made_by=who)
    connection.execute(new.on_conflict_do_nothing())
    search_rows.refresh(connection, [call])


def untag(connection: Connection, call: str, name: str) -> None:
    connection.execute(delete(call_tags).where(call_tags.c.call == call, call_tags.c.tag == _tag(name)))
    search_rows.refresh(connection, [call])


def tags(connection: Connection, begins: str = "", limit: int = 50) -> list[str]:
    """Tags that are in use, for completion."""
    name = call_tags.c.tag
    query = select(name).where(name.startswith(begins.strip().lower(), autoescape=True)).distinct()
    return list(connection.scalars(query.order_by(name).limit(limit)))


def misheard(connection: Connection, call: str, turn: int, who: str, said: str, intent: str = "") -> None:
    """What the caller really said in a turn, and what was meant when that is told. Raises ReviewError."""
    words = _words(said, LONGEST_SAID)
    heard = connection.execute(select(turns.c.heard_text).where(turns.c.call == call, turns.c.turn == turn)).first()
    if heard is None:
        raise ReviewError("the call has no such turn")
    _room(connection, call, turn_corrections)
    row = {"call": call, "turn": turn, "made_by": who, "heard": heard.heard_text, "said": words}
    connection.execute(insert(turn_corrections).values(**row, intent=clean(intent)[:LONGEST_TAG]))


def _words(given: str, most: int) -> str:
    words = clean(given).strip()
    if not words or len(words) > most:
        raise ReviewError(f"1 to {most} characters")
    return str(words)


def _tag(given: str) -> str:
    return _words(" ".join(given.lower().split()), LONGEST_TAG)


def _room(connection: Connection, call: str, table: Any) -> None:
    query = select(table.c.call).where(table.c.call == call).limit(MOST)
    if len(connection.execute(query).all()) >= MOST:
        raise ReviewError(f"a call has at most {MOST} of them")
