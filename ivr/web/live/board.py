"""What all nodes tell, as one board that any number of viewers read.

There are no queues: the board holds the last state of each call and node with the version at which it changed, and a
viewer asks for what is newer than what they have. Who is slow gets the newest state later, and holds up nobody.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ivr.records.board_rows import QueueRow

GONE_KEPT = 2000
"""Calls that ended and are still told to viewers; who has an older version gets everything anew."""


@dataclass
class NodeState:
    """One node as the board knows it."""

    name: str
    there: bool = False
    why: str = ""
    """What keeps it away."""
    clock_s: float = 0.0
    """Its wall clock is ahead of ours by so much."""
    media: dict[str, Any] | None = None
    """max_calls, free_calls, draining, ladder_step; None: its media process is away, or nothing is known yet."""


@dataclass
class Seat:
    """One call."""

    version: int
    node: str
    row: dict[str, Any]
    """control_streams.SHOWN."""


@dataclass(frozen=True)
class News:
    """What changed for a viewer."""

    version: int
    full: bool
    """Nothing that was told before counts."""
    calls: list[Seat]
    gone: list[str]
    nodes: list[NodeState] | None
    """All of them; None: as they were."""
    queues: list[QueueRow] | None


@dataclass
class Board:
    """One a process; used on the event loop alone."""

    version: int = 1
    nodes: dict[str, NodeState] = field(default_factory=dict)
    queues: list[QueueRow] = field(default_factory=list)
    resting: frozenset[str] = frozenset()
    database: bool = True
    """The queues and the list of nodes are as they are now, not as they were."""
    _seats: dict[str, Seat] = field(default_factory=dict)
    _gone: deque[tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=GONE_KEPT))
    """(version, call, line)."""
    _forgotten: int = 0
    """Version up to which `_gone` does not tell everything."""
    _nodes_version: int = 1
    _queues_version: int = 1
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    # --- what the follower tells ------------------------------------------------------------------------------

    def took(self, name: str, news: dict[str, Any], *, first: bool) -> None:
        """A message of a node (control_streams.changes). `first`: it has all calls of the node."""
        node = self.nodes.setdefault(name, NodeState(name))
        before = (node.there, node.media)
        node.there, node.why = True, ""
        node.clock_s = float(news["now"]) - time.time()
        node.media = news.get("media", node.media)
        rows = {row["id"]: row for row in news["calls"]}
        gone = [id for id, seat in self._seats.items() if first and seat.node == name and id not in rows]
        gone += news["gone"]
        if not rows and not gone and before == (node.there, node.media):
            return
        self._next()
        for id in gone:
            self._drop(id)
        for id, row in rows.items():
            self._seats[id] = Seat(self.version, name, row)
        if before != (node.there, node.media):
            self._nodes_version = self.version

    def away(self, name: str, why: str) -> None:
        """A node does not answer: its calls stay as they were known last."""
        node = self.nodes.setdefault(name, NodeState(name))
        if node.there or node.why != why:
            node.there, node.why = False, why
            self._next()
            self._nodes_version = self.version

    def keep(self, names: Iterable[str]) -> None:
        """Nodes that are on the list; others go with their calls."""
        for name in self.nodes.keys() - set(names):
            del self.nodes[name]
            self._next()
            self._nodes_version = self.version
            for id in [id for id, seat in self._seats.items() if seat.node == name]:
                self._drop(id)

    def queued(self, rows: list[QueueRow], resting: frozenset[str]) -> None:
        """Who stands in line now."""
        if (rows, resting, True) != (self.queues, self.resting, self.database):
            self.queues, self.resting, self.database = rows, resting, True
            self._next()
            self._queues_version = self.version

    def database_away(self) -> None:
        """Queues stay as they were known last."""
        if self.database:
            self.database = False
            self._next()
            self._queues_version = self.version

    def _drop(self, id: str) -> None:
        if (seat := self._seats.pop(id, None)) is not None:
            if len(self._gone) == GONE_KEPT:
                self._forgotten = self._gone[0][0]
            self._gone.append((self.version, id, seat.row["line"]))

    def _next(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    # --- what viewers ask -------------------------------------------------------------------------------------

    def call(self, id: str) -> Seat | None:
        return self._seats.get(id)

    def since(self, version: int, lines: frozenset[str] | None) -> News | None:
        """What is newer than `version` (0: everything) of these lines (None: all); None when nothing is."""
        if version == self.version:
            return None
        full = version == 0 or version < self._forgotten

        def seen(line: str) -> bool:
            return lines is None or line in lines

        calls = [seat for seat in self._seats.values() if (full or seat.version > version) and seen(seat.row["line"])]
        gone = [] if full else [id for at, id, line in self._gone if at > version and seen(line)]
        nodes = list(self.nodes.values()) if full or self._nodes_version > version else None
        fresh = full or self._queues_version > version
        queues = [row for row in self.queues if seen(row.line)] if fresh else None
        return News(self.version, full, calls, gone, nodes, queues)

    def lasts_s(self, seat: Seat) -> float:
        """How long the call lasts by now, whatever the clocks of the machines say."""
        clock_s = self.nodes[seat.node].clock_s if seat.node in self.nodes else 0.0
        begun = seat.row["answered_at"] or seat.row["offered_at"]
        try:
            return max(0.0, time.time() + clock_s - datetime.fromisoformat(str(begun)).timestamp())
        except ValueError:
            return 0.0

    async def changed(self, version: int, timeout_s: float) -> None:
        """Returns when there is something newer than `version`, or after `timeout_s`."""
        if version != self.version:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        except TimeoutError:
            return
