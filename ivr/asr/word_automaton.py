"""A grammar's automaton over words, made deterministic where the search walks it.

A `WordState` stands for the grammar's states that the same words lead to, each with what its best path costs more than
the best of them all. States are made when they are first reached and kept with the grammar.
"""

from dataclasses import dataclass, field
from functools import cached_property

from ivr.flow.grammar import Grammar

_FAR = 20.0
"""A state that costs this much more than the best one of its set is never the answer."""
_GRAIN = 8
"""Costs are kept in eighths, so that loops come back to the same sets."""


def _rounded(cost: float) -> float:
    return round(cost * _GRAIN) / _GRAIN


@dataclass(slots=True, eq=False)
class WordState:
    """A set of states. `number` is its name within the automaton."""

    number: int
    members: dict[int, float]
    final: float | None
    """Cost of ending here; None where no sentence ends."""
    words: tuple[str, ...]
    """What may be said next."""
    _next: dict[str, tuple["WordState", float]] = field(default_factory=dict)


class WordAutomaton:
    """Deterministic view of one grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._states: dict[tuple[tuple[int, float], ...], WordState] = {}

    @cached_property
    def start(self) -> WordState:
        state, _ = self._state({0: 0.0})
        return state

    def step(self, state: WordState, word: str) -> tuple[WordState, float] | None:
        """Where `word` leads and what it costs; None when it cannot be said here."""
        known = state._next.get(word)
        if known is not None or word not in state.words:
            return known
        reached: dict[int, float] = {}
        for member, cost in state.members.items():
            for arc in self.grammar.arcs[member]:
                if arc.word == word:
                    total = cost + arc.weight
                    if total < reached.get(arc.to, float("inf")):
                        reached[arc.to] = total
        state._next[word] = found = self._state(reached)
        return found

    def _state(self, members: dict[int, float]) -> tuple[WordState, float]:
        """The set with everything that epsilon arcs reach, and the cost taken out of it."""
        self._close(members)
        least = min(members.values())
        kept = {s: _rounded(c - least) for s, c in sorted(members.items()) if c - least < _FAR}
        key = tuple(kept.items())
        known = self._states.get(key)
        if known is None:
            finals = [c + self.grammar.finals[s] for s, c in kept.items() if s in self.grammar.finals]
            words = dict.fromkeys(arc.word for s in kept for arc in self.grammar.arcs[s] if arc.word)
            known = WordState(len(self._states), kept, min(finals) if finals else None, tuple(words))
            self._states[key] = known
        return known, least

    def _close(self, members: dict[int, float]) -> None:
        waiting = list(members)
        while waiting:
            state = waiting.pop()
            for arc in self.grammar.arcs[state]:
                if not arc.word and members[state] + arc.weight < members.get(arc.to, float("inf")):
                    members[arc.to] = members[state] + arc.weight
                    waiting.append(arc.to)

    def walk(self, words: list[str]) -> WordState | None:
        """Where a sentence leads; None when the grammar does not hold its words, not even as a beginning."""
        state = self.start
        for word in words:
            step = self.step(state, word)
            if step is None:
                return None
            state = step[0]
        return state
