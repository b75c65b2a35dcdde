"""Is a sentence of a grammar over, or may more of it follow? Pure.

What may follow is weighed as the grammar weighs it: a polite end ("please"), a filler, and what few callers do (taking
back a number that was whole: "..., no, ...") are no reason to wait.
"""

import heapq
import math
from collections import OrderedDict
from functools import cached_property

from ivr.flow.acceptor import SPACELESS, taken_by
from ivr.flow.grammar import Grammar
from ivr.language.table import language

RARE = 2.5
"""All continuations together cost this much more (natural logarithm) than ending here."""
SWEEPS = 6
"""Over all states, from the ends back, at most: what loops add after that is little."""
SETTLED = 0.01
KEPT = 64


class Closing:
    """Of one grammar; what it works out is kept."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar

    @cached_property
    def _share(self) -> dict[int, float]:
        """State -> how likely a sentence comes to its end from there, about 1 at most: over all ways, as the
        cheapest of many says little of them together."""
        back: dict[int, list[int]] = {}
        for state, arcs in enumerate(self.grammar.arcs):
            for arc in arcs:
                back.setdefault(arc.to, []).append(state)
        near = list(dict.fromkeys(self.grammar.finals))
        seen = set(near)
        for state in near:
            for before in back.get(state, ()):
                if before not in seen:
                    seen.add(before)
                    near.append(before)
        finals, choices = self.grammar.finals, {state: self._choices(state) for state in near}
        ends = {state: math.exp(-finals[state]) / choices[state] if state in finals else 0.0 for state in near}
        ways = {
            state: [(math.exp(-arc.weight) / choices[state], arc.to) for arc in self.grammar.arcs[state]]
            for state in near
        }
        share = dict.fromkeys(range(len(self.grammar.arcs)), 0.0)
        for _ in range(SWEEPS):
            moved = 0.0
            for state in near:
                now = ends[state]
                for likely, to in ways[state]:
                    now += likely * share[to]
                moved = max(moved, now - share[state])
                share[state] = now
            if moved < SETTLED:
                break
        return share

    def _choices(self, state: int) -> float:
        """What the weights of a state come to: 1 where they are shares; more where they say nothing, and each way
        is as likely as the next; what is left below 1 is a price, which is kept."""
        return max(1.0, sum(math.exp(-arc.weight) for arc in self.grammar.arcs[state]))

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
        ends = follows = 0.0
        while queue:
            cost, state, taken = heapq.heappop(queue)
            if (state, taken) in seen:
                continue
            seen.add((state, taken))
            at_end = taken == len(said)
            if at_end and state in finals:
                ends += math.exp(-cost - finals[state])
            for arc in arcs[state]:
                if at_end and arc.word:
                    if arc.word not in self._polite:
                        likely = math.exp(-cost - arc.weight) / self._choices(state)
                        follows += likely * self._share[arc.to]
                elif (step := taken_by(arc, said, taken)) is not None:
                    heapq.heappush(queue, (cost + arc.weight, arc.to, taken + step))
        return ends > 0.0 and follows <= ends * math.exp(-RARE)


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
