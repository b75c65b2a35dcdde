"""Words against an automaton: is this sentence in the grammar, and what does it mean? Pure.

Korean is matched letter by letter without its spaces: people set them as they like ("영업시간", "영업 시간"), and
recognizers write endings apart ("한국어 로").
"""

import heapq
from dataclasses import dataclass, field

from ivr.flow.grammar import Arc, Grammar
from ivr.language.table import LANGUAGES

SPACELESS = frozenset(code for code, data in LANGUAGES.items() if not data.values.spaces)
"""Languages whose spaces mean nothing."""

Marks = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Parse:
    """The cheapest path that takes all words."""

    intent: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    cost: float = 0.0


def accept(grammar: Grammar, words: list[str]) -> Parse | None:
    """None when the words are not a whole sentence of the grammar.

    Dijkstra over (state, what is taken), so that costs on arcs choose between readings.
    """
    said: list[str] | str = "".join(words) if grammar.language in SPACELESS else words
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
        if taken == len(said) and state in grammar.finals:
            total = cost + grammar.finals[state]
            if best is None or total < best.cost:
                best = _parse(marks, total)
        for arc in grammar.arcs[state]:
            step = taken_by(arc, said, taken)
            if step is None:
                continue
            serial += 1
            mark = (*marks, (arc.slot, arc.value)) if arc.slot else marks
            heapq.heappush(queue, (cost + arc.weight, serial, arc.to, taken + step, mark))
    return best


def taken_by(arc: Arc, said: list[str] | str, taken: int) -> int | None:
    """How much of what was said the arc takes; None when it does not fit."""
    if not arc.word:
        return 0
    if isinstance(said, str):
        return len(arc.word) if said.startswith(arc.word, taken) else None
    return 1 if taken < len(said) and said[taken] == arc.word else None


def _parse(marks: Marks, cost: float) -> Parse:
    slots: dict[str, str] = {}
    intent = ""
    for name, value in marks:
        if name == "intent":
            intent = value
        else:
            slots[name] = slots.get(name, "") + value
    return Parse(intent, slots, cost)
