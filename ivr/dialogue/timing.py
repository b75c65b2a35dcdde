"""Time inside a session: lengths in frames, and the named clocks that may run out."""

from dataclasses import dataclass

from ivr.events import FRAME_S


def frames(seconds: float) -> int:
    """Seconds to frames of 20 ms, rounded."""
    return round(seconds / FRAME_S)


@dataclass(frozen=True, slots=True)
class Timing:
    """What the machine's settings say about turn taking; all in frames."""

    pre_roll: int = frames(0.4)
    """Sound before the voice that the recognizer also hears."""
    resume: int = frames(0.7)
    """A paused prompt goes on when no words came this long."""
    meanwhile: int = frames(0.7)
    """A query later than this gets its hold phrase."""
    grace: int = frames(1.0)
    """A request that is this late over its own deadline is given up: whoever should have answered is gone."""
    hearing: int = frames(4.0)
    """A final result that is later than this counts as HearingFailed."""
    parse: int = frames(1.5)
    """A field that is not read after this long counts as not understood."""
    prompt: int = frames(10.0)
    """A prompt that is this late over its expected length counts as spoken."""


LAST_WORDS = frames(60.0)
"""After its time limit a call has this long for goodbye, or for the human that it is handed to."""


def spoken(text: str) -> int:
    """Frames that speaking a text may take: a generous guess, for noticing a prompt whose end nobody tells."""
    return frames(2.0 + 0.15 * len(text))


CALL = "call"
"""The clock of the whole call, which hold does not stop."""


class Clocks:
    """Named deadlines in frames. Hold freezes all but CALL and moves them by its length."""

    __slots__ = ("_due", "_held_t")

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._held_t: int | None = None

    def set(self, name: str, at: int) -> None:
        self._due[name] = at

    def stop(self, *names: str) -> None:
        for name in names:
            self._due.pop(name, None)

    def runs(self, name: str) -> bool:
        return name in self._due

    def due(self, name: str) -> int | None:
        return self._due.get(name)

    def next(self) -> int | None:
        """The nearest deadline; None when nothing runs."""
        if self._held_t is not None:
            return self._due.get(CALL)
        return min(self._due.values(), default=None)

    def expired(self, now: int) -> str | None:
        """Take the clock that ran out first; None when none has."""
        if self._held_t is not None:
            if self._due.get(CALL, now + 1) <= now:
                self._due.pop(CALL)
                return CALL
            return None
        name = min(self._due, key=self._due.__getitem__, default=None)
        if name is None or self._due[name] > now:
            return None
        del self._due[name]
        return name

    def freeze(self, now: int) -> None:
        if self._held_t is None:
            self._held_t = now

    def thaw(self, now: int) -> int:
        """Move every clock by the length of the hold; returns it."""
        if self._held_t is None:
            return 0
        held = now - self._held_t
        self._held_t = None
        for name in self._due:
            if name != CALL:
                self._due[name] += held
        return held
