"""What a running server tells of itself, read from the metrics of its control API: for `ivr status`."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ivr.events import FRAME_S

PATIENCE_S = 5.0
PARTS = ("pause", "recognition", "understanding", "query", "speech")


class NodeAway(Exception):
    """No server answers on this state folder, and why."""


@dataclass(frozen=True)
class Scrape:
    """All samples at one time."""

    at: float
    samples: dict[str, list[tuple[dict[str, str], float]]]

    def sum(self, name: str, **labels: str) -> float:
        """Over every series with these labels; 0 when there is none."""
        return sum(value for own, value in self.samples.get(name, ()) if labels.items() <= own.items())

    def by(self, name: str, label: str) -> dict[str, float]:
        """Value of a label -> sum over its series."""
        found: dict[str, float] = {}
        for own, value in self.samples.get(name, ()):
            found[own.get(label, "")] = found.get(own.get(label, ""), 0.0) + value
        return found

    def quantile(self, name: str, q: float, **labels: str) -> float | None:
        """Of a histogram, within its buckets as Prometheus does it; None when it is empty."""
        buckets: dict[float, float] = {}
        for own, value in self.samples.get(f"{name}_bucket", ()):
            if labels.items() <= own.items():
                edge = float(own["le"])
                buckets[edge] = buckets.get(edge, 0.0) + value
        edges = sorted(buckets)
        if not edges or buckets[edges[-1]] <= 0:
            return None
        wanted, low, below = q * buckets[edges[-1]], 0.0, 0.0
        for edge in edges:
            if buckets[edge] >= wanted:
                inside = buckets[edge] - below
                return low if edge == inf or inside <= 0 else low + (edge - low) * (wanted - below) / inside
            low, below = edge, buckets[edge]
        return low

    def mean(self, name: str, **labels: str) -> float | None:
        """Of a histogram."""
        count = self.sum(f"{name}_count", **labels)
        return self.sum(f"{name}_sum", **labels) / count if count else None


def parse(text: str, at: float) -> Scrape:
    """Prometheus's text form."""
    samples: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return Scrape(at, samples)


def scrape(state: Path) -> Scrape:
    """Ask the server that runs on this state folder. Raises NodeAway."""
    try:
        told = json.loads((state / "run" / "control.json").read_text())
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(f"{told['url']}/metrics", timeout=PATIENCE_S) as answer:
            return parse(answer.read().decode(), time.monotonic())
    except FileNotFoundError:
        raise NodeAway(f"no server runs on {state} (start one with `ivr up`)") from None
    except (OSError, ValueError, KeyError) as error:
        raise NodeAway(f"the server on {state} does not answer: {type(error).__name__}") from None


def summary(now: Scrape, before: Scrape | None = None) -> dict[str, Any]:
    """Sections of figures, plain JSON; shares and delays since services began, rates between the two scrapes."""
    return {
        "calls": _calls(now),
        "turns": _turns(now),
        "media": _media(now, before),
        "queues": _queues(now),
        "processes": list(_processes(now, before)),
        "machine": _machine(now, before),
    }


def _calls(now: Scrape) -> dict[str, Any]:
    ended = now.by("ivr_calls_ended_total", "outcome")
    over = sum(ended.values())
    return {
        "live": int(now.sum("ivr_live_calls")),
        "most": int(now.sum("ivr_max_calls")),
        "media_up": bool(now.sum("ivr_media_up")),
        "draining": bool(now.sum("ivr_draining")),
        "offered": int(now.sum("ivr_calls_offered_total")),
        "answered": int(now.sum("ivr_calls_answered_total")),
        "answer_rate": _share(now.sum("ivr_calls_answered_total"), now.sum("ivr_calls_offered_total")),
        "refused": {k: int(v) for k, v in now.by("ivr_calls_refused_total", "reason").items()},
        "ended": {outcome: int(count) for outcome, count in sorted(ended.items())},
        "shares": {outcome: _share(count, over) for outcome, count in sorted(ended.items())},
        "mean_s": _round(now.mean("ivr_call_seconds")),
        "transfers_failed": int(now.sum("ivr_transfers_total", result="failed")),
    }


def _turns(now: Scrape) -> dict[str, Any]:
    how = now.by("ivr_turns_total", "how")
    said = how.get("speech", 0.0) + how.get("keys", 0.0)
    nodes: dict[str, float | None] = {}
    for own, _ in now.samples.get("ivr_recognition_confidence_count", ()):
        mean = now.mean("ivr_recognition_confidence", flow=own["flow"], node=own["node"])
        nodes[f"{own['flow']}/{own['node']}"] = _round(mean)
    return {
        "count": int(sum(how.values())),
        "keypad_share": _share(how.get("keys", 0.0), said),
        "results": {k: int(v) for k, v in now.by("ivr_turns_total", "result").items()},
        "answer_s": _quantiles(now, "ivr_turn_answer_seconds", how="speech"),
        "answer_to_keys_s": _quantiles(now, "ivr_turn_answer_seconds", how="keys"),
        "parts_s": {part: _quantiles(now, "ivr_turn_part_seconds", part=part) for part in PARTS},
        "confidence": dict(sorted(nodes.items())),
    }


