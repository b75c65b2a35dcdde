"""What one call costs: the CPU time of each of the line's processes while calls listen, speak and are recognized.

The same line as `turn_bench.py`; callers of our own (wire_caller.py) on this machine, whose cost is not counted.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from ivr.insight.turn_bench import Utterance
from ivr.insight.wire_caller import Callers, WireCaller

STEPS = {"serve": "media", "services": "services", "recognizer": "recognizers"}
"""Word on a process's command line -> name of the part."""


@dataclass(frozen=True)
class Cost:
    """Of one phase; CPU seconds a second, a call."""

    phase: str
    calls: int
    share: dict[str, float]
    """Part -> share of one core a call, above what the part takes without calls."""
    memory_mb: dict[str, float]


def parts_of(pids: Iterable[int]) -> dict[str, list[psutil.Process]]:
    """The processes below these, by part."""
    found: dict[str, list[psutil.Process]] = {}
    for pid in pids:
        for process in psutil.Process(pid).children(recursive=True):
            words = process.cmdline()
            for word, part in STEPS.items():
                if "ivr" in words and word in words:
                    found.setdefault(part, []).append(process)
    return found


def cpu_seconds(parts: dict[str, list[psutil.Process]]) -> dict[str, float]:
    return {part: sum(sum(process.cpu_times()[:2]) for process in processes) for part, processes in parts.items()}


def memory_mb(parts: dict[str, list[psutil.Process]]) -> dict[str, float]:
    """Unique memory: what ending the process would free."""
    return {
        part: round(sum(process.memory_full_info().uss for process in processes) / 1e6, 1)
        for part, processes in parts.items()
    }


class CostBench:
    """Phases with the same calls, one after the other."""

    def __init__(self, server: tuple[str, int], pid: int, calls: int, seconds: float) -> None:
        self._parts = parts_of([pid])
        self._seconds = seconds
        self._callers = Callers()
        self._idle = self._measure(())
        self._calls = [WireCaller(server, "listed", f"cost{n}") for n in range(calls)]

    def _measure(self, calls: Iterable[WireCaller], each: "Utterance | None" = None) -> dict[str, float]:
        """CPU seconds a second of each part over one phase."""
        calls = list(calls)
        before, started = cpu_seconds(self._parts), time.monotonic()
        until = started + self._seconds

        def tick(now: float) -> bool:
            for caller in calls:
                if each is not None and not caller.talking:
                    caller.play(each.payloads)
            return time.monotonic() < until

        self._callers.run(tick)
        took = time.monotonic() - started
        return {part: (value - before[part]) / took for part, value in cpu_seconds(self._parts).items()}

    def run(self, speech: Utterance) -> list[Cost]:
        """Speaking (a prompt is played to every caller), then recognizing (every caller speaks without a pause), then
        listening (the line waits in silence)."""
        memory = memory_mb(self._parts)
        for caller in self._calls:
            self._callers.add(caller)
            caller.dial()
        self._callers.run(lambda now: any(not caller.status for caller in self._calls))
        found = [self._cost("speaking", self._measure(self._calls), memory)]
        found.append(self._cost("recognizing", self._measure(self._calls, speech), memory))
        for caller in self._calls:
            caller.stop()
        self._wait_quiet()
        found.append(self._cost("listening", self._measure(self._calls), memory))
        for caller in self._calls:
            caller.hang_up()
        return found

    def _wait_quiet(self) -> None:
        began = time.time()

        def talks(now: float) -> bool:
            last = max(caller.last_sound() for caller in self._calls)
            return now - max(last, began) < 1.0 and now - began < 30.0

        self._callers.run(talks)

    def _cost(self, phase: str, measured: dict[str, float], before: dict[str, float]) -> Cost:
        calls = len(self._calls)
        share = {part: (value - self._idle[part]) / calls for part, value in measured.items()}
        memory = {part: (value - before[part]) / calls for part, value in memory_mb(self._parts).items()}
        return Cost(phase, calls, share, memory)
