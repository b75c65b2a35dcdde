"""A running server's processes by part: held to one core, and what each takes of it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

PARTS = {"serve": "media", "services": "services", "recognizer": "recognizers", "rasa": "rasa", "up": "up"}
"""Word after `ivr` on a command line -> part; everything of Postgres is `postgres`."""


def processes(pid: int) -> dict[str, list[psutil.Process]]:
    """`ivr up` and all below it, by part."""
    found: dict[str, list[psutil.Process]] = {}
    first = psutil.Process(pid)
    for process in (first, *first.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            found.setdefault(_part(process.cmdline()), []).append(process)
    return found


def _part(words: list[str]) -> str:
    if "ivr" in words:
        word = words[words.index("ivr") + 1] if words.index("ivr") + 1 < len(words) else ""
        return PARTS.get(word, word)
    name = Path(words[0]).name if words else ""
    return "postgres" if name.startswith("postgres") else "rasa" if "rasa" in " ".join(words) else "other"


def hold_to(pid: int, cores: set[int]) -> None:
    """Every thread of a server; what it starts later inherits it."""
    for group in processes(pid).values():
        for process in group:
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                with contextlib.suppress(OSError):  # it ended in between
                    os.sched_setaffinity(int(thread), cores)


THREADS = {
    "clock": "rtp, codec, copying",
    "media": "rtp, codec, copying",
    "audio loop": "audio loop",
    "writer": "writer",
}
"""Name of a thread of media -> what it does; `clock` and `media` are pjmedia's; the others count as signalling."""


@dataclass(frozen=True)
class Spent:
    """CPU seconds and unique memory so far."""

    cpu_s: dict[str, float]
    memory_mb: dict[str, float]
    threads_s: dict[str, float]
    """Of media's threads, by what they do."""


def _threads(pid: int) -> dict[str, float]:
    """CPU seconds of the threads of a process that live, by what they do."""
    found: dict[str, float] = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):  # it ended in between
            name, _, rest = Path(f"/proc/{pid}/task/{thread}/stat").read_text().partition("(")[2].rpartition(")")
            user, system = rest.split()[11:13]
            does = THREADS.get(name, "signalling")
            found[does] = found.get(does, 0.0) + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return found


def spent(pid: int) -> Spent:
    cpu: dict[str, float] = {}
    memory: dict[str, float] = {}
    threads: dict[str, float] = {}
    for part, group in processes(pid).items():
        for process in group:
            with contextlib.suppress(psutil.Error):
                cpu[part] = cpu.get(part, 0.0) + sum(process.cpu_times()[:2])
                memory[part] = memory.get(part, 0.0) + process.memory_full_info().uss / 1e6
                if part == "media":
                    threads = _threads(process.pid)
    return Spent(cpu, memory, threads)


def shares(before: Spent, after: Spent, seconds: float) -> dict[str, float]:
    """Part -> share of one core."""
    return {
        part: round((value - before.cpu_s.get(part, 0.0)) / seconds, 4)
        for part, value in after.cpu_s.items()
        if value - before.cpu_s.get(part, 0.0) > 0.001 * seconds
    }
