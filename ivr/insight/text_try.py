"""A flow tried as text, step by step, for a page: who tries it types, presses keys, says nothing, and looks inside.

Business systems are answered from the mocks of the flow's tests.yaml, never asked: a try changes nothing.
"""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ivr import events
from ivr.dialogue.timing import frames
from ivr.insight.conversation import Conversation, Mock
from ivr.insight.journal_text import lines
from ivr.insight.text_parts import Mocks
from ivr.insight.text_talk import TextTalk

MOST = 40
"""Tries at once in one process; the one that nobody touched for longest goes."""
IDLE_S = 1800.0
LONGEST_WORDS = 1000


@dataclass(frozen=True)
class Seen:
    """What happened since the last look."""

    said: list[str]
    inside: list[str]
    """Journal lines, in words."""
    node: str
    ended: bool
    outcome: str
    slots: dict[str, Any]
    missing: list[str]
    """Nodes whose queries had no mock: they failed."""


class Try:
    """One try of one flow."""

    def __init__(self, talk: TextTalk, flow: str, conversations: list[Conversation], language: str = "",
                 mocks: str = "") -> None:  # fmt: skip
        """`mocks`: name of the conversation whose answers are given; empty: the first answer found for each node.
        Raises KeyError for a flow or a language that is not there."""
        self.flow = flow
        chosen = talk.published.flows[flow]
        if language:
            others = tuple(code for code in chosen.languages if code != language)
            if len(others) == len(chosen.languages):
                raise KeyError(language)
            flows = {**talk.published.flows, flow: chosen.model_copy(update={"languages": (language, *others)})}
            published = talk.published.model_copy(update={"flows": flows})
            talk = TextTalk(published, talk.grammars, talk.understand)
        self.mocks = Mocks(_answers(conversations, mocks))
        self.call = talk.call(self.mocks, self.mocks.transfer)
        self._spoken = self._entries = 0
        self._lock = threading.Lock()
        zone, config = _line(talk, flow)
        self.call.start(events.CallStarted(
            call=str(uuid.uuid4()), caller="+14155550123", line=flow, flow=flow, version=chosen.version, config=config,
            timezone=zone, at=datetime.now(UTC).isoformat(timespec="seconds"), can_hear=True,
        ))  # fmt: skip
        self.call.listen()

    def says(self, text: str) -> Seen:
        return self._do(lambda: self.call.says(text[:LONGEST_WORDS]))

    def presses(self, keys: str) -> Seen:
        """Keys 0 to 9, * and #; others are left out."""
        return self._do(lambda: self.call.presses("".join(key for key in keys[:60] if key in "0123456789*#")))

    def waits(self, seconds: float) -> Seen:
        """Silence of at least so long: until the line does something."""
        return self._do(lambda: self.call.run(self.call.t + frames(min(max(seconds, 0.0), 120.0))))

    def hangs_up(self) -> Seen:
        return self._do(self.call.hangs_up)

    def look(self) -> Seen:
        """What happened since the last look."""
        return self._do(lambda: None)

    def _do(self, step: Callable[[], None]) -> Seen:
        with self._lock:
            if not self.call.ended:
                step()
                self.call.listen()
            line, state = self.call.line, self.call.session.state
            said = [spoken.text for spoken in line.spoken[self._spoken :]]
            inside = list(lines(line.journal[self._entries :]))
            self._spoken, self._entries = len(line.spoken), len(line.journal)
            missing, self.mocks.missing = self.mocks.missing, []
            finished = line.finished
            node = next((str(e.node) for e in reversed(line.journal) if type(e).__name__ == "NodeEntered"), "")  # type: ignore[union-attr]
            return Seen(said, inside, node, self.call.ended, finished.outcome if finished else "",
                        dict(state.slots()) if state is not None else {}, missing)  # fmt: skip


def _answers(conversations: list[Conversation], name: str) -> Mapping[str, tuple[Mock, ...]]:
    chosen = [one for one in conversations if one.name == name] if name else conversations
    found: dict[str, tuple[Mock, ...]] = {}
    for one in chosen:
        for node, answers in one.mocks.items():
            found.setdefault(node, answers)
    return found


def _line(talk: TextTalk, flow: str) -> tuple[str, dict[str, str]]:
    found = talk.published.lines
    for line in found.lines.values() if found else ():
        if line.flow == flow:
            return line.timezone, dict(line.config)
    return "", {}


@dataclass
class Tries:
    """The tries that people have open, by their secret names."""

    clock: Callable[[], float] = time.monotonic
    _open: dict[str, tuple[float, str, Try]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, one: Try, owner: str) -> str:
        """Its name."""
        name = uuid.uuid4().hex
        with self._lock:
            self._open[name] = (self.clock(), owner, one)
            for old, (at, _, _) in sorted(self._open.items(), key=lambda item: item[1][0]):
                if len(self._open) > MOST or at < self.clock() - IDLE_S:
                    del self._open[old]
        return name

    def find(self, name: str, owner: str) -> Try:
        """Raises KeyError: it is over, or somebody else's."""
        with self._lock:
            _, mine, one = self._open[name]
            if mine != owner:
                raise KeyError(name)
            self._open[name] = (self.clock(), mine, one)
            return one
