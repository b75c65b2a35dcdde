"""How loaded media is, measured each half second on the audio loop's thread: what moves the ladder (overload.py)."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from ivr.call.overload import Ladder, Limits, Load
from ivr.call.slot import CallSlot
from ivr.journal import LadderMoved

log = structlog.get_logger()

EVERY = 25
"""Ticks between two measurements."""
WINDOW = 4
"""Measurements that late frames are counted over: one hiccup in two seconds is none."""
FRAMES_A_S = 50


@dataclass(frozen=True)
class _Counts:
    at: float
    cpu_s: float
    late: int
    """Frames that were late, of calls that are in."""
    late_ticks: int
    ticks: int


class LoadMeter:
    """Keeps the last counts; `measure` gives the difference."""

    def __init__(self) -> None:
        self._counts: deque[_Counts] = deque(maxlen=WINDOW + 1)

    def measure(self, now: float, ticks: int, late_ticks: int, late: int, calls: int, queue_s: float) -> Load:
        """`ticks`, `late_ticks`: since the start. `late`: late frames of the calls that are in; it shrinks when one
        ends. `queue_s`: age of the oldest result owed."""
        counts = _Counts(now, time.process_time(), late, late_ticks, ticks)
        self._counts.append(counts)
        if len(self._counts) < 2:
            return Load(queue_s=queue_s)
        first, before = self._counts[0], self._counts[-2]
        rounds = max(1, ticks - first.ticks)
        grown = sum(max(0, b.late - a.late) for a, b in zip(self._counts, list(self._counts)[1:], strict=False))
        due = max(1.0, (now - first.at) * FRAMES_A_S * calls)
        return Load(
            late_share=max((late_ticks - first.late_ticks) / rounds, grown / due),
            queue_s=queue_s,
            cpu_share=(counts.cpu_s - before.cpu_s) / max(0.001, now - before.at),
        )


class LoadWatch:
    """Meter and ladder together."""

    def __init__(self, limits: Limits) -> None:
        self.ladder = Ladder(limits)
        self._meter = LoadMeter()

    @property
    def stands(self) -> LadderMoved:
        """Where the ladder is, for a call's journal."""
        step = self.ladder.step
        return LadderMoved(step=int(step), name=step.name.lower(), why=self.ladder.why)

    def look(
        self, now: float, ticks: int, late_ticks: int, slots: Sequence[CallSlot], queue_s: float
    ) -> LadderMoved | None:
        """Every EVERY ticks; tells where the ladder is when it moved."""
        late = sum(slot.late_frames for slot in slots)
        load = self._meter.measure(now, ticks, late_ticks, late, len(slots), queue_s)
        if self.ladder.measured(load, now) is None:
            return None
        stands = self.stands
        log.warning("the overload ladder moved", step=stands.step, name=stands.name, why=stands.why)
        return stands
