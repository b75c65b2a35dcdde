"""What is done on a guess while the caller pauses: sounds are prepared, and queries asked that only read. All of it is
journalled as a guess; it is taken back when the caller goes on, and a query counts only once `GuessTaken` says so."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.actions import Cancel, GuessTaken, Prepare, Query
from ivr.dialogue.floor import Floor
from ivr.dialogue.rehearsal import Rehearsal, Wishes
from ivr.events import Queried
from ivr.flow.nodes.steps import RunQuery


@dataclass
class _Asked:
    """A query asked on a guess."""

    id: int
    node: str
    step: RunQuery
    reply: tuple[str, Any] | None = None


class Guesses:
    """One guess at a time."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self._rehearsal: Rehearsal | None = None
        self._hidden: Callable[[RunQuery], frozenset[str]] = lambda step: frozenset()
        self._prepared: list[int] = []
        self._asked: list[_Asked] = []

    def begin(self, rehearsal: Rehearsal, hidden: Callable[[RunQuery], frozenset[str]]) -> None:
        """Try an answer; whatever was tried before is taken back. `hidden`: what of a query may not be written down:
        one with such values waits until it is wanted."""
        self.drop()
        self._rehearsal, self._hidden = rehearsal, hidden
        self._wish(rehearsal.begin())

    def queried(self, event: Queried) -> bool:
        """The answer to one of its queries; False when it is none of them (any more)."""
        asked = next((it for it in self._asked if it.id == event.id), None)
        if asked is None or self._rehearsal is None:
            return False
        if event.status != "ok":
            self._asked.remove(asked)  # it is asked again when it is really wanted
            return True
        asked.reply = (event.status, event.value)
        self._wish(self._rehearsal.queried(event.status, event.value))
        return True

    def take(self, node: str, step: RunQuery) -> tuple[int, tuple[str, Any] | None] | None:
        """The query is really wanted now: its id and, when it is there already, its answer; None: it was not asked."""
        asked = next((it for it in self._asked if it.node == node and it.step == step), None)
        if asked is None:
            return None
        self._asked.remove(asked)
        self.floor.emit(GuessTaken, id=asked.id)
        return asked.id, asked.reply

    def drop(self) -> None:
        """The caller went on: nothing of it is wanted."""
        for id in self._prepared:
            self.floor.emit(Cancel, id=id)
        self.settle()

    def settle(self) -> None:
        """The answer was acted on. Sounds that it asked for are found by what is said now."""
        for asked in self._asked:
            if asked.reply is None:
                self.floor.emit(Cancel, id=asked.id)
        self._rehearsal = None
        self._prepared, self._asked = [], []

    def _wish(self, wishes: Wishes) -> None:
        for it in wishes.sentences:
            self._prepared.append(
                self.floor.request(Prepare, text=it.text, language=it.language, voice=it.voice, rate=it.rate)
            )
        if wishes.query is None or self._hidden(wishes.query[1]):
            return
        node, step = wishes.query
        id = self.floor.request(
            Query,
            node=node,
            kind=step.kind,
            request=step.request,
            parameters=step.parameters,
            deadline_s=step.deadline_s,
            cache_s=step.cache_s,
            shared=step.shared,
            speculative=True,
        )
        self._asked.append(_Asked(id, node, step))
