"""What is right: words against a transcript, intent and slots against a label, and how sure the share is."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jiwer
import numpy as np
import numpy.typing as npt

_TOKEN = re.compile(r"[a-z']+|\d|[^\W\d_]+")
_FIGURES = dict(enumerate(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]))


def normal(text: str) -> str:
    """Words to compare: lower case, no marks, figures said one by one, the letter O and "oh" the same."""
    words = [_FIGURES[int(t)] if t.isdigit() else t for t in _TOKEN.findall(text.lower().replace("’", "'"))]
    return " ".join("o" if word == "oh" else word for word in words)


@dataclass(frozen=True, slots=True)
class Case:
    """One utterance under one condition."""

    name: str
    speaker: str
    condition: str
    heard: str
    """Best text."""
    confidence: float
    in_grammar: bool
    complete: bool
    seconds: float
    decode_s: float
    """Processor seconds."""
    words: str | None = None
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    heard_intent: str = ""
    heard_slots: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    """The other hypotheses' texts."""

    @property
    def words_right(self) -> bool | None:
        """None without a transcript."""
        return None if self.words is None else normal(self.words) == normal(self.heard)

    @property
    def meaning_right(self) -> bool | None:
        """Intent and every slot; None without a label."""
        if self.intent is None:
            return None
        return self.heard_intent == self.intent and dict(self.heard_slots) == dict(self.slots)


@dataclass(frozen=True, slots=True)
class Share:
    """Right of all, with a 95 % interval (Wilson)."""

    right: int
    all: int

    @property
    def value(self) -> float:
        return self.right / self.all if self.all else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        if not self.all:
            return (math.nan, math.nan)
        z, n, p = 1.959964, self.all, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return (max(0.0, middle - half), min(1.0, middle + half))

    def plain(self) -> dict[str, Any]:
        low, high = self.interval
        return {
            "share": _round(self.value),
            "right": self.right,
            "all": self.all,
            "low": _round(low),
            "high": _round(high),
        }


def share(values: Iterable[bool | None]) -> Share | None:
    """Of those that can be judged; None when there are none."""
    known = [value for value in values if value is not None]
    return Share(sum(known), len(known)) if known else None


def word_error_rate(cases: Iterable[Case]) -> float | None:
    """None without transcripts."""
    pairs = [(normal(c.words), normal(c.heard)) for c in cases if c.words]
    return float(jiwer.wer([a for a, _ in pairs], [b for _, b in pairs])) if pairs else None


def summary(cases: list[Case]) -> dict[str, Any]:
    """All figures of some cases, plain for JSON."""
    seconds = sum(c.seconds for c in cases)
    words, meaning = share(c.words_right for c in cases), share(c.meaning_right for c in cases)
    rate = word_error_rate(cases)
    return {
        "cases": len(cases),
        "speakers": len({c.speaker for c in cases if c.speaker}),
        "seconds": round(seconds, 1),
        "word_error_rate": _round(rate) if rate is not None else None,
        "sentences_right": words.plain() if words else None,
        "intent_and_slots_right": meaning.plain() if meaning else None,
        "out_of_grammar": _round(sum(not c.in_grammar for c in cases) / len(cases)) if cases else None,
        "nothing_heard": _round(sum(not c.heard for c in cases) / len(cases)) if cases else None,
        "confidence": _round(float(np.mean([c.confidence for c in cases]))) if cases else None,
        "real_time_factor": _round(sum(c.decode_s for c in cases) / seconds) if seconds else None,
    }


def grouped(cases: Iterable[Case], by: str) -> dict[str, list[Case]]:
    """By an attribute of the cases, in order."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[str(getattr(case, by))].append(case)
    return dict(sorted(groups.items()))


def calibration_error(cases: Iterable[Case], bins: int = 10) -> float | None:
    """Expected calibration error of the confidences, against meaning where labelled, words else."""
    rows = [(c.confidence, c.meaning_right if c.intent is not None else c.words_right) for c in cases]
    known = [(confidence, right) for confidence, right in rows if right is not None]
    if not known:
        return None
    confidences: npt.NDArray[np.float64] = np.array([k[0] for k in known])
    right = np.array([k[1] for k in known], dtype=np.float64)
    place = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [abs(confidences[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


def _round(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)
