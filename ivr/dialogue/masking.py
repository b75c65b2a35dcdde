"""Events and actions as they may be written down (law 5): no key before a node took it, nothing sensitive, no words
before consent."""

from typing import Any

from msgspec.structs import replace

from ivr import actions, events
from ivr.flow.nodes.profile import KEPT_BY_ITSELF

WITHOUT_WORDS: dict[type, dict[str, Any]] = {
    events.Partial: {"text": ""},
    events.Heard: {"hypotheses": []},
    events.Understood: {"text": "", "entities": []},
    events.FieldParsed: {"values": [], "confidences": []},
    actions.Understand: {"hypotheses": []},
    actions.ParseField: {"hypotheses": [], "options": {}},
}
"""What carries a caller's words, and how it looks without."""


def masked(entry: Any, secret: bool, hidden: frozenset[str] = frozenset()) -> Any:
    """`secret`: the entry belongs to a request whose words may not be kept; `hidden`: the parameters of it."""
    kind = type(entry)
    if secret and kind in WITHOUT_WORDS:
        return replace(entry, **WITHOUT_WORDS[kind])
    if kind in (events.CallStarted, events.ProfileLoaded) and entry.profile.keys() - KEPT_BY_ITSELF:
        return replace(entry, profile={n: v if n in KEPT_BY_ITSELF else "***" for n, v in entry.profile.items()})
    if kind is events.KeyPressed:
        return replace(entry, key="")
    if kind is actions.Say and entry.sensitive:
        return replace(entry, text="***", spoken="")
    if kind is actions.Query and hidden:
        return replace(entry, parameters={n: "***" if n in hidden else v for n, v in entry.parameters.items()})
    return entry
