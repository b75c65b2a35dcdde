"""What is known in a call: task, slots with source and confidence, what was answered so far."""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ivr.events import FRAME_S, CallStarted


@dataclass(frozen=True, slots=True)
class Value:
    """One slot or saved value."""

    value: Any
    source: str = "flow"
    """`speech`, `keys`, `text`, `query`, `flow`."""
    confidence: float = 1.0
    turn: int = 0
    """Turn in which it was said or saved."""
    visit: tuple[str, int] = ("", 0)
    """Node that saved it, and which of all visits that was."""
    sensitive: bool = False

    def hidden(self, words: bool) -> bool:
        """It may not be written down; `words`: what callers say may be."""
        return self.sensitive or (not words and self.source in ("speech", "text"))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answered question."""

    turn: int
    node: str
    name: str
    """Option or command that was chosen; empty for a field."""
    slots: dict[str, Any]


@dataclass(slots=True)
class State:
    """The whole memory of a call. Pure data; the machine changes it."""

    language: str
    at: str = ""
    """Wall time of the answer, ISO 8601."""
    timezone: str = ""
    """The line's; empty: that of `at`."""
    t: int = 0
    """Frame of the event that is handled."""
    turn: int = 0
    task: str = ""
    outcome: str = ""
    failures: int = 0
    """Silences and mismatches over the call."""
    values: dict[str, Value] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    """What texts and expressions may speak of: values by bare name beside the scopes."""
    outer: list[dict[str, Value]] = field(default_factory=list)
    """Values of the flows that wait for the one that runs, the first one's first."""
    history: deque[Exchange] = field(default_factory=lambda: deque(maxlen=50))

    @classmethod
    def begin(cls, started: CallStarted, language: str) -> "State":
        """The scopes of flow-language.md; what is not known yet is empty."""
        state = cls(language, started.at, started.timezone)
        number = started.caller
        state.names = {
            "caller": {"number": number, "verified": False},
            "call": {
                "id": started.call,
                "line": started.line,
                "dialled": started.dialled,
                "at": started.at,
                "language": language,
            },
            "config": dict(started.config),
            "headers": dict(started.headers),
            "profile": dict(started.profile),
            "switch": dict(started.switches),
            "table": dict(started.tables),
            "emotion": {"name": "", "frustrated": 0.0, "calm": 0.0},
            "task": "",
            "failures": 0,
        }
        return state

    def fill(self, name: str, value: Value) -> None:
        self.values[name] = value
        self.names[name] = value.value

    def clear(self, name: str) -> None:
        self.values.pop(name, None)
        self.names.pop(name, None)

    def now(self, zone: str | None = None) -> datetime:
        """Wall time of the event that is handled, in the zone or in the line's."""
        try:
            at = datetime.fromisoformat(self.at)
        except ValueError:
            at = datetime(1970, 1, 1, tzinfo=UTC)
        home = ZoneInfo(self.timezone) if self.timezone else at.tzinfo or UTC
        at = at.replace(tzinfo=home) if at.tzinfo is None else at
        later = at.astimezone(UTC) + timedelta(seconds=self.t * FRAME_S)
        return later.astimezone(ZoneInfo(zone) if zone else home)

    def copy(self) -> "State":
        """What may be changed without changing this one."""
        names = {name: dict(value) if isinstance(value, dict) else value for name, value in self.names.items()}
        return replace(self, values=dict(self.values), names=names, history=self.history.copy())

    def take(self, other: "State") -> None:
        """Know what `other` knows now; both stay apart."""
        now = other.copy()
        self.values, self.names, self.history = now.values, now.names, now.history
        self.language, self.turn, self.task = now.language, now.turn, now.task

    def open(self, given: dict[str, Value]) -> None:
        """Another flow begins, and knows only what it was given."""
        self.outer.append(dict(self.values))
        self._replace(given)

    def close(self) -> None:
        """The flow that waited goes on with what it knew."""
        self._replace(self.outer.pop())

    def _replace(self, values: dict[str, Value]) -> None:
        for name in list(self.values):
            self.clear(name)
        for name, value in values.items():
            self.fill(name, value)

    def speak(self, language: str) -> None:
        """The conversation goes on in this language."""
        self.language = language
        self.names["call"]["language"] = language

    def set_task(self, task: str) -> bool:
        """True when it is another one."""
        if not task or task == self.task:
            return False
        self.task = task
        self.names["task"] = task
        return True

    def failed(self) -> None:
        self.failures += 1
        self.names["failures"] = self.failures

    def slots(self, words: bool = True) -> dict[str, Any]:
        """All values, of waiting flows too; `***` for sensitive ones and, without `words`, for those that were said."""
        known = {name: value for values in (*self.outer, self.values) for name, value in values.items()}
        return {name: "***" if value.hidden(words) else value.value for name, value in known.items()}
