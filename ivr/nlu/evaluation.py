"""The built-in classifier on labelled sentences: how often right, what it refuses, how true its confidences are."""

import csv
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ivr.nlu.classifier import Classifier
from ivr.nlu.margins import Embed
from ivr.nlu.training import Example, TrainingSet

Labelled = list[tuple[str, str]]


@dataclass(frozen=True)
class DataSet:
    train: Labelled
    test: Labelled
    outside: list[str]
    """Test sentences that no intent means."""


def read(path: Path) -> DataSet:
    """CLINC150 (`data_full.json`: train, test, oos_test) or a folder with train.csv and test.csv (columns text and
    category or intent). Raises OSError, ValueError or KeyError when it is neither."""
    if path.is_dir() and (path / "data_full.json").is_file():
        path = path / "data_full.json"
    if path.is_dir():
        return DataSet(_csv(path / "train.csv"), _csv(path / "test.csv"), [])
    data: Any = json.loads(path.read_text(encoding="utf-8"))
    train, test = ([(str(t), str(i)) for t, i in data[part]] for part in ("train", "test"))
    return DataSet(train, test, [str(t) for t, _ in data.get("oos_test", [])])


def _csv(path: Path) -> Labelled:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    label = "category" if rows and "category" in rows[0] else "intent"
    return [(row["text"], row[label]) for row in rows]


def evaluate(
    data: DataSet, intents: int = 0, examples: int = 0, seed: int = 1, embed: Embed | None = None
) -> dict[str, Any]:
    """Trains on (part of) the training sentences and measures on the test sentences. With a part of the intents, test
    sentences of the others count as outside too."""
    names = sorted({label for _, label in data.train})
    chosen = set(names)
    if intents:
        chosen = set(np.random.default_rng(seed).permutation(names)[:intents].tolist())
    learned: dict[str, list[Example]] = {}
    for text, label in data.train:
        if label in chosen and (not examples or len(learned.get(label, [])) < examples):
            learned.setdefault(label, []).append(Example(text))
    started = time.perf_counter()
    classifier = Classifier(TrainingSet("eval", "1", "en", {k: tuple(v) for k, v in learned.items()}), embed)
    train_s = time.perf_counter() - started
    inside = [(text, label) for text, label in data.test if label in chosen]
    outside = data.outside + [text for text, label in data.test if label not in chosen]
    started = time.perf_counter()
    best = [ranked[0] if ranked else ("", 0.0) for ranked in classifier.classify([text for text, _ in inside], embed)]
    each_ms = (time.perf_counter() - started) * 1000 / max(1, len(inside))
    right = np.array([name == label for (name, _), (_, label) in zip(best, inside, strict=True)])
    confidence = np.array([chance for _, chance in best])
    strange = (
        np.array([ranked[0][1] if ranked else 0.0 for ranked in classifier.classify(outside, embed)])
        if outside
        else None
    )
    result: dict[str, Any] = {
        "embeddings": embed is not None,
        "intents": len(learned),
        "examples": sum(map(len, learned.values())),
        "test sentences": len(inside),
        "train_s": round(train_s, 2),
        "classify_ms": round(each_ms, 3),
        "right": float(right.mean()),
        "right and accepted at 0.45": float((right & (confidence >= 0.45)).mean()),
        "expected calibration error": _calibration_error(confidence, right),
    }
    if strange is not None:
        giving_up = float(np.quantile(confidence[right], 0.05))
        result |= {
            "outside sentences": len(outside),
            "outside refused at 0.45": float((strange < 0.45).mean()),
            "outside refused when 5 % of right ones are given up": float((strange < giving_up).mean()),
        }
    return result


def _calibration_error(confidence: Any, right: Any, bins: int = 10) -> float:
    """Mean distance of confidence and share of right answers over ten bins, weighted by their size."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        members = place == number
        if members.any():
            error += members.mean() * abs(float(confidence[members].mean()) - float(right[members].mean()))
    return float(error)
