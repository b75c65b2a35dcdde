"""May this call come in: number known, place free, caller not too often, not draining. Decided before ringing."""

from collections import Counter, deque
from dataclasses import dataclass

from ivr.flow.models import Flow, Line, Published
from ivr.ports import Invite

CALLERS_REMEMBERED = 20_000


@dataclass(frozen=True)
class Admitted:
    """The line that takes the call."""

    name: str
    line: Line
    flow: Flow
    published: Published


@dataclass(frozen=True)
class Refused:
    """The SIP answer instead."""

    status: int
    reason: str
    retry_after_s: int = 0


class Admission:
    """Counts the calls of each line; one object, in the audio loop."""

    def __init__(self, max_calls: int, retry_after_s: int) -> None:
        self.max_calls = max_calls
        self.draining = False
        self._retry_after_s = retry_after_s
        self._live: Counter[str] = Counter()
        self._recent: dict[tuple[str, str], deque[float]] = {}

    @property
    def live(self) -> int:
        """Calls that are in."""
        return self._live.total()

    def decide(self, invite: Invite, published: Published | None, now: float) -> Admitted | Refused:
        """`now` in seconds. An admitted call holds its place until `leave`."""
        if self.draining or published is None or not published.flows:
            return Refused(503, "draining" if self.draining else "no flow", self._retry_after_s)
        chosen = published.choose(list(invite.dialled))
        if chosen is None:
            return Refused(404, "no line for this number")
        name, line, flow = chosen
        if self._full(name, line, published):
            return Refused(503, "full", self._retry_after_s)
        if wait_s := self._too_often(name, line, invite.caller, now):
            return Refused(480, "too many calls of this caller", wait_s)
        self._live[name] += 1
        return Admitted(name, line, flow, published)

    def leave(self, name: str) -> None:
        """The call is gone."""
        self._live[name] -= 1

    def _full(self, name: str, line: Line, published: Published) -> bool:
        """No place in the whole, in the line, or only places that are reserved for other lines."""
        others = published.lines.lines.items() if published.lines is not None else ()
        reserved = sum(max(0, it.reserved_calls - self._live[other]) for other, it in others if other != name)
        if line.max_calls is not None and self._live[name] >= line.max_calls:
            return True
        own = self._live[name] < line.reserved_calls
        return self.live >= self.max_calls or (not own and self.live + reserved >= self.max_calls)

    def _too_often(self, name: str, line: Line, caller: str, now: float) -> int:
        """Seconds to wait; 0: welcome. Counts the call when it is welcome."""
        if line.per_caller is None or not caller:
            return 0
        calls, within_s = line.per_caller
        times = self._recent.setdefault((name, caller), deque())
        while times and now - times[0] >= within_s:
            times.popleft()
        if len(times) >= calls:
            return max(1, round(times[0] + within_s - now))
        times.append(now)
        if len(self._recent) > CALLERS_REMEMBERED:
            self._recent.pop(next(iter(self._recent)))
        return 0
