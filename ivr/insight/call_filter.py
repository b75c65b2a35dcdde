"""What calls are looked for: one value that stands in a page's address, in the API and in a saved search alike."""

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

MARKS = ("flow", "version", "node", "intent", "outcome", "language", "line", "tag")
"""Filters that compare; several values of one are "or", several filters "and"."""
MOST_VALUES = 50
LONGEST = 500
_KOREAN = re.compile(r"[\uac00-\ud7a3]+")
_WORD = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_NUMBER = re.compile(r"[+0-9A-Za-z@.:_-]{1,80}\*?")


class FilterError(ValueError):
    """A filter's value cannot be meant; `name` says which filter, the text says why, without the value."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


@dataclass(frozen=True)
class CallFilter:
    """Empty: all calls."""

    since: datetime | None = None
    until: datetime | None = None
    """Before it; both with zone."""
    past_h: float | None = None
    """Offered within so many hours before now: what a saved search moves along with."""
    number: str = ""
    """Caller's number; `+1415*`: what begins so."""
    flow: tuple[str, ...] = ()
    version: tuple[str, ...] = ()
    node: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    duration_min_s: float | None = None
    duration_max_s: float | None = None
    failures_min: int | None = None
    confidence_max: float | None = None
    """A turn of the call was understood with this confidence or less, 0 to 1."""
    words: str = ""
    """All of them were said; "in quotes": in this order; -word: not said. Korean words match with any ending."""

    @classmethod
    def read(cls, given: dict[str, list[str]]) -> Self:
        """From an address's query; names it does not know and empty values are left out. Raises FilterError."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            texts = [text.strip() for text in given.get(field.name, ()) if text.strip()]
            if texts:
                values[field.name] = _value(field.name, texts)
        return cls(**values)

    def address(self) -> dict[str, list[str]]:
        """The other way round: `read(address())` is the same filter."""
        result: dict[str, list[str]] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            match value:
                case None | "" | ():
                    continue
                case tuple():
                    result[field.name] = list(value)
                case datetime():
                    result[field.name] = [value.isoformat()]
                case _:
                    result[field.name] = [str(value)]
        return result


def _value(name: str, texts: list[str]) -> Any:
    if any(len(text) > LONGEST or "\x00" in text for text in texts) or len(texts) > MOST_VALUES:
        raise FilterError(name, f"at most {MOST_VALUES} values of {LONGEST} characters")
    if name in MARKS:
        return tuple(dict.fromkeys(texts))
    text = texts[-1]
    match name:
        case "since" | "until":
            return _time(name, text)
        case "number" if not _NUMBER.fullmatch(text):
            raise FilterError(name, "a number, perhaps with * at its end")
        case "number" | "words":
            return text
        case "failures_min":
            return int(_quantity(name, text, 1_000_000))
        case "confidence_max":
            return _quantity(name, text, 1)
    return _quantity(name, text, 10_000_000)


def _time(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FilterError(name, "a time, as 2027-01-05T09:00+09:00") from None


def _quantity(name: str, text: str, most: float) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise FilterError(name, f"a number from 0 to {most}")
    return found


@dataclass(frozen=True)
class Word:
    """A part of what `words` asks for."""

    text: str
    begins: bool = False
    """Matches longer words too."""
    phrase: bool = False
    without: bool = False


def words(text: str) -> list[Word]:
    """What is asked for, part by part."""
    found = []
    for minus, quoted, plain in _WORD.findall(text):
        part = (quoted or plain).strip()
        if any(letter.isalnum() for letter in part):
            begins = bool(_KOREAN.fullmatch(part)) and not quoted
            found.append(Word(part, begins=begins, phrase=bool(quoted), without=bool(minus)))
    return found
