"""How a flow's intents are called in the one Rasa model of a language. Pure.

An intent is prefixed by its flow (`orders:cancel_order`), so that flows may use the same names for different things; a
built-in command (`command.agent`) means the same in each and is trained once. `/` is not used: Rasa reads it as a
retrieval intent.
"""

from collections.abc import Iterable

from ivr.nlu.training import OUT_OF_SCOPE

SHARED = "command."
NO_INTENT = frozenset({OUT_OF_SCOPE, "nlu_fallback", ""})
OTHER_FLOWS_WEIGHT = 0.3
"""How much belief in other flows' intents speaks against this flow's: callers of this line mean this line, but what
sounds much more like another flow is out of scope here."""


def in_model(flow: str, intent: str) -> str:
    """The name in the model."""
    return intent if intent.startswith(SHARED) else f"{flow}:{intent}"


def of_flow(flow: str, ranking: Iterable[tuple[str, float]], own: bool = True) -> dict[str, float]:
    """Chances of this flow's intents out of a model's ranking over all flows. `own` False: a model that is not ours may
    have no prefixes; then every name without one counts."""
    mine: dict[str, float] = {}
    others = none = 0.0
    for name, chance in ranking:
        before, mark, after = name.partition(":")
        if name in NO_INTENT:
            none += chance if name == OUT_OF_SCOPE else 0.0
        elif mark and before == flow:
            mine[after] = mine.get(after, 0.0) + chance
        elif name.startswith(SHARED) or (not mark and not own):
            mine[name] = mine.get(name, 0.0) + chance
        else:
            others += chance
    total = sum(mine.values()) + none + OTHER_FLOWS_WEIGHT * others
    return {name: chance / max(total, 1e-9) if others else chance for name, chance in mine.items()}
