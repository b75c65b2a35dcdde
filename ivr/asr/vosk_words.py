"""A grammar in the words of a Kaldi model: what its vocabulary lacks is said in pieces, or left out.

Kaldi drops words that it does not know from a phrase, so their sentences could never be heard. Most unknown Korean
words are known ones with an ending ("한국어로": 한국어 + 로): they become several words here, and one again in what
is heard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ivr.flow.grammar import Arc, Grammar

LONGEST = 12
"""Letters of a piece."""


@dataclass(frozen=True, eq=False)
class ModelGrammar:
    """`grammar` holds only words of the model; `pieces` tells what became of the others."""

    grammar: Grammar
    pieces: dict[str, tuple[str, ...]]
    """Unknown word -> its known pieces; empty when it cannot be said."""

    @property
    def lost(self) -> list[str]:
        """Words that this model can never hear."""
        return [word for word, pieces in self.pieces.items() if not pieces]

    @cached_property
    def _whole(self) -> dict[tuple[str, ...], str]:
        return {pieces: word for word, pieces in self.pieces.items() if pieces}

    def rejoined(self, words: Sequence[str]) -> list[list[str]]:
        """The words as the grammar's author wrote them, each as the pieces that it was heard in."""
        out: list[list[str]] = []
        at = 0
        longest = max(map(len, self._whole), default=1)
        while at < len(words):
            for count in range(min(longest, len(words) - at), 0, -1):
                if count == 1 or tuple(words[at : at + count]) in self._whole:
                    out.append(list(words[at : at + count]))
                    at += count
                    break
        return out


def split(word: str, known: Callable[[str], bool]) -> tuple[str, ...]:
    """The fewest pieces that the model knows, the longer first; empty when there are none."""
    best: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        for start in range(end - 1, max(0, end - LONGEST) - 1, -1):
            piece = word[start:end]
            if start in best and (end not in best or len(best[start]) + 1 < len(best[end])) and known(piece):
                best[end] = (*best[start], piece)
    return best.get(len(word), ())


def in_model_words(grammar: Grammar, known: Callable[[str], bool]) -> ModelGrammar:
    """The grammar with unknown words in pieces; arcs and phrases with words that cannot be said are left out."""
    words = {arc.word for arcs in grammar.arcs for arc in arcs if arc.word}
    words |= {word for phrase in grammar.phrases for word in phrase.split()}
    pieces = {word: split(word, known) for word in sorted(words) if not known(word)}
    if not pieces:
        return ModelGrammar(grammar, {})
    arcs: list[list[Arc]] = [[] for _ in grammar.arcs]
    for state, row in enumerate(grammar.arcs):
        for arc in row:
            if arc.word not in pieces:
                arcs[state].append(arc)
            elif parts := pieces[arc.word]:
                place = state
                for part in parts[:-1]:
                    arcs.append([])
                    arcs[place].append(Arc(len(arcs) - 1, part))
                    place = len(arcs) - 1
                arcs[place].append(Arc(arc.to, parts[-1], arc.weight, arc.slot, arc.value))
    phrases = []
    for phrase in grammar.phrases:
        said = [pieces.get(word, (word,)) for word in phrase.split()]
        if all(said):
            phrases.append(" ".join(part for parts in said for part in parts))
    return ModelGrammar(Grammar(grammar.language, arcs, grammar.finals, phrases, grammar.kind), pieces)
