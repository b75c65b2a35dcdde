"""How words are spelled: which letter follows which four (letter_counts.json.gz, made by scripts/letter_counts.py).

Someone who spells a name says one that looks like a name more often than not; a licence plate does not. So a run of
letters is judged by a mixture of both: as likely as a name's letters, or as letters drawn by lot.
"""

import gzip
import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

ORDER = 4
"""Letters that the next one is told from."""
EDGE = "^"
"""Before the first letter and after the last."""
SHORTEST = 3
"""Letters that make a run."""
NAMES = 0.5
"""Share of runs that are names or words."""
_LETTERS = 26
_BACK_OFF = 2.0
"""How much the shorter context counts, for each letter that was seen in the longer one."""


class LetterModel:
    """Shares of next letters, the longer context resting on the shorter one (Witten and Bell)."""

    def __init__(self, counts: dict[str, dict[str, int]]) -> None:
        self._counts = {context: (row, sum(row.values())) for context, row in counts.items()}

    def word(self, letters: str) -> float:
        """Natural logarithm of the likelihood as a whole word."""
        text = EDGE * ORDER + letters + EDGE
        return sum(math.log(self._share(text[at - ORDER : at], text[at])) for at in range(ORDER, len(text)))

    def _share(self, context: str, letter: str) -> float:
        share = 1.0 / (_LETTERS + 1)
        for order in range(ORDER + 1):
            row, total = self._counts.get(context[ORDER - order :], ({}, 0))
            if total:
                back = _BACK_OFF * len(row)
                share = (row.get(letter, 0) + back * share) / (total + back)
        return share

    def bonus(self, words: Sequence[str]) -> float:
        """Natural logarithm of how much likelier the spelled runs are than letters drawn by lot."""
        total, run = 0.0, ""
        for word in [*words, "."]:
            if len(word) == 1 and word.isalpha():
                run += word
                continue
            if len(run) >= SHORTEST:
                by_lot = -len(run) * math.log(_LETTERS)
                total += math.log(1 - NAMES + NAMES * math.exp(min(50.0, self.word(run) - by_lot)))
            run = ""
        return total


@cache
def load() -> LetterModel:
    """The counts that come with the package."""
    return LetterModel(json.loads(gzip.decompress(files("ivr.asr").joinpath("letter_counts.json.gz").read_bytes())))
