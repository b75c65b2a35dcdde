"""What the live page reads from the database: the nodes, and who stands in line for agents. Raises SQLAlchemyError."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.sql import literal_column

from ivr.records.tables import calls, nodes, queue_entries, queue_rests

FORGOTTEN_S = 3600
"""A node whose heart has not beaten for so long is no longer shown, not even as away."""


@dataclass(frozen=True)
class NodeRow:
    """A machine that takes calls, or took them lately."""

    name: str
    address: str
    """Of its control API, `http://10.0.0.11:7000`."""


@dataclass(frozen=True)
class QueueRow:
    """A call in line for an agent, or with one."""

    call: str
    line: str
    """Empty while its record is not delivered."""
    destination: str
    state: str
    """waiting | ringing | talking"""
    agent: str
    agents: tuple[str, ...]
    """All of the destination's."""
    entered_at: datetime
    since: datetime
    """Of the state."""


def node_rows(db: Connection) -> list[NodeRow]:
    """By name."""
    recent = nodes.c.heartbeat_at > func.now() - literal_column(f"interval '{FORGOTTEN_S} seconds'")
    query = select(nodes.c.name, nodes.c.address).where(recent, nodes.c.address != "").order_by(nodes.c.name)
    return [NodeRow(row.name, row.address) for row in db.execute(query)]


def queue_rows(db: Connection) -> tuple[list[QueueRow], frozenset[str]]:
    """First come first; and the agents who are left alone for a moment."""
    at = queue_entries.c
    query = select(queue_entries, calls.c.line).outerjoin(calls, calls.c.id == at.call).order_by(at.entered_at, at.call)
    rows = [
        QueueRow(row.call, row.line or "", row.destination, row.state, row.agent, tuple(row.agents), row.entered_at,
                 row.since)
        for row in db.execute(query)
    ]  # fmt: skip
    resting = db.execute(select(queue_rests.c.agent).where(queue_rests.c.until > func.now())).scalars()
    return rows, frozenset(resting)


def node_of(db: Connection, call: str) -> tuple[str, str] | None:
    """(line, address of the control API) of a call, as far as it is delivered. `call`: a UUID."""
    query = select(calls.c.line, nodes.c.address).join(nodes, nodes.c.name == calls.c.node).where(calls.c.id == call)
    row = db.execute(query).first()
    return (row.line, row.address) if row is not None else None
