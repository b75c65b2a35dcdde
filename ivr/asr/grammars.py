"""Grammars by their hash: read from files, compiled for the search once, the latest ones kept."""

from collections import OrderedDict
from pathlib import Path

import msgspec

from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.vocabulary import TokenTrie
from ivr.asr.word_automaton import WordAutomaton
from ivr.flow.grammar import Grammar, decode

KEPT = 256


class GrammarUnknown(Exception):
    """No file of that hash, or none that holds a grammar."""


class GrammarFiles:
    """`<folder>/<hash>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Grammar] = OrderedDict()

    def get(self, name: str) -> Grammar:
        """Raises GrammarUnknown."""
        known = self._kept.get(name)
        if known is None:
            if not name.isalnum():
                raise GrammarUnknown(name)
            try:
                known = decode((self._folder / f"{name}.json").read_bytes())
            except (OSError, msgspec.MsgspecError, ValueError) as error:
                raise GrammarUnknown(name) from error
            self._kept[name] = known
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return known


class GrammarCache:
    """The search's form of each grammar, by the grammar object itself: `GrammarFiles` gives the same one again."""

    def __init__(self, vocabulary: TokenTrie) -> None:
        self._vocabulary = vocabulary
        self._kept: OrderedDict[int, tuple[Grammar, LetterAutomaton]] = OrderedDict()

    def get(self, grammar: Grammar) -> LetterAutomaton:
        """Compiled lazily: the first decode walks what it needs."""
        known = self._kept.get(id(grammar))
        if known is None:
            known = self._kept[id(grammar)] = (grammar, LetterAutomaton(WordAutomaton(grammar), self._vocabulary))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(id(grammar))
        return known[1]
