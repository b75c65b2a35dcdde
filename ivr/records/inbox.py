"""What callers left, as those see it who work on it: voicemails and wishes to be called back, with state and owner.

Raises SQLAlchemyError.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Join, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import literal_column

from ivr.records.inbox_tables import inbox, inbox_work
from ivr.records.tables import calls

State = Literal["new", "taken", "done"]
STATES: tuple[State, ...] = get_args(State)


class Taken(ValueError):
    """Somebody else has it; says who."""


@dataclass(frozen=True)
class Item:
    """One thing that a caller left."""

    call: str
    seq: int
    kind: str
    """message | call_back"""
    at: datetime | None
    line: str
    node: str
    """Of the call; a message's sound is there."""
    caller: str
    number: str
    """To call; hostile data, as the caller typed it or as the call came."""
    name: str
    """Of the message's sound."""
    mailbox: str
    seconds: float
    destination: str
    position: int
    state: State
    owner: str
    changed_at: datetime | None

    @property
    def key(self) -> str:
        """`<call>-<seq>`, sorted by time."""
        return f"{self.call}-{self.seq}"


_state = func.coalesce(inbox_work.c.state, "new")


def items(
    db: Connection, *, lines: frozenset[str] | None = None, state: str = "", kind: str = "", before: str = "",
    limit: int = 50,
) -> list[Item]:  # fmt: skip
    """Newest first. `lines`: those that the visitor may see, None: all; `state`: one of STATES, `open` (new or taken),
    empty: every one; `before`: only older ones than this key. Raises ValueError for a key that is none."""
    query = _query().order_by(inbox.c.call.desc(), inbox.c.seq.desc()).limit(limit)
    if before:
        call, _, seq = before.rpartition("-")
        if not 0 <= int(seq) < 2**31:
            raise ValueError(seq)
        here = tuple_(literal(str(UUID(call)), inbox.c.call.type), literal(int(seq)))
        query = query.where(tuple_(inbox.c.call, inbox.c.seq) < here)
    if kind:
        query = query.where(inbox.c.kind == kind)
    return [_item(row) for row in db.execute(query.where(*_where(lines, state)))]


def find(db: Connection, call: str, seq: int, lines: frozenset[str] | None = None) -> Item | None:
    """`call`: a UUID."""
    row = db.execute(_query().where(inbox.c.call == call, inbox.c.seq == seq, *_where(lines, ""))).first()
    return _item(row) if row is not None else None


def count(db: Connection, lines: frozenset[str] | None = None, state: str = "new") -> int:
    """How many there are."""
    found = select(func.count()).select_from(_joined()).where(*_where(lines, state))
    return int(db.execute(found).scalar_one())


def change(db: Connection, item: Item, state: State, owner: str) -> None:
    """In the caller's transaction. `owner` takes it, gives it back (new), or is done with it. Raises Taken when it was
    taken by somebody else meanwhile: first it must be given back."""
    row = {"call": item.call, "seq": item.seq, "state": state, "owner": "" if state == "new" else owner}
    statement = insert(inbox_work).values(row)
    changed = statement.on_conflict_do_update(
        index_elements=["call", "seq"],
        set_={"state": state, "owner": row["owner"], "changed_at": func.now()},
        where=or_(inbox_work.c.owner.in_(["", owner]), inbox_work.c.state == "done") if state != "new" else None,
    ).returning(inbox_work.c.call)
    if db.execute(changed).first() is None:
        query = select(inbox_work.c.owner).where(inbox_work.c.call == item.call, inbox_work.c.seq == item.seq)
        raise Taken(str(db.execute(query).scalar_one_or_none() or ""))


def _joined() -> Join:
    work = and_(inbox_work.c.call == inbox.c.call, inbox_work.c.seq == inbox.c.seq)
    return inbox.join(calls, calls.c.id == inbox.c.call).outerjoin(inbox_work, work)


def _query() -> "Select[tuple[object, ...]]":
    frame: ColumnElement[timedelta] = literal_column("interval '20 milliseconds'")
    at = func.coalesce(calls.c.answered_at + inbox.c.t * frame, calls.c.offered_at).label("at")
    columns = [calls.c.line, calls.c.node, calls.c.caller, at, _state.label("state"), inbox_work.c.changed_at]
    owner = func.coalesce(inbox_work.c.owner, "").label("owner")
    return select(*inbox.c, *columns, owner).select_from(_joined())


def _where(lines: frozenset[str] | None, state: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [] if lines is None else [calls.c.line.in_(sorted(lines))]
    if state == "open":
        found.append(_state != "done")
    elif state:
        found.append(_state == state)
    return found


def _item(row: "Row[tuple[object, ...]]") -> Item:
    known = row._mapping
    return Item(**{name: known[name] for name in Item.__dataclass_fields__ if name != "seconds"},
                seconds=float(known["seconds"] or 0.0))  # fmt: skip
