"""Which letters of a grammar may come next, and so which tokens of the vocabulary.

A `LetterState` is a set of nodes of the net of letters (letter_net.py), made deterministic as it is walked; the tokens
that it allows come from walking the vocabulary's tree beside it once, and are kept with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ivr.asr.letter_net import LetterNet, Node
from ivr.asr.vocabulary import TokenTrie
from ivr.asr.word_automaton import WordAutomaton

_FAR = 15.0
DEAREST = 16.0
"""A token that costs more is left out: letters that stand against each other allow any word of the vocabulary else."""
MOST_GROUPS = 250_000
"""Kept a grammar, some 40 MB; then all is forgotten and walked again as it is needed."""
_GRAIN = 8


@dataclass(slots=True, eq=False)
class Allowed:
    """Tokens that may follow, grouped by their letters: tokens of one group differ in case and marks only."""

    tokens: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    """Where each group begins in `tokens`."""
    costs: npt.NDArray[np.float32]
    """Per group."""
    targets: list["LetterState"]
    letters: list[str]


@dataclass(slots=True, eq=False)
class LetterState:
    """Where the search may be after the letters so far."""

    nodes: dict[Node, float]
    final: float | None
    boundary: bool
    steps: dict[str, tuple["LetterState", float] | None] = field(default_factory=dict)
    allowed: Allowed | None = None


class LetterAutomaton:
    """Of one grammar and one vocabulary."""

    def __init__(self, words: WordAutomaton, vocabulary: TokenTrie) -> None:
        self.words = words
        self._vocabulary = vocabulary
        self._net = LetterNet(words)
        self._start: LetterState | None = None
        self._groups = 0
        self._states: dict[tuple[tuple[int, float], ...], LetterState] = {}

    @property
    def start(self) -> LetterState:
        """Where a search begins. What was remembered is forgotten here when it has become too much."""
        if self._start is None or self._groups > MOST_GROUPS:
            self._net = LetterNet(self.words)
            self._states.clear()
            self._groups = 0
            self._start = self._state({self._net.start: 0.0})[0]
        return self._start

    # --- what may come -----------------------------------------------------------------------------------------

    def allowed(self, state: LetterState) -> Allowed:
        """Tokens that may follow."""
        if state.allowed is None:
            tokens: list[int] = []
            starts: list[int] = []
            costs: list[float] = []
            targets: list[LetterState] = []
            letters: list[str] = []
            for node, text, target, cost in self._walk(self._vocabulary, "", state, 0.0):
                if target is state and not text.strip():
                    continue  # marks after marks would go on for ever
                starts.append(len(tokens))
                tokens += node.tokens
                costs.append(cost)
                targets.append(target)
                letters.append(text)
            self._groups += len(starts)
            state.allowed = Allowed(
                np.array(tokens, np.int64), np.array(starts, np.int64), np.array(costs, np.float32), targets, letters
            )
        return state.allowed

    def _walk(
        self, tree: TokenTrie, text: str, state: LetterState, cost: float
    ) -> Iterator[tuple[TokenTrie, str, LetterState, float]]:
        if tree.tokens:
            yield tree, text, state, cost
        for letter, branch in tree.next.items():
            step = self.step(state, letter)
            if step is not None and cost + step[1] <= DEAREST:
                yield from self._walk(branch, text + letter, step[0], cost + step[1])

    def step(self, state: LetterState, letter: str) -> tuple[LetterState, float] | None:
        """One letter further; None when the grammar does not allow it."""
        if letter in state.steps:
            return state.steps[letter]
        reached: dict[Node, float] = {}
        for node, cost in state.nodes.items():
            found = node.next.get(letter)
            if found is not None and cost + found[1] < reached.get(found[0], float("inf")):
                reached[found[0]] = cost + found[1]
        state.steps[letter] = result = self._state(reached) if reached else None
        return result

    def _state(self, nodes: dict[Node, float]) -> tuple[LetterState, float]:
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            self._net.grow(node)
            for target, cost, _ in node.free:
                if nodes[node] + cost < nodes.get(target, float("inf")):
                    nodes[target] = nodes[node] + cost
                    waiting.append(target)
        least = min(nodes.values())
        kept = {
            node: round((cost - least) * _GRAIN) / _GRAIN
            for node, cost in sorted(nodes.items(), key=lambda item: item[0].number)
            if cost - least < _FAR
        }
        key = tuple((node.number, cost) for node, cost in kept.items())
        known = self._states.get(key)
        if known is None:
            finals = [cost + node.final for node, cost in kept.items() if node.final is not None]
            boundary = any(node.boundary for node in kept)
            known = self._states[key] = LetterState(kept, min(finals) if finals else None, boundary)
        return known, least

    # --- back to words -----------------------------------------------------------------------------------------

    def sentence(self, letters: str, whole: bool) -> list[str] | None:
        """The words of the cheapest way to spell these letters; `whole`: it must end a sentence."""
        best: dict[Node, tuple[float, tuple[str, ...]]] = {self._net.start: (0.0, ())}
        self._relax(best)
        for letter in letters:
            reached: dict[Node, tuple[float, tuple[str, ...]]] = {}
            for node, (cost, words) in best.items():
                found = node.next.get(letter)
                if found is not None and cost + found[1] < reached.get(found[0], (float("inf"),))[0]:
                    reached[found[0]] = (cost + found[1], words)
            best = reached
            self._relax(best)
        ends = [
            (cost + (node.final or 0.0), words)
            for node, (cost, words) in best.items()
            if (node.final is not None if whole else node.boundary)
        ]
        return list(min(ends)[1]) if ends else None

    def _relax(self, best: dict[Node, tuple[float, tuple[str, ...]]]) -> None:
        waiting = list(best)
        while waiting:
            node = waiting.pop()
            self._net.grow(node)
            cost, words = best[node]
            for target, more, said in node.free:
                if cost + more < best.get(target, (float("inf"),))[0]:
                    best[target] = (cost + more, words + said)
                    waiting.append(target)
