"""Words against an automaton: is this sentence in the grammar, and what does it mean? Pure, for text legs and tests."""

import heapq
from dataclasses import dataclass, field

from ivr.flow.grammar import Grammar


@dataclass(frozen=True)
class Parse:
    """The cheapest path that takes all words."""

    intent: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    cost: float = 0.0


Marks = tuple[tuple[str, str], ...]


def accept(grammar: Grammar, words: list[str]) -> Parse | None:
    """None when the words are not a whole sentence of the grammar.

    Dijkstra over (state, words taken), so that costs on arcs choose between readings.
    """
    queue: list[tuple[float, int, int, int, Marks]] = [(0.0, 0, 0, 0, ())]
    seen: set[tuple[int, int]] = set()
    serial = 0
    best: Parse | None = None
    while queue:
        cost, _, state, taken, marks = heapq.heappop(queue)
        if best is not None and cost >= best.cost:
            break
        if (state, taken) in seen:
            continue
        seen.add((state, taken))
        if taken == len(words) and state in grammar.finals:
            total = cost + grammar.finals[state]
            if best is None or total < best.cost:
                best = _parse(marks, total)
        for arc in grammar.arcs[state]:
            if arc.word and (taken >= len(words) or arc.word != words[taken]):
                continue
            serial += 1
            mark = (*marks, (arc.slot, arc.value)) if arc.slot else marks
            heapq.heappush(queue, (cost + arc.weight, serial, arc.to, taken + bool(arc.word), mark))
    return best


def _parse(marks: Marks, cost: float) -> Parse:
    slots: dict[str, str] = {}
    intent = ""
    for name, value in marks:
        if name == "intent":
            intent = value
        else:
            slots[name] = slots.get(name, "") + value
    return Parse(intent, slots, cost)
