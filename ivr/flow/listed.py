"""Fields whose values are listed in nlu.yml - `entity` and `intent` - get their lists when a flow is compiled."""

from collections.abc import Mapping
from typing import Any

from ivr.flow.examples import Nlu
from ivr.flow.models import Flow, Node
from ivr.flow.slot import Slot

LISTED = ("entity", "intent")


def with_lists(flow: Flow, nlu: Mapping[str, Nlu]) -> Flow:
    """The flow with every entity's words and every intent's examples in the slots that ask for them."""
    return flow.model_copy(update={"nodes": {name: _node(node, nlu) for name, node in flow.nodes.items()}})


def _node(node: Node, nlu: Mapping[str, Nlu]) -> Node:
    slots: dict[str, Slot] = getattr(node, "slots", {})
    if not any(slot.field in LISTED for slot in slots.values()):
        return node
    return node.model_copy(update={"slots": {name: _slot(str(name), slot, nlu) for name, slot in slots.items()}})


def _slot(name: str, slot: Slot, nlu: Mapping[str, Nlu]) -> Slot:
    if slot.field not in LISTED:
        return slot
    lists: dict[str, Any] = {}
    for code, taught in nlu.items():
        if slot.field == "entity":
            lists[code] = taught.values(slot.entity or name)
        else:
            lists[code] = {intent: [e.text for e in taught.intents.get(intent, ())] for intent in slot.intents}
    return slot.listing({"values" if slot.field == "entity" else "intents": lists})
