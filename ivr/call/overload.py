"""The overload ladder: measured load in, step out. Pure: time is an argument.

One step at a time. Load above a limit for a while climbs one step, far above it climbs faster; load well below every
limit for longer than that comes down one step. In between nothing moves (hysteresis), so that a step which helped is
kept for as long as it is needed. A step takes effect for what begins afterwards; no call in progress is ever ended.
"""

from dataclasses import dataclass
from enum import IntEnum


class Step(IntEnum):
    """What is given up, the least missed first; each step includes those before it."""

    ALL = 0
    """Nothing is given up."""
    NO_SPECULATION = 1
    """No partial results, no decoding before a pause has lasted: turns end later, and interrupts by words come late."""
    NO_SECOND_PASS = 2
    """Only the first engine hears, where a step's grammar has several."""
    NO_NEURAL_VOICE = 3
    """New sentences are spoken by the parametric voice; what is cached sounds as ever."""
    BUILTIN_UNDERSTANDING = 4
    """Rasa is not asked."""
    KEYS_ONLY = 5
    """New calls go by keys."""
    BUSY = 6
    """New calls hear the line's announcement and are ended."""
    REFUSE = 7
    """New calls get 503 with Retry-After."""


@dataclass(frozen=True)
class Limits:
    """Load beyond which the ladder climbs, and how it moves. A limit of 0 is not looked at."""

    late_share: float = 0.02
    """Of all frames that calls should have sent."""
    queue_s: float = 0.8
    """Age of the oldest result that recognizers owe."""
    cpu_share: float = 0.85
    """Of the one core that the media process can use."""
    relief: float = 0.5
    """Below this share of every limit the ladder comes down."""
    climb_s: float = 1.0
    """Load above a limit for so long climbs one step; for half of it when the load is twice the limit."""
    descend_s: float = 10.0
    highest: Step = Step.REFUSE


@dataclass(frozen=True)
class Load:
    """Of the last moment; the limits have the units."""

    late_share: float = 0.0
    queue_s: float = 0.0
    cpu_share: float = 0.0

    def worst(self, limits: Limits) -> tuple[float, str]:
        """The largest share of a limit that is used, and whose."""
        pairs = (
            ("late frames", self.late_share, limits.late_share),
            ("recognition queue", self.queue_s, limits.queue_s),
            ("cpu", self.cpu_share, limits.cpu_share),
        )
        return max(((value / limit if limit > 0 else 0.0, name) for name, value, limit in pairs), key=lambda it: it[0])


@dataclass(frozen=True)
class Move:
    """The ladder moved."""

    step: Step
    why: str
    """The measure that was worst."""


class Ladder:
    """One a process; `measured` at regular times."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.step = Step.ALL
        self.since = 0.0
        """When it moved last."""
        self.why = ""
        self._above_since: float | None = None
        self._below_since: float | None = None

    def measured(self, load: Load, now: float) -> Move | None:
        """`now` in seconds, never less than before. None: it stays where it is."""
        limits = self.limits
        pressure, why = load.worst(limits)
        if pressure > 1.0:
            self._below_since = None
            self._above_since = now if self._above_since is None else self._above_since
            wait_s = limits.climb_s / 2 if pressure >= 2.0 else limits.climb_s
            if self.step < limits.highest and now - self._above_since >= wait_s:
                return self._move(self.step + 1, why, now)
        elif pressure < limits.relief:
            self._above_since = None
            self._below_since = now if self._below_since is None else self._below_since
            if self.step > Step.ALL and now - self._below_since >= limits.descend_s:
                return self._move(self.step - 1, "load is low again", now)
        else:
            self._above_since = self._below_since = None
        return None

    def _move(self, step: int, why: str, now: float) -> Move:
        up = step > self.step
        self.step, self.why, self.since = Step(step), why, now
        self._above_since, self._below_since = (now, None) if up else (None, now)  # the next step waits its own time
        return Move(self.step, why)


class Pace:
    """New calls a second: a token bucket of one second's worth. What is beyond it is turned away at once."""

    def __init__(self, a_second: float) -> None:
        """0: no limit."""
        self._a_second = a_second
        self._tokens = max(a_second, 1.0)
        self._at = 0.0

    def takes(self, now: float) -> bool:
        """One call comes at `now` (seconds)."""
        if self._a_second <= 0:
            return True
        most = max(self._a_second, 1.0)
        self._tokens = min(most, self._tokens + (now - self._at) * self._a_second)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
