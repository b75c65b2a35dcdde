"""One call's sound between the leg's media thread and the audio loop (ports.AudioSlot over wire/rings.py)."""

from typing import Any

from ivr.audio.frames import SILENCE
from ivr.wire.rings import FramesGone, Segment

AHEAD = 8
"""Places for frames that are handed over and not yet taken."""


class CallSlot:
    """Reused from call to call; `reset` begins the next one.

    The ring of the system holds what was really sent: a frame is written when the media thread takes it. What the loop
    hands over waits in a small table, where it can be replaced or taken back until then.
    """

    def __init__(self, segment: Segment, index: int) -> None:
        self.index = index
        self._caller = segment.caller_writer(index)
        self._system = segment.system_writer(index)
        self.caller_frames = 0
        self.system_frames = 0
        self.late_frames = 0
        """Frames that were due while the loop had something to say and had not handed it over."""
        self.expected = 0
        """The loop has seen to every frame before this one."""
        self._frames: list[bytes | None] = [None] * AHEAD
        self._numbers = [-1] * AHEAD

    def reset(self) -> None:
        """Begin another call; nothing of the one before stays."""
        self._caller.reset()
        self._system.reset()
        self.caller_frames = self.system_frames = self.late_frames = self.expected = 0
        self._frames = [None] * AHEAD
        self._numbers = [-1] * AHEAD

    # --- the leg's media thread ---------------------------------------------------------------------------------

    def put_caller(self, pcm: Any) -> None:
        """One frame of the caller; the call's clock goes on by one."""
        self._caller.write(pcm)
        self.caller_frames += 1

    def take_system(self) -> bytes:
        """The next frame to send."""
        n = self.system_frames
        place = n % AHEAD
        frame = self._frames[place] if self._numbers[place] == n else None
        if frame is None:
            frame = SILENCE
            if 0 < self.expected <= n:
                self.late_frames += 1
        self._system.write(frame)
        self.system_frames = n + 1
        return frame

    # --- the audio loop -----------------------------------------------------------------------------------------

    def put_system(self, n: int, pcm: bytes | None) -> None:
        """What to send as frame n; None takes back what was handed over."""
        place = n % AHEAD
        self._frames[place] = pcm
        self._numbers[place] = n

    def caller(self, n: int) -> bytes:
        """Frame n of the caller; silence when it is gone from the ring."""
        try:
            return self._caller.read(n, n + 1)
        except FramesGone:
            return SILENCE

    def system(self, n: int) -> bytes:
        """Frame n as sent; silence when it is not there."""
        try:
            return self._system.read(n, n + 1)
        except FramesGone:
            return SILENCE

    def stretch(self, from_t: int, until_t: int) -> tuple[bytes, bytes]:
        """Both sides of some frames, for the recording. Raises FramesGone."""
        return self._caller.read(from_t, until_t), self._system.read(from_t, min(until_t, self.system_frames))
