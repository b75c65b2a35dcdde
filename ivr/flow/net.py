"""Building an automaton: states by number, arcs with words and marks, fragments that are joined."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from ivr.flow.grammar import Arc, Grammar

SLOT = "\0"
"""The slot of a part's marks until it is put somewhere."""
Label = tuple[str, ...]
"""("word", w), ("class", name) or ("end", intent): what an arc of a Lexicon stands for."""


class Net:
    """Arcs by state; state 0 is the start."""

    def __init__(self) -> None:
        self.arcs: list[list[Arc]] = [[]]

    def state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, start: int, end: int, word: str = "", weight: float = 0.0, slot: str = "", value: str = "") -> None:
        self.arcs[start].append(Arc(end, word, weight, slot, value))

    def phrase(
        self, start: int, end: int, words: Sequence[str], weight: float = 0.0, slot: str = "", value: str = ""
    ) -> None:
        """A path of `words` from `start` to `end`; weight and mark stand on its last arc."""
        state = start
        for word in words[:-1]:
            following = self.state()
            self.arc(state, following, word)
            state = following
        self.arc(state, end, words[-1] if words else "", weight, slot, value)

    def phrases(self, start: int, end: int, rows: Iterable[tuple[Sequence[str], float, str, str]]) -> None:
        """Many phrases between the same two states, their beginnings and ends shared."""
        lexicon = Lexicon()
        marks: dict[Label, tuple[float, str, str]] = {}
        for words, weight, slot, value in rows:
            if words:
                label: Label = ("end", slot, value, str(weight))
                marks[label] = (weight, slot, value)
                lexicon.add([*(("word", word) for word in words), label])
        for state, following, label in lexicon.place(self, start, end):
            if label[0] == "word":
                self.arc(state, following, label[1])
            else:
                weight, slot, value = marks[label]
                self.arc(state, following, "", weight, slot, value)

    def fillers(self, state: int, words: Iterable[str], weight: float) -> None:
        """Words that may be said at this state any number of times."""
        for word in words:
            self.arc(state, state, word, weight)

    def insert(self, part: "Net", start: int, end: int, slot: str) -> None:
        """A copy of `part` between two states: its state 0 is `start`, its state 1 `end`, its SLOT is `slot`."""
        first = len(self.arcs) - 2
        self.arcs.extend([] for _ in part.arcs[2:])
        place = (start, end)
        for n, arcs in enumerate(part.arcs):
            into = self.arcs[place[n] if n < 2 else first + n]
            for arc in arcs:
                to = place[arc.to] if arc.to < 2 else first + arc.to
                into.append(Arc(to, arc.word, arc.weight, slot if arc.slot == SLOT else arc.slot, arc.value))

    def grammar(self, language: str, final: int, kind: str, phrases: list[str]) -> Grammar:
        return Grammar(language, self.arcs, {final: 0.0}, phrases, kind)


class Lexicon:
    """A minimal acyclic automaton over labels; made of sequences, which it takes in any order."""

    def __init__(self) -> None:
        self._rows: set[tuple[Label, ...]] = set()

    def add(self, row: Iterable[Label]) -> None:
        self._rows.add(tuple(row))

    def place(self, net: Net, start: int, end: int) -> Iterator[tuple[int, int, Label]]:
        """Put the automaton's states into `net` between two states; yields (from, to, label) for the caller to fill in.

        Every row ends at `end`. Built from sorted rows, suffixes shared as they are completed (Daciuk and others 2000).
        """
        nodes: list[dict[Label, int]] = [{}]
        register: dict[tuple[tuple[Label, int], ...], int] = {}
        open_path: list[tuple[int, Label]] = []

        def close(depth: int) -> None:
            while len(open_path) > depth:
                parent, label = open_path.pop()
                child = nodes[parent][label]
                key = tuple(sorted(nodes[child].items()))
                nodes[parent][label] = register.setdefault(key, child)

        before: tuple[Label, ...] = ()
        for row in sorted(self._rows):
            shared = next(
                (n for n, (a, b) in enumerate(zip(before, row, strict=False)) if a != b), min(len(before), len(row))
            )
            close(shared)
            node = nodes[open_path[-1][0]][open_path[-1][1]] if open_path else 0
            for label in row[shared:]:
                nodes.append({})
                nodes[node][label] = len(nodes) - 1
                open_path.append((node, label))
                node = len(nodes) - 1
            before = row
        close(0)
        yield from self._arcs(nodes, net, start, end)

    @staticmethod
    def _arcs(nodes: list[dict[Label, int]], net: Net, start: int, end: int) -> Iterator[tuple[int, int, Label]]:
        states = {0: start}
        waiting = [0]
        while waiting:
            node = waiting.pop()
            for label, child in nodes[node].items():
                if not nodes[child]:
                    states[child] = end
                elif child not in states:
                    states[child] = net.state()
                    waiting.append(child)
                yield states[node], states[child], label


MOST_PAIRS = 12_000
"""Word pairs that phrases are made for."""


def sentences(net: Net, rows: Iterable[Sequence[str]]) -> list[str]:
    """Sentences that together hold every word of the automaton and its word pairs: `rows` first, then chains of what
    they lack.

    Where there are more than MOST_PAIRS (several dates and amounts in one question), words after which nearly anything
    may come stand alone: their pairs would tell an engine nothing.
    """
    found = [" ".join(row) for row in dict.fromkeys(tuple(row) for row in rows) if row]
    ahead = _followers(net)
    alone = ahead.keys() - {word for row in found for word in row.split()}
    for row in found:
        for first, second in _pairs(row.split()):
            ahead.get(first, set()).discard(second)
    lacking: dict[str, list[str]] = {}
    pairs = 0
    for word in sorted(ahead, key=lambda word: (len(ahead[word]), word)):
        pairs += len(ahead[word])
        if ahead[word] and pairs <= MOST_PAIRS:
            lacking[word] = sorted(ahead[word])
    while lacking:
        word = next(iter(lacking))
        chain = [word]
        while word in lacking and len(chain) < 20:
            choices = lacking[word]
            last = len(choices) - 1
            near = range(last, max(-1, last - 8), -1)
            place = next((n for n in near if choices[n] in lacking and choices[n] != word), last)
            following = choices.pop(place)
            if not lacking[word]:
                del lacking[word]
            chain.append(following)
            word = following
        alone -= set(chain)
        found.append(" ".join(chain))
    return found + sorted(alone)


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    return itertools.pairwise(words)


def _followers(net: Net) -> dict[str, set[str]]:
    """Word -> the words that may come right after it."""
    after: dict[int, frozenset[str]] = {}

    def next_words(state: int) -> frozenset[str]:
        if state not in after:
            seen, waiting, words = {state}, [state], set()
            while waiting:
                for arc in net.arcs[waiting.pop()]:
                    if arc.word:
                        words.add(arc.word)
                    elif arc.to not in seen:
                        seen.add(arc.to)
                        waiting.append(arc.to)
            after[state] = frozenset(words)
        return after[state]

    grouped: dict[str, set[int]] = {}
    for arcs in net.arcs:
        for arc in arcs:
            if arc.word:
                grouped.setdefault(arc.word, set()).add(arc.to)
    return {word: set().union(*(next_words(state) for state in states)) for word, states in grouped.items()}
