"""A parser on labelled sentences: how often right, what it refuses, how true its confidences are, how long it takes.

The parsers are asked as a call asks them, a sentence at a time; what is said outside is what no intent means.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivr.events import Hypothesis
from ivr.insight.nlu_data import Sentences
from ivr.insight.scoring import Share
from ivr.nlu.training import Example, TrainingSet

FLOW, VERSION = "eval", "1"
LOW = 0.1
"""Threshold that published comparisons use (HINT3)."""
USUAL = 0.45
"""`min_confidence` of a flow that says nothing."""
GIVEN_UP = 0.05
"""Share of the right answers that refusing what is outside may cost."""

Floats = NDArray[np.float64]
Heard = list[Hypothesis]
"""What a sentence is to a parser: as it is written, or what a recognizer made of it, best first."""
Best = Callable[[Heard], Awaitable[tuple[str, float]]]
"""A sentence -> the best intent and its confidence; ("", 0.0) when there is none."""


@dataclass(frozen=True)
class Answers:
    """What a parser said of some sentences."""

    names: list[str]
    confidence: Floats
    each_s: Floats


def training_set(train: Sentences, language: str) -> TrainingSet:
    """As a flow's examples. Names of intents as they are."""
    intents: dict[str, list[Example]] = {}
    for text, label in train.inside:
        intents.setdefault(label, []).append(Example(text))
    kept = {name: tuple(examples) for name, examples in intents.items()}
    return TrainingSet(FLOW, VERSION, language, kept, outside=tuple(train.outside))


def written(texts: Sequence[str]) -> list[Heard]:
    """The sentences as they are."""
    return [[Hypothesis(text=text, confidence=1.0)] for text in texts]


async def ask(best: Best, sentences: Sequence[Heard]) -> Answers:
    """All of them, one after the other."""
    names, confidence, each_s = [], [], []
    for sentence in sentences:
        started = time.perf_counter()
        name, chance = await best(sentence)
        each_s.append(time.perf_counter() - started)
        names.append(name)
        confidence.append(chance)
    return Answers(names, np.array(confidence), np.array(each_s))


def score(test: Sentences, inside: Answers, outside: Answers) -> dict[str, Any]:
    """Figures for `--json`; shares with 95 % intervals (Wilson) beside them."""
    right = np.array([name == label for name, (_, label) in zip(inside.names, test.inside, strict=True)])
    sure = inside.confidence
    figures: dict[str, Any] = {
        "in_scope": len(right),
        "out_of_scope": len(outside.names),
        **_share("in_scope_accuracy", right),
        **_share(f"in_scope_accuracy_at_{LOW}", right & (sure >= LOW)),
        **_share(f"in_scope_accuracy_at_{USUAL}", right & (sure >= USUAL)),
        "calibration_error": calibration_error(sure, right),
    }
    if outside.names and right.any():
        least = float(np.quantile(sure[right], GIVEN_UP))
        figures |= {
            **_share("out_of_scope_recall_at_5_percent_loss", outside.confidence < least),
            "threshold_at_5_percent_loss": least,
            **_share(f"out_of_scope_recall_at_{LOW}", outside.confidence < LOW),
            **_share(f"out_of_scope_recall_at_{USUAL}", outside.confidence < USUAL),
        }
    each_ms = np.concatenate([inside.each_s, outside.each_s]) * 1000
    figures["sentence_ms"] = {f"p{n}": round(float(np.percentile(each_ms, n)), 2) for n in (50, 95)}
    return figures


def _share(name: str, hits: Any) -> dict[str, Any]:
    share = Share(int(hits.sum()), len(hits))
    low, high = share.interval
    return {name: round(share.value, 4), f"{name}_interval": [round(low, 4), round(high, 4)]}


def calibration_error(confidence: Floats, right: Any, bins: int = 10) -> float:
    """Expected calibration error: mean distance of confidence and share of right answers over ten bins, weighted by
    their size."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        members = place == number
        if members.any():
            error += members.mean() * abs(float(confidence[members].mean()) - float(right[members].mean()))
    return round(float(error), 4)
