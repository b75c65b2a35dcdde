"""May this call come in: number known, place free, caller not too often, not draining. Decided before ringing."""

import hashlib
from collections import Counter, deque
from dataclasses import dataclass

from ivr.call.overload import Pace, Step
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
class Busy(Admitted):
    """The line takes the call only to say that it is busy."""

    why: str = ""


@dataclass(frozen=True)
class Refused:
    """The SIP answer instead."""

    status: int
    reason: str
    retry_after_s: int = 0


class Admission:
    """Counts the calls of each line; one object, in the audio loop."""

    def __init__(self, max_calls: int, retry_after_s: int, calls_per_second: float = 0.0) -> None:
        """`calls_per_second`: more than these are turned away; 0: no limit."""
        self.max_calls = max_calls
        self.draining = False
        self.step = Step.ALL
        """Of the overload ladder."""
        self._retry_after_s = retry_after_s
        self._pace = Pace(calls_per_second)
        self._live: Counter[str] = Counter()
        self._recent: dict[tuple[str, str], deque[float]] = {}

    @property
    def live(self) -> int:
        """Calls that are in."""
        return self._live.total()

    def decide(self, invite: Invite, published: Published | None, now: float) -> Admitted | Busy | Refused:
        """`now` in seconds. An admitted call holds its place until `leave`; a busy one holds none. The places that a
        line has reserved are given at every step of the ladder."""
        if self.draining or published is None or not (published.flows or published.editions):
            return Refused(503, "draining" if self.draining else "no flow", self._retry_after_s)
        lot = _lot(invite)
        chosen = published.choose(list(invite.dialled), lot, invite.line)
        if chosen is None:
            return Refused(404, "no line for this number")
        name, line, flow = chosen
        published = published.of_line(name, lot)
        if (why := self._loaded(name, line, now)) is not None:
            return why if isinstance(why, Refused) else Busy(name, line, flow, published, why)
        if self._full(name, line, published):
            return Busy(name, line, flow, published, "full")
        if wait_s := self._too_often(name, line, invite.caller, now):
            return Refused(480, "too many calls of this caller", wait_s)
        self._live[name] += 1
        return Admitted(name, line, flow, published)

    def _loaded(self, name: str, line: Line, now: float) -> Refused | str | None:
        """What the ladder and the pace of calls make of it; None: nothing. Text: why it only hears that we are busy."""
        if self._live[name] < line.reserved_calls:
            return None
        if self.step >= Step.REFUSE:
            return Refused(503, "overload", self._retry_after_s)
        if not self._pace.takes(now):
            return Refused(503, "too many calls at once", self._retry_after_s)
        return "overload" if self.step >= Step.BUSY else None

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


def _lot(invite: Invite) -> float:
    """0 to 1, the same whenever this call is looked at: which of the versions that share a line it runs on."""
    data = f"{invite.sip_call_id}\0{invite.caller}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(data).digest()[:4], "big") / 2**32
