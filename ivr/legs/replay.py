"""A call from its journal: the same events into a new session give the same actions."""

from collections.abc import Iterable
from typing import get_args

from msgspec.structs import replace

from ivr.actions import Action, AnyAction, KeysTaken
from ivr.dialogue.session import Session
from ivr.events import AnyEvent, Event, KeyPressed
from ivr.journal import Entry

EVENTS = get_args(AnyEvent)
ACTIONS = get_args(AnyAction)


def events_of(entries: Iterable[Entry]) -> list[Event]:
    """What the session was told, in order. A key's value stands where a node took it (law 5) and is put back; keys that
    none took stay unknown, as they had no meaning. What was sensitive cannot be put back."""
    listed = list(entries)
    taken: dict[int, str] = {}
    for entry in listed:
        if isinstance(entry, KeysTaken) and not entry.sensitive:
            taken.update(zip(entry.seqs, entry.keys, strict=False))
    found: list[Event] = []
    for entry in listed:
        if isinstance(entry, KeyPressed) and entry.seq in taken:
            found.append(replace(entry, key=taken[entry.seq]))
        elif isinstance(entry, EVENTS):
            found.append(entry)
    return found


def replay(session: Session, entries: Iterable[Entry]) -> list[Action]:
    """Everything that a new session does for the journal's events, as it would be journalled."""
    done: list[Action] = []
    for event in events_of(entries):
        done += [plain(session.masked(action)) for action in session.handle(event, event.t)]
    return done


def actions_of(entries: Iterable[Entry]) -> list[Action]:
    """What was done in the call, comparable with `replay`."""
    return [plain(entry) for entry in entries if isinstance(entry, ACTIONS)]


def plain(action: Action) -> Action:
    """Without its place in a journal."""
    return replace(action, seq=0)