def _media(now: Scrape, before: Scrape | None) -> dict[str, Any]:
    lost = now.sum("ivr_media_packets_lost_total")
    return {
        "mos": _round(now.mean("ivr_media_mos")),
        "jitter_ms": _round(now.mean("ivr_media_jitter_seconds"), 1000),
        "lost_share": _share(lost, lost + now.sum("ivr_media_packets_received_total")),
        "late_frame_share": _share(now.sum("ivr_media_late_frames_total"), now.sum("ivr_media_frames_total")),
        "late_ticks": int(now.sum("ivr_media_late_ticks_total")),
        "longest_round_ms": _round(now.sum("ivr_media_longest_round_seconds"), 1000),
        "loop_load": _loop_load(now, before),
        "ladder_step": int(now.sum("ivr_ladder_step")),
        "busy_calls": int(now.sum("ivr_busy_calls")),
    }


def _loop_load(now: Scrape, before: Scrape | None) -> float | None:
    """Share of its time that the audio loop was busy; since media began when it told nothing new in between."""
    names = ("ivr_media_busy_seconds_total", "ivr_media_ticks_total")
    busy_s, ticks = (now.sum(name) for name in names)
    if before is not None and 0 < before.sum(names[1]) < ticks:
        busy_s, ticks = (now.sum(name) - before.sum(name) for name in names)
    return _share(busy_s, ticks * FRAME_S)


def _queues(now: Scrape) -> dict[str, Any]:
    return {
        "recognition": {
            "recognizers": int(now.sum("ivr_recognizers_connected")),
            "streams": int(now.sum("ivr_recognition_streams")),
            "waiting": int(now.sum("ivr_recognition_waiting")),
            "oldest_s": now.sum("ivr_recognition_oldest_seconds"),
        },
        "services": {
            "waiting": int(now.sum("ivr_media_services_waiting")),
            "oldest_s": now.sum("ivr_media_services_oldest_seconds"),
        },
        "writer": {"waiting": int(now.sum("ivr_media_writer_queue"))},
        "records": {
            "database_up": bool(now.sum("ivr_records_database_up")),
            "open_journals": int(now.sum("ivr_records_open_journals")),
            "oldest_s": round(now.sum("ivr_records_delivery_age_seconds"), 1),
        },
    }


def _processes(now: Scrape, before: Scrape | None) -> Iterator[dict[str, Any]]:
    for own, up in now.samples.get("ivr_process_up", ()):
        name = own["process"]
        yield {
            "process": name,
            "up": bool(up),
            "cores": _rate(now, before, "ivr_process_cpu_seconds_total", process=name),
            "memory_mb": round(now.sum("ivr_process_memory_bytes", process=name) / 1e6, 1),
            "threads": int(now.sum("ivr_process_threads", process=name)),
        }


def _machine(now: Scrape, before: Scrape | None) -> dict[str, Any]:
    return {
        "cores": int(now.sum("ivr_machine_cores")),
        "load": round(now.sum("ivr_machine_load"), 2),
        "memory_free_mb": round(now.sum("ivr_machine_memory_available_bytes") / 1e6),
        "disk_free_gb": round(now.sum("ivr_machine_disk_free_bytes") / 1e9, 1),
        "network_in_kbit_s": _round(_rate(now, before, "ivr_network_bytes_total", direction="in"), 0.008),
        "network_out_kbit_s": _round(_rate(now, before, "ivr_network_bytes_total", direction="out"), 0.008),
    }


def _quantiles(now: Scrape, name: str, **labels: str) -> dict[str, float | None]:
    return {f"p{round(q * 100)}": _round(now.quantile(name, q, **labels)) for q in (0.5, 0.95, 0.99)}


def _rate(now: Scrape, before: Scrape | None, name: str, **labels: str) -> float | None:
    """A second; None without an earlier scrape, or when the count began anew in between."""
    if before is None or now.at <= before.at:
        return None
    grown = now.sum(name, **labels) - before.sum(name, **labels)
    return round(grown / (now.at - before.at), 3) if grown >= 0 else None


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def _round(value: float | None, times: float = 1.0) -> float | None:
    return None if value is None else round(value * times, 3)
