"""Which frames of a call are kept: none before StartRecording, none between StopRecording and the next start, and
silence on both sides where something sensitive is said."""

from ivr import journal
from ivr.call.lines import CallLines
from ivr.call.slot import CallSlot
from ivr.call.writer import Keep, Writer

STRETCH = 25
"""Frames between two orders to the writer: what a crash can cost."""
ECHO = 25
"""Frames after a sensitive prompt in which the caller's side may still carry its echo."""


class Recorder:
    """One a call. Whether words may be journalled follows from it: `lines.words_kept`."""

    def __init__(self, path: str, slot: CallSlot, writer: Writer, lines: CallLines, sensitive: list[int]) -> None:
        """`sensitive`: frames of what was said that must not be kept, in order; it grows while the call lasts."""
        self._path = path
        self._slot = slot
        self._writer = writer
        self._lines = lines
        self._sensitive = sensitive
        self._from: int | None = None
        """First frame not yet handed to the writer; None: nothing is kept now."""
        self._started = False
        self._lost = False

    def start(self) -> None:
        """Consent stands: keep sound and words from here on."""
        self._lines.words_kept = True
        if self._from is not None:
            return
        self._from = self._slot.caller_frames
        if not self._started:
            self._started = True
            self._lines.write(journal.RecordingStarted(path=self._path, from_t=self._from))

    def stop(self) -> None:
        """Keep nothing from here on."""
        self._lines.words_kept = False
        self._order(self._slot.caller_frames)
        self._from = None

    def step(self) -> None:
        """Hand over what is due."""
        t = min(self._slot.caller_frames, self._slot.system_frames)
        if self._from is not None and t - self._from >= STRETCH:
            self._order(t)

    def finish(self) -> None:
        """The call is over."""
        if self._started:
            self._order(self._slot.caller_frames)
            self._lines.write(journal.RecordingStopped(path=self._path, frames=self._slot.caller_frames, why="end"))

    def _order(self, t: int) -> None:
        if self._from is None or t <= self._from:
            return
        hidden = _joined([(n, n + ECHO) for n in self._sensitive])
        taken = self._writer.put(Keep(self._lines.call, self._slot, self._path, self._from, t, hidden))
        self._from = t
        while self._sensitive and self._sensitive[0] + ECHO <= t:
            self._sensitive.pop(0)
        if not taken and not self._lost:
            self._lost = True
            self._lines.write(journal.Trouble(part="recording", what="the disk is too slow; sound is lost"))


def _joined(stretches: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Overlapping stretches, in order of their starts, as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return tuple(joined)
