"""No words before consent: what a journal line may say while nothing of the sound is kept either (law 5).

What is sensitive is masked by the session itself (`Session.masked`); this is only about consent.
"""

from msgspec.structs import replace

from ivr.actions import Answered, ParseField, Say, Understand
from ivr.events import FieldParsed, Heard, Hypothesis, KeyPressed, Partial, Understood
from ivr.journal import Entry

HIDDEN = "***"


def _hide(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    return [
        replace(h, text=HIDDEN if h.text else "", words=[], slots=dict.fromkeys(h.slots, HIDDEN)) for h in hypotheses
    ]


def always(entry: Entry) -> Entry:
    """What is never written: keys that no node has consumed, sensitive prompts."""
    match entry:
        case KeyPressed():
            return replace(entry, key="")
        case Say(sensitive=True):
            return replace(entry, text=HIDDEN)
    return entry


def without_words(entry: Entry) -> Entry:
    """The entry without the caller's words."""
    match entry:
        case Partial() | Answered():
            entry = replace(entry, text=HIDDEN if entry.text else "")
        case Heard() | Understand() | ParseField():
            entry = replace(entry, hypotheses=_hide(entry.hypotheses))
        case Understood():
            hidden = [replace(e, value=HIDDEN, text=HIDDEN if e.text else "") for e in entry.entities]
            entry = replace(entry, entities=hidden, text=HIDDEN if entry.text else "")
        case FieldParsed():
            entry = replace(entry, values=[HIDDEN] * len(entry.values))
    return entry
