#!/usr/bin/env python3
"""Writes the sizing table of docs/scaling.md from the figures below. `--check` only compares.

Measure again with `ivr bench calls`, `ivr bench call`, `ivr status`; put the figures in; `python -m scripts.sizing`.
"""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"
BEGIN, END = "<!-- generated: sizing -->", "<!-- end -->"
CALLS = (10, 100, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Measured:
    """Cost of calls on a core of the machine that was measured (docs/performance.md); shares of one core."""

    speech: float = 0.35
    """Share of a call in which the caller speaks."""
    media_idle: float = 0.006
    """Media, a call that speaks or listens."""
    media_voice: float = 0.0175
    """Media, a caller who talks: the detector runs."""
    recognizer: float = 0.09
    """A recognizer while a caller talks (step grammars)."""
    services: float = 0.015
    """Services a call at 6 turns a minute, a tenth of the prompts new (Piper)."""
    load: float = 0.7
    """How full a core is planned."""
    journal_rows_s: float = 2.5
    """Journal lines a second of a call: 25 a turn, 6 turns a minute."""
    journal_bytes_s: float = 440.0
    recording_bytes_s: float = 32_000.0
    """Two tracks of 16-bit samples at 8 kHz."""
    rtp_bits_s: float = 87_200.0
    """G.711, packets of 20 ms, with RTP, UDP, IP and Ethernet headers; each way."""
    call_s: float = 120.0
    media_mb: float = 150.0
    services_mb: float = 900.0
    recognizer_mb: float = 450.0
    call_mb: float = 0.9

    @property
    def media(self) -> float:
        return self.media_idle * (1 - self.speech) + self.media_voice * self.speech

    @property
    def calls_a_media_process(self) -> int:
        """Media is one process on one core: more calls need more of them."""
        return int(self.load / self.media / 10) * 10


@dataclass(frozen=True)
class Size:
    calls: int
    nodes: int
    node_cores: int
    recognition_cores: int
    memory_gb: float
    calls_s: float
    rtp_mbit_s: float
    packets_s: float
    rows_s: float
    disk_mb_s: float


def size(calls: int, m: Measured) -> Size:
    """What so many calls at once need."""
    nodes = math.ceil(calls / m.calls_a_media_process)
    recognition = math.ceil(calls * m.speech * m.recognizer / m.load)
    services = calls * m.services / m.load
    memory = nodes * (m.media_mb + m.services_mb) + recognition * m.recognizer_mb + calls * m.call_mb
    return Size(
        calls=calls,
        nodes=nodes,
        node_cores=nodes + math.ceil(services),
        recognition_cores=recognition,
        memory_gb=memory / 1000,
        calls_s=calls / m.call_s,
        rtp_mbit_s=calls * m.rtp_bits_s / 1e6,
        packets_s=calls * 100,
        rows_s=calls * m.journal_rows_s,
        disk_mb_s=calls * (m.recording_bytes_s + m.journal_bytes_s) / 1e6,
    )


def table(m: Measured) -> str:
    """Markdown."""
    heads = "calls at once|nodes|cores for media and services|cores for recognition|memory, GB|new calls a second|" \
        "RTP each way, Mbit/s|RTP packets a second|journal rows a second|recordings, MB/s"  # fmt: skip
    lines = [f"| {' | '.join(heads.split('|'))} |", "|" + "---:|" * 10]
    for it in (size(calls, m) for calls in CALLS):
        figures = (it.calls, it.nodes, it.node_cores, it.recognition_cores, it.memory_gb, it.calls_s, it.rtp_mbit_s,
                   it.packets_s, it.rows_s, it.disk_mb_s)  # fmt: skip
        lines.append("| " + " | ".join(_shown(value) for value in figures) + " |")
    return "\n".join(lines)


def _shown(value: float) -> str:
    if value >= 10 or value == int(value):
        return f"{math.ceil(round(value, 6)):,}"
    return f"{value:.1f}"


def page(text: str, m: Measured) -> str:
    """The page with the table of these figures."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    per = f"{m.calls_a_media_process} calls a node; media {m.media:.2%}, recognition {m.speech * m.recognizer:.2%}"
    told = f"{per}, services {m.services:.2%} of a core a call; cores planned {m.load:.0%} full."
    return f"{head}{BEGIN}\n{told}\n\n{table(m)}\n{END}{tail}"


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--check", action="store_true", help="exit code 1 when the page has other figures")
    before = PAGE.read_text(encoding="utf-8")
    after = page(before, Measured())
    if words.parse_args().check:
        return int(before != after)
    PAGE.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
