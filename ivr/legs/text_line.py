"""What a text call is made of: who answers, what is played, what comes out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr import actions, events
from ivr.journal import Entry


@dataclass(frozen=True)
class Parts:
    """Who answers what the session asks. Each gets the action and returns the answering event; ids are filled here."""

    hear: Callable[[str, actions.Listen], events.Heard]
    """(what the caller said, the Listen) -> what a recognizer would make of it."""
    understand: Callable[[actions.Understand], events.Understood]
    parse_field: Callable[[actions.ParseField], events.FieldParsed]
    query: Callable[[actions.Query], events.Queried]
    transfer: Callable[[actions.Transfer], list[tuple[float, events.Queued | events.TransferDone]]]
    """(seconds after the Transfer, what comes then)."""


@dataclass
class Playing:
    """One prompt on its way out."""

    id: int
    text: str
    left: int
    """Frames still to be played."""
    started: bool = False


@dataclass
class Spoken:
    """What the caller heard."""

    text: str
    t: int
    whole: bool = True
    """False: it was interrupted."""


@dataclass
class Line:
    """What comes out of a text call: all that was said, and the journal."""

    spoken: list[Spoken] = field(default_factory=list)
    journal: list[Entry] = field(default_factory=list)
    finished: actions.Finished | None = None
