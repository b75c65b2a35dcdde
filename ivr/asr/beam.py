"""Beam search through Moonshine's decoder, held to a grammar, with the free result found beside it.

Rows of one batch: the held hypotheses, and one free row that takes the likeliest token each time. Hypotheses with the
same letters are one (case and marks would take places in the beam otherwise). Ended ones are compared by score a token,
as long sentences would lose otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ivr.asr.letter_automaton import LetterAutomaton, LetterState
from ivr.asr.moonshine_model import Encoded, Floats, MoonshineModel
from ivr.asr.vocabulary import END, SEPARATOR

TOKENS_PER_S = 13
"""A spelled letter with its mark takes two tokens; nobody spells faster."""
FREE_TOKENS_PER_S = 6.5
"""More than this is the model talking to itself (its authors' figure)."""

FIRST = 2
"""Tokens at the beginning that are searched more widely."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What was chosen by measurement (docs/recognition.md)."""

    beam: int = 8
    first_beams: int = 3
    """Times as many hypotheses go on after the first tokens: a short word that begins badly ("Zero", freely "The
    euro") would not be there to win by its end."""
    length_power: float = 0.7
    """Scores are divided by tokens to this power."""
    grammar_weight: float = 0.3
    """Weight of the automaton's costs against the model's scores."""
    unfinished_cost: float = 6.0
    """Cost of ending in the middle of a sentence of the grammar."""
    margin: float = 8.0
    """Hypotheses this much worse than the best of the same length are given up."""
    letter_weight: float = 0.8
    """Weight of how words are spelled (letter_model.py)."""
    patience: float = 0.0
    """What lives is given up when it is worse by this share than the best that ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A hypothesis that reached its end."""

    letters: str
    tokens: tuple[int, ...]
    score: float
    """Normalised: natural logarithm a token."""
    model_score: float
    """The model's part alone, not normalised, with the end token."""
    worst: float
    """Score of its least likely token."""
    score_a_nat: float
    """What one more in natural logarithm would add to `score`."""
    whole: bool
    """It ends where a sentence of the grammar may end."""


@dataclass(frozen=True, slots=True)
class Free:
    """What the model hears when nothing holds it."""

    tokens: tuple[int, ...]
    score: float
    """Sum over tokens and end, natural logarithm."""
    ended: bool


@dataclass(slots=True)
class _Live:
    letters: str
    state: LetterState
    tokens: tuple[int, ...]
    score: float
    cost: float
    worst: float
    row: int


class Search:
    """One decoding."""

    def __init__(
        self,
        model: MoonshineModel,
        encoded: Encoded,
        options: SearchOptions,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` is called before each step; what it raises ends the search."""
        self._model = model
        self._encoded = encoded
        self._options = options
        self._give_way = give_way
        self._free_tokens: list[int] = []
        self._free_score = 0.0
        self._free_ended = False
        self._free_limit = int(FREE_TOKENS_PER_S * encoded.seconds) + 4

    def free(self) -> Free:
        """The free result alone."""
        scores, keys = self._model.first(self._encoded)
        self._take_free(scores[0])
        while self._free_goes_on:
            self._give_way()
            scores, keys = self._model.step(self._encoded, np.array(self._free_tokens[-1:]), keys)
            self._take_free(scores[0])
        return self._free_result()

    def held(self, grammar: LetterAutomaton) -> tuple[list[Ended], Free]:
        """Ended hypotheses, best first, and the free result beside them."""
        scores, keys = self._model.first(self._encoded)
        live = [_Live("", grammar.start, (), 0.0, 0.0, 0.0, 0)]
        ended: list[Ended] = []
        free_row = 0
        for _ in range(int(TOKENS_PER_S * self._encoded.seconds) + 8):
            if self._free_goes_on:
                self._take_free(scores[free_row])
            live = self._advance(grammar, live, scores, ended)
            if self._settled(live, ended):
                live = []
            if not live and not self._free_goes_on:
                break
            self._give_way()
            rows, tokens = [h.row for h in live], [h.tokens[-1] for h in live]
            if self._free_goes_on:
                rows.append(free_row)
                tokens.append(self._free_tokens[-1])
                free_row = len(rows) - 1
            for row, hypothesis in enumerate(live):
                hypothesis.row = row
            scores, keys = self._model.step(self._encoded, np.array(tokens), _rows(keys, rows))
        ended.sort(key=lambda e: -e.score)
        return ended, self._free_result()

    # --- held ---------------------------------------------------------------------------------------------------

    def _advance(self, grammar: LetterAutomaton, live: list[_Live], scores: Floats, ended: list[Ended]) -> list[_Live]:
        weight = self._options.grammar_weight
        beam = self._options.beam * (self._options.first_beams if live and len(live[0].tokens) < FIRST else 1)
        candidates: list[tuple[float, _Live, int, float]] = []
        floor = -float("inf")
        for hypothesis in live:
            row = scores[hypothesis.row]
            self._end(hypothesis, float(row[END]), ended)
            allowed = grammar.allowed(hypothesis.state)
            if not len(allowed.tokens):
                continue
            best = np.maximum.reduceat(row[allowed.tokens], allowed.starts)
            totals = hypothesis.score + best - weight * (hypothesis.cost + allowed.costs)
            floor = max(floor, float(totals.max()) - self._options.margin)
            for group in _largest(totals, beam * 2, floor):
                candidates.append((float(totals[group]), hypothesis, int(group), float(best[group])))
        candidates.sort(key=lambda c: -c[0])
        chosen: dict[tuple[str, int], _Live] = {}
        for total, parent, group, best_score in candidates:
            if total < floor:
                break
            allowed = grammar.allowed(parent.state)
            letters = parent.letters + allowed.letters[group]
            target = allowed.targets[group]
            key = (letters.replace(SEPARATOR, ""), id(target))
            if key in chosen:
                continue
            begin = allowed.starts[group]
            finish = allowed.starts[group + 1] if group + 1 < len(allowed.starts) else len(allowed.tokens)
            tokens = allowed.tokens[begin:finish]
            token = int(tokens[np.argmax(scores[parent.row][tokens])])
            chosen[key] = _Live(
                letters, target, (*parent.tokens, token), parent.score + best_score,
                parent.cost + float(allowed.costs[group]), min(parent.worst, best_score), parent.row,
            )  # fmt: skip
            if len(chosen) == beam:
                break
        return list(chosen.values())

    def _end(self, live: _Live, end_score: float, ended: list[Ended]) -> None:
        whole = live.state.final is not None
        if not live.tokens or not (whole or live.state.boundary):
            return
        cost = live.cost + (live.state.final or 0.0)
        total = live.score + end_score - self._options.grammar_weight * cost
        if not whole:
            total -= self._options.unfinished_cost
        share = (len(live.tokens) + 1) ** -self._options.length_power
        worst = min(live.worst, end_score)
        ended.append(Ended(live.letters, live.tokens, total * share, live.score + end_score, worst, share, whole))

    def _settled(self, live: list[_Live], ended: list[Ended]) -> bool:
        """Nothing that lives can still become the best."""
        if not live or not ended:
            return not live
        best = max(e.score for e in ended)
        hope = max(
            (h.score - self._options.grammar_weight * h.cost) / (len(h.tokens) + 1) ** self._options.length_power
            for h in live
        )
        return bool(hope < best * (1 + self._options.patience))

    # --- free ---------------------------------------------------------------------------------------------------

    @property
    def _free_goes_on(self) -> bool:
        return not self._free_ended and len(self._free_tokens) < self._free_limit

    def _take_free(self, row: Floats) -> None:
        token = int(row.argmax())
        self._free_score += float(row[token])
        if token == END:
            self._free_ended = True
        else:
            self._free_tokens.append(token)

    def _free_result(self) -> Free:
        return Free(tuple(self._free_tokens), self._free_score, self._free_ended)


def _rows(keys: list[Floats], rows: list[int]) -> list[Floats]:
    if rows == list(range(len(keys[0]))):
        return keys
    index = np.array(rows)
    return [array[index] for array in keys]


def _largest(totals: npt.NDArray[np.floating], count: int, floor: float) -> npt.NDArray[np.int64]:
    """Places of those above `floor`, of the `count` best when they are more."""
    above = np.flatnonzero(totals >= floor)
    if len(above) <= count:
        return above
    return above[np.argpartition(-totals[above], count)[:count]]
