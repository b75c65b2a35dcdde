"""How far a result is to be believed: features of a decoding and the logistic that turns them into a share.

A held decode turns anything into a sentence of the grammar. What tells is how much worse it is than what the model
would have said freely, how unlikely its worst token was, and how likely it was as a whole. `belief.json` holds the
coefficients and the command that fitted them.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz.distance import Levenshtein

from ivr.asr.beam import Free
from ivr.asr.readings import Reading
from ivr.asr.vocabulary import SEPARATOR


@dataclass(frozen=True, slots=True)
class Logistic:
    """1 / (1 + exp(-(bias + weights . features)))."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: tuple[float, ...]) -> float:
        total = self.bias + sum(w * f for w, f in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True, slots=True)
class Belief:
    """The calibrated judgements."""

    inside: Logistic
    """That something of the grammar was said."""
    right: Logistic
    """That the best reading is what was said."""
    free: Logistic
    """That the free text is what was said."""
    accept: float
    """`inside` below this: said outside the grammar."""
    heard: float
    """`free` below this: nothing was said."""


@cache
def load() -> Belief:
    """The coefficients in use."""
    data = json.loads(files("ivr.asr").joinpath("belief.json").read_text(encoding="utf-8"))
    names = {"inside": HELD_FEATURES, "right": HELD_FEATURES, "free": FREE_FEATURES}
    made = {
        name: Logistic(data[name]["bias"], tuple(data[name]["weights"][feature] for feature in features))
        for name, features in names.items()
    }
    return Belief(**made, accept=data["accept"], heard=data["heard"])


HELD_FEATURES = (
    "per_token", "against_free", "against_free_per_token", "worst_token", "unfinished", "alike", "log_share",
    "log_tokens", "log_voiced", "stands_out",
)  # fmt: skip
FREE_FEATURES = ("per_token", "log_tokens", "tokens_a_second", "ended", "log_voiced", "stands_out")


def held_features(best: Reading, free: Free, free_letters: str, voice: tuple[float, float]) -> tuple[float, ...]:
    """HELD_FEATURES of the best reading; `free_letters`: the free text's letters; `voice`: sound.voicing."""
    ended = best.ended
    per_token = ended.model_score / (len(ended.tokens) + 1)
    freely = free.score / (len(free.tokens) + 1)
    held_letters = ended.letters.replace(SEPARATOR, "")
    return (
        per_token,
        max(ended.model_score - free.score, -40.0),
        freely - per_token,
        max(ended.worst, -12.0),
        float(not ended.whole),
        Levenshtein.normalized_similarity(held_letters, free_letters.replace(SEPARATOR, "")),
        math.log(best.share + 1e-3),
        math.log(len(ended.tokens)),
        *_voice(voice),
    )


def free_features(free: Free, seconds: float, voice: tuple[float, float]) -> tuple[float, ...]:
    """FREE_FEATURES."""
    per_token = free.score / (len(free.tokens) + 1)
    a_second = min(len(free.tokens) / max(seconds, 0.1), 8.0)
    return (per_token, math.log(len(free.tokens) + 1), a_second, float(free.ended), *_voice(voice))


def _voice(voice: tuple[float, float]) -> tuple[float, float]:
    voiced_s, stands_out_db = voice
    return (math.log(voiced_s + 0.05), min(stands_out_db, 50.0) / 10)
