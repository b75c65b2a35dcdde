"""Figures of this node's processes and of the machine, taken when they are asked for: psutil, and what media told last.

One line of a table is one metric. Processes are those that `ivr up` noted in run/up.json; without it, this one alone.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Family = type[CounterMetricFamily] | type[GaugeMetricFamily]
COUNTER, GAUGE = CounterMetricFamily, GaugeMetricFamily

OF_PROCESS: tuple[tuple[str, Family, str], ...] = (
    ("ivr_process_up", GAUGE, "1: the process runs"),
    ("ivr_process_cpu_seconds", COUNTER, "CPU time of the process and its children"),
    ("ivr_process_memory_bytes", GAUGE, "Resident memory of the process and its children"),
    ("ivr_process_threads", GAUGE, "Threads"),
    ("ivr_process_open_files", GAUGE, "Open files and sockets"),
    ("ivr_process_start_time_seconds", GAUGE, "When the process began, seconds since 1970"),
)
OF_MACHINE: tuple[tuple[str, Family, str, Callable[[Path], float]], ...] = (
    ("ivr_machine_cores", GAUGE, "Cores", lambda _: psutil.cpu_count() or 1),
    ("ivr_machine_load", GAUGE, "Processes that run or want to, mean of a minute", lambda _: os.getloadavg()[0]),
    ("ivr_machine_memory_available_bytes", GAUGE, "Free memory", lambda _: psutil.virtual_memory().available),
    ("ivr_machine_disk_free_bytes", GAUGE, "Free room for state", lambda state: psutil.disk_usage(str(state)).free),
)
OF_MEDIA: tuple[tuple[str, Family, str, str], ...] = (
    # metric, kind, text, name in what media tells (call/figures.py)
    ("ivr_media_ticks", COUNTER, "Rounds of the audio loop, one each 20 ms", "ticks"),
    ("ivr_media_late_ticks", COUNTER, "Rounds that began more than 20 ms late", "late_ticks"),
    ("ivr_media_busy_seconds", COUNTER, "Time that rounds took: its rate is the loop's load", "busy_s"),
    ("ivr_media_longest_round_seconds", GAUGE, "Longest round since media began", "longest_s"),
    ("ivr_media_writer_queue", GAUGE, "Journal lines and sound that wait for the disk", "writer_queue"),
    ("ivr_media_services_waiting", GAUGE, "Requests that services have not answered", "services_waiting"),
    ("ivr_media_services_oldest_seconds", GAUGE, "Age of the oldest of them", "services_oldest_s"),
    ("ivr_recognition_streams", GAUGE, "Callers that are being listened to", "streams"),
    ("ivr_recognition_waiting", GAUGE, "Results that recognizers owe", "recognition_waiting"),
    ("ivr_recognition_oldest_seconds", GAUGE, "Age of the oldest of them", "recognition_oldest_s"),
    ("ivr_ladder_step", GAUGE, "Step of the overload ladder; 0: nothing is given up", "ladder_step"),
    ("ivr_busy_calls", GAUGE, "Callers who hear that the line is busy", "busy_calls"),
    ("ivr_recognizers_connected", GAUGE, "Recognizers that media can use", "recognizers"),
)
NETWORK: tuple[tuple[str, str, str, str], ...] = (
    # metric, text, psutil's name of what came in, and of what went out
    ("ivr_network_bytes", "Bytes over a network interface", "bytes_recv", "bytes_sent"),
    ("ivr_network_packets", "Packets over a network interface", "packets_recv", "packets_sent"),
    ("ivr_network_dropped", "Packets that the interface dropped", "dropin", "dropout"),
)


class NodeFigures(Collector):
    """A prometheus collector."""

    def __init__(self, state: Path, media: Callable[[], dict[str, Any]]) -> None:
        """`media()`: the figures that media told last; empty while it is away."""
        self._state = state
        self._media = media

    def describe(self) -> Iterable[Metric]:
        """Nothing is measured when it is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield from self._processes()
        yield from self._network()
        for name, family, text, take in OF_MACHINE:
            yield family(name, text, value=take(self._state))
        told = self._media()
        for name, family, text, key in OF_MEDIA:
            if key in told:
                yield family(name, text, value=float(told[key]))

    def _processes(self) -> Iterator[Metric]:
        families = [family(name, text, labels=["process"]) for name, family, text in OF_PROCESS]
        for name, pid in processes(self._state).items():
            for family, value in zip(families, _of_process(pid), strict=False):
                family.add_metric([name], value)
        yield from families

    @staticmethod
    def _network() -> Iterator[Metric]:
        cards = psutil.net_io_counters(pernic=True)
        for name, text, came_in, went_out in NETWORK:
            family = COUNTER(name, text, labels=["interface", "direction"])
            for card, figures in cards.items():
                family.add_metric([card, "in"], getattr(figures, came_in))
                family.add_metric([card, "out"], getattr(figures, went_out))
            yield family


def processes(state: Path) -> dict[str, int]:
    """name -> pid of what runs on this state folder."""
    try:
        noted = json.loads((state / "run" / "up.json").read_text())
        found = {str(name): int(one["pid"]) for name, one in noted.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        found = {}
    found.setdefault("services", os.getpid())
    return found


def _of_process(pid: int) -> list[float]:
    """Values of OF_PROCESS; only the first when the process is gone."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            spent = process.cpu_times()
            children = process.children(recursive=True)
            return [
                float(process.status() != psutil.STATUS_ZOMBIE),
                spent.children_user + spent.children_system + sum(map(_cpu, [process, *children])),
                process.memory_info().rss + sum(map(_own_memory, children)),
                float(process.num_threads()),
                float(process.num_fds()),
                process.create_time(),
            ]
    except psutil.Error:
        return [0.0]


def _cpu(process: psutil.Process) -> float:
    try:
        spent = process.cpu_times()
    except psutil.Error:  # gone since
        return 0.0
    return float(spent.user + spent.system)


def _own_memory(process: psutil.Process) -> float:
    """Bytes that a child shares with nobody: Postgres's cache counts with the parent."""
    try:
        found = process.memory_info()
    except psutil.Error:
        return 0.0
    return float(found.rss - found.shared)
