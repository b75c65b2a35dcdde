"""Frames that come unevenly, taken one every 20 ms: a jitter buffer that never holds more than half a second."""

from collections import deque

LEAST, MOST = 2, 10
"""Frames that are waited for before the first one is taken: at the start, and on the worst of lines."""
LIMIT = 25
"""More frames than these are a burst after a stall: the oldest are given up."""
WINDOW = 100
"""Frames in which the delay is looked at."""


class JitterBuffer:
    """Of one direction. Each time that it ran dry it waits for one frame more; where frames only waited in it for two
    seconds, one is given up, so the delay goes back, and a sender whose clock is faster than ours never fills it."""

    def __init__(self) -> None:
        self.late = 0
        """Frames that were due and not there."""
        self.dropped = 0
        """Frames that came and were given up."""
        self._frames: deque[bytes] = deque()
        self._wanted = LEAST
        self._filling = True
        self._taken = 0
        self._shortest = LIMIT
        """Fewest frames that were left after one was taken, in this window."""

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes) -> None:
        """One that came."""
        self._frames.append(frame)
        if len(self._frames) > LIMIT:
            while len(self._frames) > self._wanted:
                self._frames.popleft()
                self.dropped += 1

    def take(self) -> bytes | None:
        """The next one; None: nothing is there in this moment."""
        if self._filling and len(self._frames) < self._wanted:
            return None
        if not self._frames:
            self.late += 1
            self._filling = True
            self._wanted = min(self._wanted + 1, MOST)
            self._taken, self._shortest = 0, LIMIT
            return None
        self._filling = False
        frame = self._frames.popleft()
        self._look()
        return frame

    def _look(self) -> None:
        self._taken += 1
        self._shortest = min(self._shortest, len(self._frames))
        if self._taken < WINDOW:
            return
        if self._shortest > 1:
            self._frames.popleft()
            self.dropped += 1
        self._wanted = max(self._wanted - 1, LEAST)
        self._taken, self._shortest = 0, LIMIT
