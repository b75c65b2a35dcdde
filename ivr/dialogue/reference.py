"""Words that point back: "cancel that one" means the order that was spoken of before, "the same number"
the one that was given before."""

import re

from ivr.dialogue.position import Frame
from ivr.dialogue.state import State
from ivr.flow.models import Flow

_POINTS_BACK = {
    "en": re.compile(r"\b(that|this|the same|the last|the other)( (one|order|number|same))?\b|\bit\b", re.IGNORECASE),
    "ko": re.compile(r"그거|그것|이거|이것|그 주문|이 주문|그 번호|방금|같은"),
}


def points_back(text: str, language: str) -> bool:
    """The sentence speaks of something that was named before."""
    pattern = _POINTS_BACK.get(language)
    return bool(pattern and pattern.search(text))


_SAME = {
    "en": re.compile(r"\b(the )?same\b|\bas (before|last time)\b|\bthat one again\b", re.IGNORECASE),
    "ko": re.compile(r"같은|아까|방금 그|똑같"),
}
_SHARED = ("phone", "email", "name", "postal_code")
"""Fields of which a caller has one: "the same" also means that of another slot."""


def same_as_before(flow: Flow, state: State, frame: Frame, text: str) -> dict[str, object]:
    """ "The same number", where a value is asked for: what was given for it before, or for another slot that asks for
    the same thing of a person. Empty when nothing was, and for what is sensitive."""
    pattern = _SAME.get(state.language)
    spec = frame.ask.fields[0] if frame.ask is not None and frame.ask.fields else None
    if spec is None or spec.sensitive or flow.slot(spec.slot) is None or not (pattern and pattern.search(text)):
        return {}
    names = [spec.slot]
    if spec.field in _SHARED:
        names += [name for one in reversed(state.history) for name in one.slots if _field(flow, name) == spec.field]
    for name in names:
        for exchange in reversed(state.history):
            if exchange.slots.get(name) and not flow.is_sensitive(name):
                return {spec.slot: exchange.slots[name]}
    return {}


def _field(flow: Flow, name: str) -> str:
    slot = flow.slot(name)
    return slot.field if slot is not None else ""
