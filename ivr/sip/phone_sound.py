"""What a telephone hears and says, kept whole with the time of each frame."""

import time
from collections import deque
from typing import Any

from ivr.sip.media import FRAME_BYTES

_SILENCE = bytes(FRAME_BYTES)


class Sound:
    """Both directions of a call's sound, kept whole. It is the leg's `ports.AudioSlot`."""

    index = 0

    def __init__(self) -> None:
        self.heard = bytearray()
        """Everything from the far side, 8 kHz mono PCM16."""
        self.sent = bytearray()
        self.heard_at: list[float] = []
        """time.monotonic() of each frame in `heard`."""
        self.sent_at: list[float] = []
        self.caller_frames = 0
        self.system_frames = 0
        self.echo = False
        """Send back what is heard instead of what is queued."""
        self._queue: deque[bytes] = deque()
        self._last = _SILENCE

    def put_caller(self, pcm: Any) -> None:
        self._last = bytes(pcm)
        self.heard += self._last
        self.heard_at.append(time.monotonic())
        self.caller_frames += 1

    def take_system(self) -> bytes:
        frame = self._last if self.echo else self._queue.popleft() if self._queue else _SILENCE
        self.sent += frame
        self.sent_at.append(time.monotonic())
        self.system_frames += 1
        return frame

    def caller(self, n: int) -> bytes:
        return bytes(self.heard[n * FRAME_BYTES : (n + 1) * FRAME_BYTES])

    def system(self, n: int) -> bytes:
        return bytes(self.sent[n * FRAME_BYTES : (n + 1) * FRAME_BYTES])

    def put_system(self, n: int, pcm: bytes) -> None:
        """Not used: a phone plays from its queue."""

    def play(self, pcm: bytes) -> int:
        """Queue sound, the last frame filled up with silence; returns its frames."""
        pcm += bytes(-len(pcm) % FRAME_BYTES)
        self._queue.extend(pcm[i : i + FRAME_BYTES] for i in range(0, len(pcm), FRAME_BYTES))
        return len(pcm) // FRAME_BYTES

    def stop(self) -> None:
        self._queue.clear()

    @property
    def waiting(self) -> int:
        """Frames that are still to be sent."""
        return len(self._queue)
