"""The answer to OPTIONS outside of calls, by which a proxy sees whether this node lives and how much room it has.

200 with `X-Free-Calls: 12`; 503 with Retry-After while no calls are taken. pjsua answers by itself; it is told
beforehand what (scripts/pjsua2/patches.py). A proxy that knows nothing of the header goes by the status.
"""

from collections.abc import Callable

from ivr.sip import native


class OptionsAnswer:
    """pjsua2 thread only."""

    def __init__(self, retry_after_s: int) -> None:
        self.room: Callable[[], int] | None = None
        """Calls that would be taken now; negative: none are, however much room there is. None: it is not told."""
        self._retry_after_s = retry_after_s
        self._told: tuple[int, int, int] | None = None

    def look(self, draining: bool) -> None:
        """Let pjsua answer what holds now; costs nothing while that is the same."""
        free = self.room() if self.room is not None else None
        takes = not draining and (free is None or free >= 0)
        answer = (200 if takes else 503, -1 if free is None else max(free, 0) if takes else 0)
        now = (*answer, 0 if takes else self._retry_after_s)
        if now != self._told:
            self._told = now
            native.answer_options(*now)
