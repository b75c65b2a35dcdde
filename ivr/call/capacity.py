"""How many more calls this node takes, for whoever spreads calls over nodes: proxies, balancers, autoscalers."""

from collections.abc import Callable
from pathlib import Path

from ivr.call.admission import Admission


class Capacity:
    """Written by the audio loop; `free` is read from any thread."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._mark: Path | None = None
        self.serving: Callable[[], bool] = lambda: True
        """A flow is published."""
        self.overloaded: Callable[[], bool] = lambda: False
        """Load is so high that calls are better taken by another node."""

    @property
    def taking(self) -> bool:
        """New calls are taken, as long as there is room."""
        return not self._admission.draining and self.serving()

    @property
    def free(self) -> int:
        """Calls that would be taken now."""
        if not self.taking or self.overloaded():
            return 0
        return max(0, self._admission.max_calls - self._admission.live)

    @property
    def room(self) -> int:
        """As `free`; -1 while none are taken, however much room there is."""
        return self.free if self.taking else -1

    def remember(self, mark: Path) -> None:
        """From now on a drain is noted in this file, and one that is noted there goes on: the process may have died."""
        self._mark = mark
        self._admission.draining = mark.exists()

    def drain(self, on: bool) -> None:
        """No more calls; or calls again."""
        self._admission.draining = on
        if self._mark is not None and on:
            self._mark.touch()
        elif self._mark is not None:
            self._mark.unlink(missing_ok=True)
