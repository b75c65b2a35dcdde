"""What is done elsewhere for the flow: a query, a transfer. At most one of each is waited for."""

from dataclasses import dataclass
from typing import Any

from ivr.actions import Cancel, Query, Transfer
from ivr.dialogue.floor import Floor
from ivr.dialogue.timing import Clocks, Timing, frames
from ivr.flow.nodes.steps import HandOver, RunQuery


@dataclass(slots=True)
class InLine:
    """A caller who waits for a free agent."""

    step: HandOver
    position: int = 0
    """0: not yet told."""
    wait_s: float = 0.0


class Errands:
    """Sends them, guards their deadlines, takes them back."""

    def __init__(self, floor: Floor, clocks: Clocks, timing: Timing) -> None:
        self.floor = floor
        self.clocks = clocks
        self.timing = timing
        self._query: tuple[int, RunQuery] | None = None
        self._planned: tuple[str, str, HandOver, str] | None = None
        self._transfer = 0
        self.in_line: InLine | None = None

    def query(self, node: str, step: RunQuery, hidden: frozenset[str]) -> None:
        id = self.floor.request(
            Query,
            node=node,
            kind=step.kind,
            request=step.request,
            parameters=step.parameters,
            deadline_s=step.deadline_s,
            changes=step.changes,
            cache_s=step.cache_s,
            shared=step.shared,
        )
        if hidden:
            self.floor.hidden[id] = hidden
        self._wait(id, step)

    def _wait(self, id: int, step: RunQuery) -> None:
        self._query = (id, step)
        self.clocks.set("query", self.floor.now + frames(step.deadline_s) + self.timing.grace)
        if step.meanwhile is not None:
            self.clocks.set("meanwhile", self.floor.now + self.timing.meanwhile)

    def adopt(self, id: int, step: RunQuery) -> None:
        """A query that was asked on a guess is the one that is wanted."""
        self._wait(id, step)

    def queried(self, id: int) -> bool:
        """An answer came; False when nobody waits for it."""
        if self._query is None or self._query[0] != id:
            return False
        self._query = None
        self.clocks.stop("query", "meanwhile")
        return True

    def query_late(self) -> bool:
        """Whoever should have answered is gone. A change is not taken back: it may be under way."""
        if self._query is None:
            return False
        id, step = self._query
        if not step.changes:
            self.floor.emit(Cancel, id=id)
        return self.queried(id)

    def plan(self, node: str, language: str, step: HandOver, uri: str) -> None:
        """A transfer, once everything queued was said."""
        self._planned = (node, language, step, uri)

    @property
    def planned(self) -> bool:
        return self._planned is not None

    def hand_over(self) -> bool:
        """Send the planned transfer; False when its destination does not exist."""
        if self._planned is None:
            return True
        (node, language, step, uri), self._planned = self._planned, None
        if not uri:
            return False
        fields: dict[str, Any] = {"to": step.to, "uri": uri, "headers": step.headers, "kind": step.kind}
        fields |= {"node": node, "whisper": step.whisper, "music": step.music}
        if step.whisper:
            fields["language"] = language
        self._transfer = self.floor.request(Transfer, deadline_s=step.deadline_s, **fields)
        self.in_line = InLine(step) if step.kind == "queue" else None
        self.clocks.set("transfer", self.floor.now + frames(step.deadline_s) + self.timing.grace)
        return True

    def handed_over(self, id: int) -> bool:
        """Its end came; False when nobody waits for it."""
        if not self._transfer or id != self._transfer:
            return False
        self._transfer = 0
        self.in_line = None
        self.clocks.stop("transfer", "announce")
        return True

    def queued(self, id: int, position: int, wait_s: float) -> bool:
        """The place in line; True when it is to be told now: it is the first news, or the caller moved up."""
        line = self.in_line
        if line is None or id != self._transfer:
            return False
        news = line.position == 0
        line.position, line.wait_s = max(1, position), wait_s
        if news and line.step.announce_s:
            self.clocks.set("announce", self.floor.now + frames(line.step.announce_s))
        return news and line.step.announce_s > 0

    def announce(self) -> bool:
        """It is time to tell the place again."""
        if self.in_line is None:
            return False
        self.clocks.set("announce", self.floor.now + frames(self.in_line.step.announce_s))
        return True

    def transfer_late(self) -> bool:
        self.floor.emit(Cancel, id=self._transfer)
        return self.handed_over(self._transfer)

    def drop(self) -> None:
        """Nobody waits any more; what changes something is finished all the same."""
        if self._query is not None and not self._query[1].changes:
            self.floor.emit(Cancel, id=self._query[0])
        if self._transfer:
            self.floor.emit(Cancel, id=self._transfer)
        self._query, self._planned, self._transfer, self.in_line = None, None, 0, None
        self.clocks.stop("query", "meanwhile", "transfer", "announce")
