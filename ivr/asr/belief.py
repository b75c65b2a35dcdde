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

from ivr.asr.beam import Ended, Free


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

    held: Logistic
    free: Logistic
    accept: float
    """Held confidence below this: said outside the grammar."""
    heard: float
    """Free confidence below this: nothing was said."""


@cache
def load() -> Belief:
    """The coefficients in use."""
    data = json.loads(files("ivr.asr").joinpath("belief.json").read_text(encoding="utf-8"))
    held, free = (Logistic(data[n]["bias"], tuple(data[n]["weights"].values())) for n in ("held", "free"))
    return Belief(held, free, data["accept"], data["heard"])


def held_features(best: Ended, free: Free) -> tuple[float, ...]:
    """Names stand in belief.json, in this order."""
    per_token = best.model_score / (len(best.tokens) + 1)
    freely = free.score / (len(free.tokens) + 1)
    return (per_token, best.model_score - free.score, freely - per_token, best.worst, float(not best.whole))


def free_features(free: Free, seconds: float) -> tuple[float, ...]:
    """Names stand in belief.json, in this order."""
    per_token = free.score / (len(free.tokens) + 1)
    return (
        per_token,
        math.log(len(free.tokens) + 1),
        min(len(free.tokens) / max(seconds, 0.1), 8.0),
        float(free.ended),
    )
