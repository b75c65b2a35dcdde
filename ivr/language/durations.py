"""Lengths of time: "an hour and a half", "90 minutes", 이틀. A value is written as flows do: `1h30m`, `48h`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ivr.language import heard
from ivr.language.candidate import Candidate
from ivr.language.patterns import Match

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first."""
    return heard.read("durations", text, language, _resolve)


def written(seconds: int) -> str:
    """5400 -> 1h30m."""
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def _resolve(match: Match) -> Iterator[tuple[str, float]]:
    kind, *rest = match.meaning.split()
    if kind == "fixed":
        yield written(sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)([a-z])", rest[0]))), 1.0
        return
    if kind == "days":
        yield written(int(match.get("days")) * _SECONDS["d"]), 1.0
        return
    counts = [int(value) for name, value in match.values if name == "n"]
    units = [value for name, value in match.values if name == "unit"]
    if kind in ("half", "quarter", "half_minute"):
        unit = _SECONDS[units[0] if units else ("m" if kind == "half_minute" else "h")]
        yield written(counts[0] * unit + unit // (4 if kind == "quarter" else 2)), 1.0
        return
    sizes = [_SECONDS[unit] for unit in units]
    if sizes == sorted(set(sizes), reverse=True):  # "two minutes three hours" is no length of time
        yield written(sum(n * size for n, size in zip(counts, sizes, strict=True))), 1.0
