"""Two readings of one sound that give a value differently: whether they are so close that it is asked about."""

from collections.abc import Sequence

import msgspec

from ivr.events import Hypothesis
from ivr.flow.listening import Settings
from ivr.flow.nodes.steps import FieldSpec
from ivr.language.fields import FIELDS
from ivr.language.mending import DOUBTED

TOGETHER = 0.6
"""Least confidence of both: with less, it was as likely neither, and asking again is the shorter way."""


def close(spec: FieldSpec, first: float, other: tuple[str, float], settings: Settings) -> bool:
    """Whether to ask. `first`: confidence of the value; `other`: another value and its confidence."""
    rival, second = other
    if not rival or spec.field not in DOUBTED or "mends" in spec.settings:
        return False
    return first < settings.sure and first - second < settings.ambiguity and first + second >= TOGETHER


def rival(spec: FieldSpec, value: str, hypotheses: Sequence[Hypothesis]) -> tuple[str, float]:
    """The likeliest other value of a slot among the paths of the grammar, and its confidence."""
    best = hypotheses[0]
    for other in hypotheses[1:]:
        said = other.slots.get(spec.slot, "")
        if other.source == best.source and said and said != value and not other.intent:
            return said, other.confidence
    return "", 0.0


def worded(slot: str, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """The words that the paths of the grammar mark as a slot, best first, in place of whole sentences."""
    alike = [h for h in hypotheses if h.source == hypotheses[0].source and h.slots.get(slot)]
    return [msgspec.structs.replace(h, text=h.slots[slot].strip()) for h in alike]


def by_words(spec: FieldSpec, marks: str) -> bool:
    """The marks of the grammar's path are words to be parsed, not the value."""
    return FIELDS[spec.field].words or ("mends" in spec.settings and not marks.isdigit())
