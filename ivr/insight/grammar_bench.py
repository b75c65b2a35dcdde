"""Time and memory of compiling grammars: one menu of many intents, and each ready-made field by itself."""

import gc
import time
from typing import Any, NamedTuple

import psutil

from ivr.flow.field_grammar import FIELD_NETS, add_field
from ivr.flow.loader import Loaded, load
from ivr.flow.net import Net

MEGABYTE = 1 << 20


class Cost(NamedTuple):
    """What compiling took."""

    cpu_s: float
    memory_mb: float
    """Resident memory more than before."""
    states: int
    arcs: int
    phrases: int
    """Sentences for engines that take phrases."""


def menu(intents: int, examples: int) -> dict[str, str]:
    """A flow's files: one menu with this many intents, this many examples in all."""
    each = max(1, examples // intents)
    verbs = [f"verb{_letters(n)}" for n in range(each)]
    rows = []
    for n in range(intents):
        rows.append(f"  - intent: intent{n}\n    examples: |\n")
        rows += [f"      - i want {verb} thing{_letters(n % 10)} thing{_letters(n // 10)} now\n" for verb in verbs]
    options = "".join(f"      - {{intent: intent{n}, next: bye}}\n" for n in range(intents))
    flow = f"flow: big\nstart: ask\nnodes:\n  ask:\n    type: menu\n    say: What?\n    options:\n{options}"
    return {"big/flow.yaml": flow + "  bye: {type: hangup}\n", "big/nlu.yml": "nlu:\n" + "".join(rows)}


def _letters(number: int) -> str:
    text = ""
    while number >= 0:
        text = chr(97 + number % 26) + text
        number = number // 26 - 1
    return text


def whole(files: dict[str, str]) -> tuple[Cost, Loaded]:
    """Reading, checking and compiling all of it, as services do at a publishing. Raises ValueError for mistakes."""
    gc.collect()
    process = psutil.Process()
    before, begun = process.memory_info().rss, time.process_time()
    loaded = load({name: text.encode() for name, text in files.items()})
    taken = time.process_time() - begun
    if loaded.errors:
        raise ValueError(str(loaded.errors[0]))
    grammars = list(loaded.grammars.values())
    arcs = sum(len(state) for grammar in grammars for state in grammar.arcs)
    cost = Cost(
        taken, (process.memory_info().rss - before) / MEGABYTE, sum(len(grammar.arcs) for grammar in grammars), arcs,
        sum(len(grammar.phrases) for grammar in grammars),
    )  # fmt: skip
    return cost, loaded


def field(name: str, language: str) -> Cost:
    """One field, as it is put into a question the first time."""
    from ivr.flow.net import sentences

    net = Net()
    end = net.state()
    before, begun = psutil.Process().memory_info().rss, time.process_time()
    add_field(net, 0, end, name, "value", language, _settings(name, language))
    phrases = sentences(net, [])
    taken = time.process_time() - begun
    memory = (psutil.Process().memory_info().rss - before) / MEGABYTE
    return Cost(taken, memory, len(net.arcs), sum(map(len, net.arcs)), len(phrases))


def _settings(name: str, language: str) -> dict[str, Any]:
    settings: dict[str, dict[str, Any]] = {
        "choice": {"choices": [{"value": "small"}, {"value": "large"}]},
        "digits": {"length": "4..16"},
        "entity": {"values": {language: {"boston": "BOS"}}},
        "intent": {"intents": {language: {"late": ["it is late"]}}},
    }
    return settings.get(name, {})


def names() -> list[str]:
    """Fields that have a grammar."""
    return list(FIELD_NETS)
