"""What a held search came to: its ended hypotheses as sentences, what each means, and how they share the likelihood."""

import math
from dataclasses import dataclass, replace

from ivr.asr.beam import Ended
from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.letter_model import LetterModel
from ivr.flow.acceptor import Parse, accept

MOST = 5
"""Readings given."""
LEAST_SHARE = 0.005
"""A reading with less is not given, unless it is the best."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One distinct sentence."""

    words: tuple[str, ...]
    ended: Ended
    parse: Parse
    share: float = 0.0
    """Of all readings' likelihood, what those of the same meaning have together."""

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def meaning(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Two readings that say the same in other words are the same answer."""
        return (self.parse.intent or ("" if self.parse.slots else self.text), tuple(sorted(self.parse.slots.items())))


def readings(grammar: LetterAutomaton, ended: list[Ended], letters: LetterModel, letter_weight: float) -> list[Reading]:
    """Best first, at most MOST. What is spelled is weighed by how words are spelled."""
    found: dict[str, tuple[float, tuple[str, ...], Ended]] = {}
    for one in ended[: 6 * MOST]:
        words = grammar.sentence(one.letters, one.whole)
        if words and " ".join(words) not in found:
            score = one.score + letter_weight * letters.bonus(words) * one.score_a_nat
            found[" ".join(words)] = (score, tuple(words), one)
    best = sorted(found.values(), key=lambda item: -item[0])[: 2 * MOST]
    out, weights = [], []
    for score, said, one in best:
        parse = accept(grammar.words.grammar, list(said)) if one.whole else None
        out.append(Reading(said, one, parse or Parse()))
        weights.append(math.exp((score - best[0][0]) / one.score_a_nat))
    shares: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for reading, weight in zip(out, weights, strict=True):
        shares[reading.meaning] = shares.get(reading.meaning, 0.0) + weight / sum(weights)
    whole = [replace(reading, share=min(1.0, shares[reading.meaning])) for reading in out]
    return [r for n, r in enumerate(whole) if n == 0 or r.share >= LEAST_SHARE][:MOST]
