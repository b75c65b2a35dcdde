"""A grammar spelled out: which letters may come next, and so which tokens of the vocabulary.

Over the words (word_automaton.py) lies a net of nodes: the forms of all words that a word state allows as a tree of
letters, the place after a word, the gap before the next one. A `LetterState` is a set of nodes, made deterministic as
it is walked; the tokens that it allows come from walking the vocabulary's tree beside it once, and are kept with it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ivr.asr.spelling import TENS, UNITS, forms, joins, ordinal_unit
from ivr.asr.vocabulary import SEPARATOR, TokenTrie
from ivr.asr.word_automaton import WordAutomaton, WordState

_FAR = 15.0
_GRAIN = 8


@dataclass(slots=True, eq=False)
class Node:
    """A place in the net. Costs are natural logarithms."""

    number: int
    next: dict[str, tuple["Node", float]] = field(default_factory=dict)
    free: list[tuple["Node", float, tuple[str, ...]]] = field(default_factory=list)
    """Moves without a letter: where, cost, the words that are finished by it."""
    grow: Callable[[], None] | None = None
    """Fills `next` and `free` when the node is first reached."""
    final: float | None = None
    boundary: bool = False
    """A word ends here."""


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
        self._count = 0
        self._gaps: dict[int, Node] = {}
        self._after: dict[tuple[int, bool], Node] = {}
        self._joined: dict[int, Node] = {}
        self._tails: dict[tuple[int, int], Node] = {}
        self._states: dict[tuple[tuple[int, float], ...], LetterState] = {}

    @cached_property
    def start(self) -> LetterState:
        return self._state({self._gap(self.words.start): 0.0})[0]

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
            if step is not None:
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
            self._grown(node)
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

    # --- the net -----------------------------------------------------------------------------------------------

    def _node(self) -> Node:
        self._count += 1
        return Node(self._count)

    @staticmethod
    def _grown(node: Node) -> None:
        if node.grow is not None:
            grow, node.grow = node.grow, None
            grow()

    def _gap(self, state: WordState) -> Node:
        """Before a word, after a space."""
        node = self._gaps.get(state.number)
        if node is None:
            node = self._gaps[state.number] = self._node()
            node.final, node.boundary = state.final, True

            def grow() -> None:
                node.next[SEPARATOR] = (node, 0.0)
                self._lexicon(node, state, only_joined=False)

            node.grow = grow
        return node

    def _place_after(self, state: WordState, joined: bool) -> Node:
        """Right after a word; `joined`: the next one may stand against it."""
        node = self._after.get((state.number, joined))
        if node is None:
            node = self._after[state.number, joined] = self._node()
            node.final, node.boundary = state.final, True
            node.next[SEPARATOR] = (self._gap(state), 0.0)
            if joined:
                root = self._joined.get(state.number)
                if root is None:
                    root = self._joined[state.number] = self._node()
                    target = root
                    root.grow = lambda: self._lexicon(target, state, only_joined=True)
                node.free.append((root, 0.0, ()))
        return node

    def _lexicon(self, root: Node, state: WordState, only_joined: bool) -> None:
        """Hang the forms of all words that `state` allows under `root`."""
        for word in state.words:
            step = self.words.step(state, word)
            if step is None:
                continue
            target, cost = step
            for form in forms(word):
                if not only_joined or joins(form):
                    self._spell(root, form, target, cost, (word,))
            if word in TENS:
                self._two_word_figures(root, word, target, cost)
            if word in UNITS and word != "zero":
                self._hundreds(root, word, target, cost)
        self._push(root)

    def _spell(self, root: Node, form: str, target: WordState, cost: float, words: tuple[str, ...]) -> Node:
        node = root
        for letter in form:
            node = self._branch(node, letter)
        node.free.append((self._place_after(target, joins(form)), cost, words))
        return node

    def _branch(self, node: Node, letter: str) -> Node:
        known = node.next.get(letter)
        if known is None:
            known = node.next[letter] = (self._node(), 0.0)
        return known[0]

    def _push(self, node: Node) -> float:
        """Move costs from the ends of words towards their beginnings, so that the search sees them early; returns
        what was moved out of `node`'s branches."""
        for letter, (branch, _) in node.next.items():
            if letter == SEPARATOR or branch is node:
                continue
            node.next[letter] = (branch, self._push_all(branch))
        return 0.0

    def _push_all(self, node: Node) -> float:
        below = [self._push_all(branch) for letter, (branch, _) in node.next.items() if letter != SEPARATOR]
        ends = [cost for _, cost, _ in node.free]
        least = min([*below, *ends], default=0.0)
        for (letter, (branch, cost)), pushed in zip(
            [item for item in node.next.items() if item[0] != SEPARATOR], below, strict=True
        ):
            node.next[letter] = (branch, cost + pushed - least)
        node.free = [(target, cost - least, words) for target, cost, words in node.free]
        return least

    # --- numbers in figures ------------------------------------------------------------------------------------

    def _two_word_figures(self, root: Node, tens: str, target: WordState, cost: float) -> None:
        """ "61" for "sixty one", "21st" for "twenty first"."""
        for word in target.words:
            unit = UNITS.get(word)
            written = f"{TENS[tens]}{unit}" if unit else ""
            if not written and (ordinal := ordinal_unit(word)):
                written = f"{TENS[tens]}{ordinal}"
            if written and (step := self.words.step(target, word)) is not None:
                self._spell(root, written, step[0], cost + step[1], (tens, word))

    def _hundreds(self, root: Node, unit: str, target: WordState, cost: float) -> None:
        """ "823" for "eight hundred [and] twenty three", "7186" likewise."""
        for word, digits in (("hundred", 2), ("thousand", 3)):
            if word in target.words and (step := self.words.step(target, word)) is not None:
                node = self._branch(root, str(UNITS[unit]))
                node.free.append((self._tail(step[0], digits), cost + step[1], (unit, word)))

    def _tail(self, state: WordState, digits: int) -> Node:
        """Exactly so many figures more, said as a number below a hundred or a thousand."""
        node = self._tails.get((state.number, digits))
        if node is None:
            node = self._tails[state.number, digits] = self._node()
            root = node
            root.grow = lambda: self._grow_tail(root, state, digits)
        return node

    def _grow_tail(self, root: Node, state: WordState, digits: int) -> None:
        if digits == 3:
            self._grow_hundreds_tail(root, state)
            return
        self._spell(root, "00", state, 0.0, ())
        starts: list[tuple[WordState, float, tuple[str, ...]]] = [(state, 0.0, ())]
        if (step := self.words.step(state, "and")) is not None:
            starts.append((*step, ("and",)))
        for begin, cost, words in starts:
            for word in begin.words:
                step = self.words.step(begin, word)
                if step is None:
                    continue
                for form in forms(word):
                    if form.isdigit() and len(form) <= 2 and form != "0":
                        self._spell(root, form.zfill(2), step[0], cost + step[1], (*words, word))
                if word in TENS:
                    for unit in step[0].words:
                        if UNITS.get(unit) and (last := self.words.step(step[0], unit)) is not None:
                            form = f"{TENS[word]}{UNITS[unit]}"
                            self._spell(root, form, last[0], cost + step[1] + last[1], (*words, word, unit))

    def _grow_hundreds_tail(self, root: Node, state: WordState) -> None:
        root.next[SEPARATOR] = (root, 0.0)
        self._branch(root, "0").free.append((self._tail(state, 2), 0.0, ()))
        for word in state.words:
            step = self.words.step(state, word) if word in UNITS else None
            hundred = self.words.step(step[0], "hundred") if step else None
            if step is not None and hundred is not None:
                node = self._branch(root, str(UNITS[word]))
                node.free.append((self._tail(hundred[0], 2), step[1] + hundred[1], (word, "hundred")))

    # --- back to words -----------------------------------------------------------------------------------------

    def sentence(self, letters: str, whole: bool) -> list[str] | None:
        """The words of the cheapest way to spell these letters; `whole`: it must end a sentence."""
        best: dict[Node, tuple[float, tuple[str, ...]]] = {self._gap(self.words.start): (0.0, ())}
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
            self._grown(node)
            cost, words = best[node]
            for target, more, said in node.free:
                if cost + more < best.get(target, (float("inf"),))[0]:
                    best[target] = (cost + more, words + said)
                    waiting.append(target)
