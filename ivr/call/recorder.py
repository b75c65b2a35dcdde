"""Which frames of a call are kept: none before StartRecording, none between StopRecording and the next start, and
silence on both sides where something sensitive is said."""

from ivr.call.slot import CallSlot
from ivr.call.writer import Keep, Writer

STRETCH = 25
"""Frames between two orders to the writer: what a crash can cost."""
ECHO = 25
"""Frames after a sensitive prompt in which the caller's side may still carry its echo."""


class Recorder:
    """One a call."""

    def __init__(self, call: str, path: str, slot: CallSlot, writer: Writer) -> None:
        self.call = call
        self.path = path
        self._slot = slot
        self._writer = writer
        self._from: int | None = None
        """First frame not yet handed to the writer; None: nothing is kept now."""
        self.started = False

    @property
    def keeping(self) -> bool:
        return self._from is not None

    def start(self, t: int) -> bool:
        """Keep sound from frame t on; True the first time."""
        if self._from is None:
            self._from = t
        first, self.started = not self.started, True
        return first

    def stop(self, t: int, sensitive: list[int]) -> None:
        """Keep nothing from frame t on."""
        self._order(t, sensitive)
        self._from = None

    def step(self, t: int, sensitive: list[int]) -> bool:
        """Hand over what is due; False when the writer is so far behind that sound was given up."""
        if self._from is None or t - self._from < STRETCH:
            return True
        return self._order(t, sensitive)

    def _order(self, t: int, sensitive: list[int]) -> bool:
        if self._from is None or t <= self._from:
            return True
        hidden = [(n, n + ECHO) for n in sensitive]
        taken = self._writer.put(Keep(self.call, self._slot, self.path, self._from, t, _joined(hidden)))
        self._from = t
        while sensitive and sensitive[0] + ECHO <= t:
            sensitive.pop(0)
        return taken


def _joined(stretches: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Overlapping stretches, in order of their starts, as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)
