"""Whether a recognizer's confidence is to be believed: what `ivr eval belief` measures.

Inside: recordings of what the grammar holds. Outside: any other recordings, each of which must be rejected; long ones
(noise, music, a television) are cut into pieces as long as an answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.flow.grammar import Grammar
from ivr.insight.channel import Codec, Samples, g711
from ivr.insight.recordings import RATE, Recording, load
from ivr.insight.scoring import Case, Share, calibration_error
from ivr.insight.speech_eval import heard_as
from ivr.ports import Recognizer

LONG_S = 8.0
"""Outside recordings that are longer are cut into pieces"""
PIECE_S = (0.8, 4.0)
"""between these lengths, at random places,"""
A_PIECE_S = 6.0
"""one for so many seconds."""
BINS = 10


@dataclass(frozen=True, slots=True)
class Outside:
    """A sound that holds no answer, and where it is from."""

    kind: str
    name: str
    sound: Samples


def outside(kind: str, recordings: Sequence[Recording], seed: int) -> Iterator[Outside]:
    """Whole short recordings, pieces of long ones."""
    random = np.random.default_rng(seed)
    for recording in recordings:
        sound = load(recording.path)
        if len(sound) <= LONG_S * RATE:
            yield Outside(kind, recording.name, sound)
            continue
        for n in range(int(len(sound) / RATE / A_PIECE_S)):
            length = int(random.uniform(*PIECE_S) * RATE)
            start = int(random.integers(0, len(sound) - length))
            yield Outside(kind, f"{recording.name}+{n}", sound[start : start + length])


def hear_outside(
    recognizer: Recognizer, language: str, grammar: Grammar, sounds: Sequence[Outside], codec: Codec
) -> list[Case]:
    """Each as a case without label; its `condition` is where it is from."""
    return [
        heard_as(recognizer, language, grammar, Recording(Path(), it.name), it.kind, g711(it.sound, codec))
        for it in sounds
    ]


def accepted(case: Case, min_confidence: float) -> bool:
    """A step takes it for an answer."""
    return case.in_grammar and bool(case.heard) and case.confidence >= min_confidence


def right(case: Case) -> bool:
    """Intent and slots where labelled, words else."""
    return bool(case.meaning_right if case.intent is not None else case.words_right)


def judged(inside: Sequence[Case], others: Sequence[Case], min_confidence: float, sure: float) -> dict[str, Any]:
    """All figures, plain for JSON."""
    groups = dict.fromkeys(case.condition for case in others)
    thresholds = [round(0.05 * n, 2) for n in range(20)]
    return {
        "inside": _inside(inside, min_confidence, sure),
        "outside": {
            **{name: _outside([c for c in others if c.condition == name], min_confidence) for name in groups},
            "all": _outside(others, min_confidence),
        },
        "calibration_error": _round(calibration_error(inside)),
        "reliability": reliability(inside),
        "curve": [
            {
                "min_confidence": at,
                "false_rejection": _round(1 - _mean([accepted(c, at) for c in inside])),
                "wrong_accepted": _round(_mean([accepted(c, at) and not right(c) for c in inside])),
                "outside_rejected": _round(1 - _mean([accepted(c, at) for c in others])),
            }
            for at in thresholds
        ],
    }


def _inside(cases: Sequence[Case], min_confidence: float, sure: float) -> dict[str, Any]:
    taken = [case for case in cases if accepted(case, min_confidence)]
    known = [case for case in taken if case.confidence >= sure]
    return {
        "cases": len(cases),
        "said_to_be_outside": Share(sum(not c.in_grammar or not c.heard for c in cases), len(cases)).plain(),
        "rejected": Share(len(cases) - len(taken), len(cases)).plain(),
        "right": Share(sum(map(right, cases)), len(cases)).plain(),
        "right_of_accepted": Share(sum(map(right, taken)), len(taken)).plain() if taken else None,
        "sure": Share(len(known), len(cases)).plain(),
        "right_of_sure": Share(sum(map(right, known)), len(known)).plain() if known else None,
    }


def _outside(cases: Sequence[Case], min_confidence: float) -> dict[str, Any]:
    return {
        "cases": len(cases),
        "said_to_be_outside": Share(sum(not c.in_grammar or not c.heard for c in cases), len(cases)).plain(),
        "accepted": Share(sum(accepted(c, min_confidence) for c in cases), len(cases)).plain(),
    }


def reliability(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """What was said to be right and what was, by tenths of confidence."""
    rows = []
    for n in range(BINS):
        group = [c for c in cases if min(int(c.confidence * BINS), BINS - 1) == n]
        if group:
            share = Share(sum(map(right, group)), len(group)).plain()
            rows.append({"from": n / BINS, "confidence": _round(_mean([c.confidence for c in group])), "right": share})
    return rows


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
