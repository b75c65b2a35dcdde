"""What the page of a call draws without scripts: the parts of a delay, the ladder of SIP messages."""

from typing import Any

from ivr.insight.call_story import DELAYS

LANE = 120
"""Width of a lane of the ladder."""


def delay_scale(turns: list[dict[str, Any]]) -> float:
    """Seconds that the widest bar of delays stands for, so that the bars of a call compare. Never 0."""
    return max((delay_total(turn) for turn in turns), default=0.0) or 1.0


def delay_total(turn: dict[str, Any]) -> float:
    """Seconds: the whole delay, or the sum of its parts where that is more (they overlap)."""
    return float(max(turn.get("answer_s") or 0.0, sum(turn["delays"].values())))


def delay_parts(turn: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(name, where it begins, seconds) in the order in which they pass."""
    begins, parts = 0.0, []
    for name in DELAYS:
        if seconds := turn["delays"].get(name):
            parts.append((name, begins, seconds))
            begins += seconds
    return parts


def lanes(messages: list[dict[str, Any]]) -> list[str]:
    """Legs of a ladder from left to right: the caller, us (empty), the others."""
    legs = list(dict.fromkeys(message["leg"] for message in messages))
    return ["caller", "", *[leg for leg in legs if leg != "caller"]]
