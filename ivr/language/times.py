"""Times of day: "half past three", "quarter to five p m", 오후 세 시 반. A value is `15:30`.

Without "a m" or "p m" the likelier half of the day comes first, below `sure`, so that it is confirmed.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ivr.language import heard
from ivr.language.candidate import Candidate
from ivr.language.patterns import Match

_WRITTEN = re.compile(r"(?<!\d)(\d{1,2})[:.](\d\d)(?!\d)\s*([ap])?\.?\s*m?\b", re.IGNORECASE)
_MORNING = range(7, 12)
"""Hours that mean the morning when nobody says which half; those before mean the afternoon."""
_GUESS, _OTHER = 0.8, 0.4


def parse(text: str, language: str, settings: Mapping[str, Any], at: str) -> list[Candidate]:
    """Candidates, best first. `settings`: half (am | pm), where only one can be meant."""
    half = str(settings.get("half") or "")
    written = _WRITTEN.search(text)
    if written:
        named = {"a": "am", "p": "pm"}.get((written[3] or "").lower(), "")
        whole = int(written[1]) > 12 or written[1].startswith("0")
        readings = list(_readings(int(written[1]), int(written[2]), named or half, whole))
        return [Candidate(value, 0.97 * sure) for value, sure in readings]
    now = datetime.fromisoformat(at) if at else None
    return heard.read("times", text, language, lambda match: _resolve(match, half, now))


def _readings(hour: int, minute: int, half: str, whole: bool = False) -> Iterator[tuple[str, float]]:
    """(HH:MM, how sure) of a clock's hour and minute."""
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return
    if half == "night":
        half = "pm" if 5 < hour < 12 else "am"
    if hour > 12 or hour == 0 or whole:
        yield _text(hour % 24, minute), 1.0
    elif half:
        yield _text(hour % 12 + (12 if half == "pm" else 0), minute), 1.0
    else:
        morning = hour in _MORNING
        yield _text(hour % 12 + (0 if morning else 12), minute), _GUESS
        yield _text(hour % 12 + (12 if morning else 0), minute), _OTHER


def _text(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _resolve(match: Match, half: str, now: datetime | None) -> Iterator[tuple[str, float]]:
    kind, *rest = match.meaning.split()
    half = match.get("half") or half
    hour = int(match.get("hour") or match.get("hour24") or match.get("sino") or 0)
    minute = int(match.get("minute") or match.get("minutes") or match.get("sino") or 0)
    match kind:
        case "at":
            yield rest[0], 1.0
        case "shift" if now is not None:
            count = int(rest[0]) if rest else int(match.get("n")) * (60 if match.get("timeunit") == "h" else 1)
            then = now + timedelta(minutes=count)
            yield _text(then.hour, then.minute), 1.0
        case "clock":
            yield from _readings(hour, minute, half)
        case "sino":  # hour and minute are of one class
            yield from _readings(hour, int(rest[0]) if rest else int(match.get("sino", 1) or 0), half)
        case "past":
            yield from _readings(hour, int(rest[0]) if rest else minute, half)
        case "to":
            before = 60 - (int(rest[0]) if rest else minute)
            earlier = hour - 1 if hour > 1 else 12
            if half and hour == 12:
                half = "am" if half == "pm" else "pm"
            yield from _readings(earlier, before, half)
