"""How many calls at once a server carries: callers are added until a limit breaks (`ivr bench calls`)."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.insight import node_status, part_cost
from ivr.insight.journal_tail import JournalTail
from ivr.insight.load_talk import Sayings, Talker, Turn, check
from ivr.insight.turn_bench import Utterance
from ivr.insight.wire_caller import Callers, WireCaller

LATE_S = 0.04
"""Between two packets of the line: more and the later one is 20 ms late."""
LATE_SHARE = 0.001
RIGHT = 0.95
RAMP_S = 0.15
"""Between two callers who are added."""
SETTLE_S = 3.0


@dataclass(frozen=True)
class Said:
    """What callers of a line may say."""

    user: str
    sayings: Sayings
    keys: dict[str, str]
    number: tuple[Utterance, str]


class LoadBench:
    """One server, more and more callers."""

    def __init__(
        self, server: tuple[str, int], state: Path, pid: int, said: Said, aims_s: dict[str, float], seed: int
    ) -> None:
        """`aims_s`: kind of turn -> largest p95 of its answer."""
        self._server, self._state, self._pid = server, state, pid
        self._said, self._aims = said, aims_s
        self._seed = seed
        self._callers = Callers()
        self.talkers: list[Talker] = []
        self._memory_before: tuple[int, dict[str, float]] | None = None
        """Calls and memory of the level before: what grows from there on is what calls take."""

    def level(self, calls: int, seconds: float) -> dict[str, Any]:
        """Bring it to so many calls, let them settle, measure for some seconds."""
        self._add(calls)
        self._run(SETTLE_S)
        marks = [len(talker.turns) for talker in self.talkers]
        before, scraped = part_cost.spent(self._pid), node_status.scrape(self._state)
        began, cpu, wall = time.monotonic(), time.thread_time(), time.time()
        self._run(seconds)
        took = time.monotonic() - began
        share = (time.thread_time() - cpu) / took
        after, now = part_cost.spent(self._pid), node_status.scrape(self._state)
        self._run(2.0)  # the last answers
        turns = [turn for talker, mark in zip(self.talkers, marks, strict=True) for turn in talker.turns[mark:-1]]
        self._check()
        row = {
            "calls": calls,
            **self._delays(turns),
            "right_percent": round(100 * sum(t.right for t in turns) / max(1, len(turns)), 2),
            "late_packets_percent": round(100 * self._late(wall, wall + took), 4),
            "late_rounds_percent": _late_rounds(scraped, now),
            "ladder_step": int(now.sum("ivr_ladder_step")),
            "failed": [talker.failed for talker in self.talkers if talker.failed],
            "speech_percent": round(100 * _spoken(self.talkers), 1),
            "core_share": part_cost.shares(before, after, took),
            "media_percent_of_a_core_a_call": {
                does: round(100 * (value - before.threads_s.get(does, 0.0)) / took / calls, 3)
                for does, value in after.threads_s.items()
            },
            "memory_mb_a_call": self._memory(calls, after.memory_mb),
            "generator_share": round(share, 3),
        }
        row["breaks"] = self._breaks(row)
        return row

    def close(self) -> None:
        for talker in self.talkers:
            talker.caller.hang_up()
        self._callers.run(lambda now: False)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _add(self, calls: int) -> None:
        while len(self.talkers) < calls:
            n = len(self.talkers)
            caller = WireCaller(self._server, self._said.user, f"load{n}")
            said = self._said
            chance = random.Random(self._seed * 1000 + n)
            self.talkers.append(Talker(caller, said.sayings, said.keys, said.number, chance))
            self._callers.add(caller)
            self._run(RAMP_S)

    def _run(self, seconds: float) -> None:
        until = time.monotonic() + seconds

        def tick(now: float) -> bool:
            for talker in self.talkers:
                talker.tick(now)
            return time.monotonic() < until

        self._callers.run(tick)

    def _check(self) -> None:
        for talker in self.talkers:
            tail = JournalTail(self._state / "journals", talker.caller.sip_call_id)
            tail.read()
            check(talker.turns, tail.entries)

    def _memory(self, calls: int, memory_mb: dict[str, float]) -> dict[str, float]:
        """Grown since the level before, a call; empty at the first, where much is loaded when it is first used."""
        last, self._memory_before = self._memory_before, (calls, memory_mb)
        if last is None:
            return {}
        fewer, before = last
        return {part: round((value - before.get(part, 0.0)) / (calls - fewer), 2) for part, value in memory_mb.items()}

    def _delays(self, turns: Sequence[Turn]) -> dict[str, Any]:
        rows: dict[str, Any] = {"turns": len(turns)}
        for kind in ("speech", "key", "new sentence"):
            found = [turn.answer_s for turn in turns if turn.kind == kind and turn.answer_s]
            if found:
                p50, p95, p99 = (round(1000 * float(v)) for v in np.percentile(found, (50, 95, 99)))
                rows[kind] = {"cases": len(found), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}
        return rows

    def _late(self, begins: float, ends: float) -> float:
        """Share of the line's packets that came more than 20 ms late."""
        late = packets = 0
        for talker in self.talkers:
            times = np.asarray(talker.caller.heard_at)
            times = times[(times >= begins) & (times < ends)]
            packets += max(0, len(times) - 1)
            late += int((np.diff(times) > LATE_S).sum())
        return late / max(1, packets)

    def _breaks(self, row: dict[str, Any]) -> list[str]:
        """The limits that do not hold."""
        broken = []
        if max(row["late_packets_percent"], row["late_rounds_percent"]) > 100 * LATE_SHARE:
            broken.append("late frames")
        for kind, aim_s in self._aims.items():
            if kind in row and row[kind]["cases"] >= 5 and row[kind]["p95_ms"] > 1000 * aim_s:
                broken.append(f"p95 of {kind}")
        if row["failed"]:
            broken.append("a call failed")
        if row["right_percent"] < 100 * RIGHT:
            broken.append("answers are wrong")
        if row["ladder_step"]:
            broken.append("the overload ladder moved")
        return broken


def _late_rounds(before: node_status.Scrape, now: node_status.Scrape) -> float:
    late, rounds = (
        now.sum(name) - before.sum(name) for name in ("ivr_media_late_ticks_total", "ivr_media_ticks_total")
    )
    return round(100 * late / max(1.0, rounds), 4)


def _spoken(talkers: Sequence[Talker]) -> float:
    now = time.time()
    lasted = sum(now - talker.began_at for talker in talkers if talker.began_at)
    return sum(talker.spoken_s for talker in talkers) / max(1.0, lasted)


def climb(
    bench: LoadBench, first: int, step: int, most: int, seconds: float, tell: Callable[[dict[str, Any]], None]
) -> tuple[list[dict[str, Any]], int]:
    """Levels until one breaks a limit, or the generator has no more room; the largest number that held."""
    rows, held = [], 0
    for calls in range(first, most + 1, step):
        row = bench.level(calls, seconds)
        rows.append(row)
        tell(row)
        if row["generator_share"] > 0.8:
            row["breaks"].append("void: the generator is full")
        if row["breaks"]:
            break
        held = calls
    return rows, held
