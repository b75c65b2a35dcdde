"""The line for a free agent, over all nodes: first come, first served at each destination.

One table, one advisory lock: whoever looks gives free agents to those who wait longest, on whatever node they are. An
entry that its node does not confirm for STALE_S is gone with that node. Raises SQLAlchemyError.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ivr.records.tables import queue_entries as entries
from ivr.records.tables import queue_rests as rests
from ivr.records.tables import queue_talks as talks
from ivr.wire.messages import QueueJoin

LOCK = 7_204_632
STALE_S = 20
REST_S = 30
"""An agent who did not answer is not tried again for so long."""
MEAN_OF = 20
"""Conversations that the expected wait is taken from."""
KEPT_DAYS = 7


@dataclass(frozen=True)
class Place:
    """Where a call of this node stands."""

    call: str
    state: str
    """waiting, ringing (`agent` is to be called), talking."""
    agent: str
    position: int
    """1 is next."""
    wait_s: float
    """Expected; 0 when nothing is known."""


def join(engine: Engine, node: str, join: QueueJoin) -> None:
    """Stand in line. A call that stands there already keeps its place: services may have been started again; what media
    says of it counts."""
    state = {"node": node, "state": join.state, "agent": join.agent}
    row = {"call": join.call, "destination": join.destination, "agents": join.agents, **state}
    again = {**state, "seen_at": func.now()}
    with engine.begin() as connection:
        connection.execute(insert(entries).values(row).on_conflict_do_update(index_elements=["call"], set_=again))


def answered(engine: Engine, call: str, agent: str, ok: bool) -> None:
    """The agent took the call, or did not: then the caller is back in line, where it stood, and the agent rests."""
    with engine.begin() as connection:
        state = {"state": "talking", "agent": agent} if ok else {"state": "waiting", "agent": ""}
        connection.execute(update(entries).where(entries.c.call == call).values(**state, since=func.now()))
        if not ok:
            until = func.now() + text(f"interval '{REST_S} seconds'")
            rest = insert(rests).values(agent=agent, until=until)
            connection.execute(rest.on_conflict_do_update(index_elements=["agent"], set_={"until": until}))


def leave(engine: Engine, calls: Iterable[str]) -> None:
    """The calls are over, or wait no longer."""
    with engine.begin() as connection:
        gone = delete(entries).where(entries.c.call.in_(list(calls))).returning(
            entries.c.destination, entries.c.state,
            func.extract("epoch", entries.c.since - entries.c.entered_at).label("waited_s"),
            func.extract("epoch", func.now() - entries.c.since).label("talked_s"),
        )  # fmt: skip
        rows = [
            {"destination": row.destination, "waited_s": float(row.waited_s), "talked_s": float(row.talked_s)}
            for row in connection.execute(gone)
            if row.state == "talking"
        ]
        if rows:
            connection.execute(insert(talks), rows)
            old = func.now() - text(f"interval '{KEPT_DAYS} days'")
            connection.execute(delete(talks).where(talks.c.ended_at < old))


def look(engine: Engine, node: str, calls: Iterable[str]) -> list[Place]:
    """Confirm this node's calls, give free agents to who waits, and tell where this node's calls stand."""
    own = list(calls)
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        connection.execute(update(entries).where(entries.c.call.in_(own)).values(seen_at=func.now()))
        stale = func.now() - text(f"interval '{STALE_S} seconds'")
        connection.execute(delete(entries).where(entries.c.seen_at < stale))
        connection.execute(delete(rests).where(rests.c.until < func.now()))
        rows = connection.execute(select(entries).order_by(entries.c.entered_at, entries.c.call)).mappings().all()
        given = _give(connection, rows)
        return _places(connection, [dict(row) | given.get(row["call"], {}) for row in rows], set(own))


def _give(connection: Connection, rows: Iterable[Any]) -> dict[str, dict[str, str]]:
    """Free agents to those who came first. Returns what changed by call."""
    rows = list(rows)
    taken = {row["agent"] for row in rows if row["agent"]} | set(connection.execute(select(rests.c.agent)).scalars())
    given: dict[str, dict[str, str]] = {}
    for row in rows:
        free = next((agent for agent in row["agents"] if agent not in taken), None) if row["state"] == "waiting" else ""
        if free:
            taken.add(free)
            given[row["call"]] = {"state": "ringing", "agent": free}
            changed = update(entries).where(entries.c.call == row["call"])
            connection.execute(changed.values(state="ringing", agent=free, since=func.now()))
    return given


def _places(connection: Connection, rows: list[dict[str, Any]], own: set[str]) -> list[Place]:
    found, ahead, means = [], dict[str, int](), dict[str, float]()
    for row in rows:
        there = row["destination"]
        if row["state"] == "waiting":  # whose agent is being called is in line no more
            ahead[there] = ahead.get(there, 0) + 1
        if row["call"] not in own:
            continue
        if there not in means:
            means[there] = _mean_talk_s(connection, there)
        position = ahead.get(there, 1)
        wait_s = means[there] * position / max(1, len(row["agents"]))
        found.append(Place(row["call"], row["state"], row["agent"], position, wait_s))
    return found


def _mean_talk_s(connection: Connection, destination: str) -> float:
    last = select(talks.c.talked_s).where(talks.c.destination == destination).order_by(talks.c.id.desc()).limit(MEAN_OF)
    return float(connection.execute(select(func.avg(last.subquery().c.talked_s))).scalar() or 0.0)
