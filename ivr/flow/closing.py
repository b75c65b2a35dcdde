"""Is a sentence of a grammar over, or may more of it follow? Pure.

What may follow is weighed as the grammar weighs it: a polite end ("please"), a filler, and what few callers do (taking
back a number that was whole: "..., no, ...") are no reason to wait.
"""

import heapq
from collections import OrderedDict
from functools import cached_property

from ivr.flow.acceptor import SPACELESS, taken_by
from ivr.flow.grammar import Grammar
from ivr.language.table import language

RARE = 2.5
"""A continuation that costs this much more (natural logarithm) than ending here."""
KEPT = 64


class Closing:
    """Of one grammar; what it works out is kept."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar

    @cached_property
    def _to_the_end(self) -> dict[int, float]:
        """State -> cost of the cheapest way to the end of a sentence."""
        back: dict[int, list[tuple[int, float]]] = {}
        for state, arcs in enumerate(self.grammar.arcs):
            for arc in arcs:
                back.setdefault(arc.to, []).append((state, arc.weight))
        found: dict[int, float] = {}
        queue = [(cost, state) for state, cost in self.grammar.finals.items()]
        heapq.heapify(queue)
        while queue:
            cost, state = heapq.heappop(queue)
            if state in found:
                continue
            found[state] = cost
            for before, weight in back.get(state, ()):
                if before not in found:
                    heapq.heappush(queue, (cost + weight, before))
        return found

    @cached_property
    def _polite(self) -> frozenset[str]:
        data = language(self.grammar.language)
        return frozenset(phrase.split()[0] for phrase in (*data.after, *data.fillers))

    def closed(self, words: list[str]) -> bool:
        """The words are a whole sentence, and nothing that counts may follow."""
        arcs, finals = self.grammar.arcs, self.grammar.finals
        said: list[str] | str = "".join(words) if self.grammar.language in SPACELESS else words
        queue: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        seen: set[tuple[int, int]] = set()
        ends = follows = float("inf")
        while queue:
            cost, state, taken = heapq.heappop(queue)
            if (state, taken) in seen:
                continue
            seen.add((state, taken))
            at_end = taken == len(said)
            if at_end and state in finals:
                ends = min(ends, cost + finals[state])
            for arc in arcs[state]:
                if at_end and arc.word:
                    if arc.word not in self._polite:
                        follows = min(follows, cost + arc.weight + self._to_the_end.get(arc.to, float("inf")))
                elif (step := taken_by(arc, said, taken)) is not None:
                    heapq.heappush(queue, (cost + arc.weight, arc.to, taken + step))
        return ends < float("inf") and follows >= ends + RARE


_kept: OrderedDict[int, Closing] = OrderedDict()


def closing(grammar: Grammar) -> Closing:
    """The same object for the same grammar object, as long as it is used now and then."""
    found = _kept.get(id(grammar))
    if found is None or found.grammar is not grammar:
        found = _kept[id(grammar)] = Closing(grammar)
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(id(grammar))
    return found
