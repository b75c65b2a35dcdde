"""What a held search came to: its ended hypotheses as sentences, what each means, and how they share the likelihood.

Where the best one has not nearly all of it, the first few are looked at again on the same sound made otherwise
(`SecondLook`), and both scores count.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ivr.asr.beam import Ended
from ivr.asr.letter_automaton import LetterAutomaton
from ivr.asr.letter_model import LetterModel
from ivr.flow.acceptor import Parse, accept

MOST = 5
"""Readings given."""
SURE = 0.98
"""A best reading with so much needs no second look."""
SECOND_WEIGHT = 1 / 3
"""Of the second look beside the first (chosen on digits, letters and orders in noise)."""
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


SecondLook = Callable[[Sequence[Sequence[int]]], list[float]]
"""Rows of tokens to their likelihoods."""


def readings(
    grammar: LetterAutomaton,
    ended: list[Ended],
    letters: LetterModel,
    letter_weight: float,
    look_again: SecondLook | None = None,
) -> list[Reading]:
    """Best first, at most MOST. What is spelled is weighed by how words are spelled."""
    found: dict[str, tuple[float, Reading]] = {}
    for one in ended[: 6 * MOST]:
        words = grammar.sentence(one.letters, one.whole)
        if words and " ".join(words) not in found:
            score = one.score + letter_weight * letters.bonus(words) * one.score_a_nat
            parse = accept(grammar.words.grammar, list(words)) if one.whole else None
            found[" ".join(words)] = (score, Reading(tuple(words), one, parse or Parse()))
    best = _shared(sorted(found.values(), key=lambda item: -item[0])[: 2 * MOST])
    if look_again is not None and len(best) > 1 and best[0][1].share < SURE:
        seconds = look_again([reading.ended.tokens for _, reading in best])
        mended = [
            (score + SECOND_WEIGHT * (second - reading.ended.model_score) * reading.ended.score_a_nat, reading)
            for (score, reading), second in zip(best, seconds, strict=True)
        ]
        best = _shared(sorted(mended, key=lambda item: -item[0]))
    return [reading for n, (_, reading) in enumerate(best) if n == 0 or reading.share >= LEAST_SHARE][:MOST]


def _shared(scored: list[tuple[float, Reading]]) -> list[tuple[float, Reading]]:
    """The same with the shares of their meanings; best first."""
    weights = [math.exp(min(0.0, score - scored[0][0]) / reading.ended.score_a_nat) for score, reading in scored]
    shares: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for (_, reading), weight in zip(scored, weights, strict=True):
        shares[reading.meaning] = shares.get(reading.meaning, 0.0) + weight / sum(weights)
    return [(score, replace(reading, share=min(1.0, shares[reading.meaning]))) for score, reading in scored]
