"""A grammar spelled out in letters.

Over the words (word_automaton.py) lies a net of nodes: the forms of all words that a word state allows as a tree of
letters, the place after a word, the gap before the next one, and numbers in figures. Nodes unfold when they are first
reached.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.asr.spelling import FIGURES, LETTER, TENS, UNITS, contracted, forms, kind, ordinal_unit
from ivr.asr.vocabulary import SEPARATOR
from ivr.asr.word_automaton import WordAutomaton, WordState

JOIN_COST = 6.0
"""Of a letter that stands against the one before: "six" is a word more often than three letters."""
MIXED_COST = 1.0
"""Of a letter that stands against figures, or the other way round."""


@dataclass(slots=True, eq=False)
class Node:
    """A place in the net. Costs are natural logarithms."""

    number: int
    next: dict[str, tuple["Node", float]] = field(default_factory=dict)
    free: list[tuple["Node", float, tuple[str, ...]]] = field(default_factory=list)
    """Moves without a letter: where, cost, the words that are finished by it."""
    unfold: Callable[[], None] | None = None
    """Fills `next` and `free` when the node is first reached."""
    final: float | None = None
    boundary: bool = False
    """A word ends here."""


class LetterNet:
    """Of one grammar."""

    def __init__(self, words: WordAutomaton) -> None:
        self.words = words
        self._count = 0
        self._gaps: dict[int, Node] = {}
        self._after: dict[tuple[int, str], Node] = {}
        self._joined: dict[tuple[int, str], Node] = {}
        self._tails: dict[tuple[int, int], Node] = {}

    @property
    def start(self) -> Node:
        """Before the first word."""
        return self._gap(self.words.start)

    def _node(self) -> Node:
        self._count += 1
        return Node(self._count)

    @staticmethod
    def grow(node: Node) -> None:
        """Make sure that the node has its branches."""
        if node.unfold is not None:
            unfold, node.unfold = node.unfold, None
            unfold()

    def _gap(self, state: WordState) -> Node:
        """Before a word, after a space."""
        node = self._gaps.get(state.number)
        if node is None:
            node = self._gaps[state.number] = self._node()
            node.final, node.boundary = state.final, True

            def unfold() -> None:
                node.next[SEPARATOR] = (node, 0.0)
                self._lexicon(node, state)

            node.unfold = unfold
        return node

    def _place_after(self, state: WordState, kind: str) -> Node:
        """Right after a word of a kind (spelling.kind): a letter or figures may have the next one right behind."""
        node = self._after.get((state.number, kind))
        if node is None:
            node = self._after[state.number, kind] = self._node()
            node.final, node.boundary = state.final, True
            node.next[SEPARATOR] = (self._gap(state), 0.0)
            if kind:
                node.free.append((self._joined_root(state, FIGURES), 0.0 if kind == FIGURES else MIXED_COST, ()))
                node.free.append((self._joined_root(state, LETTER), JOIN_COST if kind == LETTER else MIXED_COST, ()))
        return node

    def _joined_root(self, state: WordState, kind: str) -> Node:
        root = self._joined.get((state.number, kind))
        if root is None:
            root = self._joined[state.number, kind] = target = self._node()
            root.unfold = lambda: self._lexicon(target, state, kind)
        return root

    def _lexicon(self, root: Node, state: WordState, only: str = "") -> None:
        """Hang the forms of all words that `state` allows under `root`; `only` those of a kind."""
        for word in state.words:
            step = self.words.step(state, word)
            if step is None:
                continue
            target, cost = step
            for form in forms(word):
                if not only or kind(form) == only:
                    self._spell(root, form, target, cost, (word,))
            for second in target.words if not only else ():
                drawn = contracted(word, second)
                if drawn is not None and (last := self.words.step(target, second)) is not None:
                    self._spell(root, drawn, last[0], cost + last[1], (word, second))
            if only != LETTER and word in TENS:
                self._two_word_figures(root, word, target, cost)
            if only != LETTER and word in UNITS and word != "zero":
                self._hundreds(root, word, target, cost)
        self._push(root)

    def _spell(self, root: Node, form: str, target: WordState, cost: float, words: tuple[str, ...]) -> Node:
        node = root
        for letter in form:
            node = self._branch(node, letter)
        node.free.append((self._place_after(target, kind(form)), cost, words))
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
            root.unfold = lambda: self._grow_tail(root, state, digits)
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
