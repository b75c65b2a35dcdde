"""How fast the pure core is: conversations held once as text, then their events fed to new sessions again and again.

Counted in CPU time of the one thread, so that other work on the machine does not count.
"""

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.actions import Answered
from ivr.dialogue.session import Session
from ivr.events import Event
from ivr.flow.models import Published
from ivr.insight.conversation import Conversation
from ivr.insight.text_talk import TextTalk
from ivr.legs.replay import events_of


@dataclass(frozen=True)
class Speed:
    """What was measured, in one thread."""

    conversations: int
    calls: int
    turns: int
    events: int
    seconds: float
    slowest_event_ms: float
    text_turns: int
    text_seconds: float

    @property
    def turns_a_second(self) -> float:
        """Session alone: every event of a turn (voice, pauses, results, prompts, deadlines)."""
        return self.turns / self.seconds if self.seconds else 0.0

    @property
    def text_turns_a_second(self) -> float:
        """With the text leg around it: clock, grammar acceptor, fields, journal."""
        return self.text_turns / self.text_seconds if self.text_seconds else 0.0


def measure(talk: TextTalk, published: Published, conversations: Sequence[Conversation], seconds: float) -> Speed:
    """Measure for about this long; raises ValueError when no conversation holds."""
    results = [result for result in map(talk.run, conversations) if result.ok]
    if not results:
        raise ValueError("no conversation holds: there is nothing to measure")
    begun = time.thread_time()
    again = [talk.run(result.conversation) for result in results]
    text_seconds = time.thread_time() - begun
    turns = sum(isinstance(entry, Answered) for result in again for entry in result.journal)
    heard = [events_of(result.journal) for result in results]
    destinations = published.lines.destinations if published.lines else {}
    calls = fed = 0
    spent = slowest = 0.0
    gc.collect()
    gc.disable()
    try:
        while spent < seconds:
            for events in heard:
                took, worst = _feed(Session(published.flows, destinations), events)
                spent, slowest = spent + took, max(slowest, worst)
                fed += len(events)
            calls += len(heard)
            gc.collect()
    finally:
        gc.enable()
    rounds = calls // len(heard)
    return Speed(len(results), calls, turns * rounds, fed, spent, slowest * 1000, turns, text_seconds)


def _feed(session: Session, events: Sequence[Event]) -> tuple[float, float]:
    """Seconds for all events, and for the slowest one."""
    worst = 0.0
    begun = before = time.thread_time()
    for event in events:
        session.handle(event, event.t)
        now = time.thread_time()
        worst = max(worst, now - before)
        before = now
    return before - begun, worst
