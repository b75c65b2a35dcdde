"""A circuit breaker: what failed lately is not asked again for a while, so that a dead server costs a turn nothing."""

import time
from collections.abc import Callable


class Breaker:
    """Opens at `failures` in a row, for `rest_s`, doubled each time up to `longest_s`; a success closes it."""

    def __init__(
        self,
        failures: int = 2,
        rest_s: float = 1.0,
        longest_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures, self.rest_s, self.longest_s = failures, rest_s, longest_s
        self._clock = clock
        self._count = 0
        self._until = 0.0
        self.why = ""
        """Reason of the last failure; empty after a success."""

    @property
    def open(self) -> bool:
        """True: do not ask now."""
        return self._count >= self.failures and self._clock() < self._until

    def failed(self, why: str) -> None:
        self.why = why
        self._count += 1
        if self._count >= self.failures:
            rest = min(self.rest_s * 2 ** (self._count - self.failures), self.longest_s)
            self._until = self._clock() + rest

    def worked(self) -> None:
        self._count = 0
        self.why = ""
