"""Intent of a text: TF-IDF and a linear SVM, with confidences that are shares of right answers.

The SVM's margins mean something else in every flow. So the examples are held back in parts, and whole intents too (what
callers say that no intent means), and a logistic regression learns from those how often an intent with such a margin,
such a lead over the others and such a share of known words is the right one. One threshold then means the same in
every flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from ivr.nlu.features import Features
from ivr.nlu.speech_text import without_numbers
from ivr.nlu.training import NONE, TrainingSet, general_talk

FOLDS = 5
CANDIDATES = 3
"""Best intents of each held-back text from which belief is learned."""
STRANGE_WEIGHT = 0.5
"""Weight of all talk outside the intents against all inside, while belief is learned."""
USUAL_WEIGHT = 15.0
"""Observations that the usual belief counts as."""
EXACT = 0.98
"""Confidence of what is an example, word for word, of one intent only."""
BIG = 4000
"""From so many examples on, three parts and one set of left-out intents do."""

Floats = NDArray[np.float64]


@dataclass
class Margins:
    """A trained SVM over intents and NONE."""

    features: Features
    machine: Any
    intents: list[str]
    """Classes that it knows, without NONE."""

    def scores(self, texts: Sequence[str]) -> tuple[Floats, Floats]:
        """Margins (n, intents), known shares (n, 2)."""
        rows, known = self.features.transform(texts)
        raw = self.machine.decision_function(rows)
        if raw.ndim == 1:
            raw = np.stack([-raw, raw], axis=1)
        columns = [list(self.machine.classes_).index(intent) for intent in self.intents]
        return np.asarray(raw[:, columns]), known


def _train(texts: Sequence[str], labels: Sequence[str]) -> Margins:
    features = Features().fit(texts)
    rows, _ = features.transform(texts)
    machine = LinearSVC(C=1.0, class_weight="balanced", max_iter=5000, random_state=0)
    machine.fit(rows, labels)
    return Margins(features, machine, sorted(set(labels) - {NONE}))


def belief_features(margins: Floats, known: Floats) -> Floats:
    """(n, intents) and (n, 2) -> (n, intents, 4): margin, lead over the best other, known words, known characters."""
    order = np.sort(margins, axis=1)
    best = order[:, -1:]
    second = order[:, -2:-1] if margins.shape[1] > 1 else np.full_like(best, -1.0)
    lead = np.where(margins == best, margins - second, margins - best)
    shares = np.broadcast_to(known[:, None, :], (*margins.shape, 2))
    return np.concatenate([margins[:, :, None], lead[:, :, None], shares], axis=2)


class Classifier:
    """One flow and language, trained. Pickled by builtin.py; `format` says with which form."""

    def __init__(self, training: TrainingSet) -> None:
        """Trains; seconds. Raises ValueError when there is no intent with an example."""
        self.language = training.language
        texts, labels = _rows(training)
        if not texts:
            raise ValueError("no intent has an example")
        self.exact: dict[str, set[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            self.exact.setdefault(text, set()).add(label)
        talk = [t for t in (without_numbers(s, self.language) for s in general_talk(self.language)) if t]
        talk = [t for t in talk if t not in self.exact] or ["qxz"]
        self.margins = _train([*texts, *talk], [*labels, *[NONE] * len(talk)])
        self.belief = _learn_belief(texts, labels, talk)

    def classify(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each text all intents with their confidences, best first; the rest to 1 is "none of them"."""
        clean = [without_numbers(text, self.language) for text in texts]
        scores, known = self.margins.scores(clean)
        shape = belief_features(scores, known)
        count = len(self.margins.intents)
        chances = self.belief.predict_proba(shape.reshape(-1, shape.shape[2]))[:, 1].reshape(-1, count)
        totals = chances.sum(axis=1, keepdims=True)
        chances = chances / np.maximum(totals, 1.0)
        results = []
        for row, text in zip(chances, clean, strict=True):
            sure = self.exact.get(text, set())
            raised = _raised(row, self.margins.intents.index(next(iter(sure)))) if len(sure) == 1 else row
            ranked = sorted(zip(self.margins.intents, map(float, raised), strict=True), key=lambda pair: -pair[1])
            results.append(ranked if text else [])
        return results


def _raised(row: Floats, index: int) -> Floats:
    """The row with EXACT at `index`, the others sharing the rest."""
    if row[index] >= EXACT:
        return row
    others = row.sum() - row[index]
    result = row * (min(1.0, (1 - EXACT) / others) if others > 0 else 0.0)
    result[index] = EXACT
    return np.asarray(result)


def _rows(training: TrainingSet) -> tuple[list[str], list[str]]:
    pairs = dict.fromkeys(
        (text, intent)
        for intent, examples in training.intents.items()
        for example in examples
        if (text := without_numbers(example.text, training.language))
    )
    return [text for text, _ in pairs], [intent for _, intent in pairs]


def _learn_belief(texts: list[str], labels: list[str], talk: list[str]) -> Any:
    rng = np.random.default_rng(0)
    intents = sorted(set(labels))
    folds = 3 if len(texts) > BIG else FOLDS
    inside: list[tuple[Floats, Floats]] = []
    strange: list[Floats] = []
    part = _parts(labels, folds, rng)
    talk_part = rng.permutation(len(talk)) % folds
    for fold in range(folds):
        kept = [i for i in range(len(texts)) if part[i] != fold]
        held = [i for i in range(len(texts)) if part[i] == fold]
        quiet = [t for t, p in zip(talk, talk_part, strict=True) if p != fold]
        model = _train([*(texts[i] for i in kept), *quiet], [*(labels[i] for i in kept), *[NONE] * len(quiet)])
        inside.append(_observed(model, [texts[i] for i in held], [labels[i] for i in held]))
        strange.append(_observed(model, [t for t, p in zip(talk, talk_part, strict=True) if p == fold], None)[0])
    if len(intents) >= 4:
        groups = rng.permutation(len(intents)) % folds
        for group in range(1 if len(texts) > BIG else folds):
            out = {intent for intent, g in zip(intents, groups, strict=True) if g == group}
            kept = [i for i in range(len(texts)) if labels[i] not in out]
            model = _train([*(texts[i] for i in kept), *talk], [*(labels[i] for i in kept), *[NONE] * len(talk)])
            strange.append(_observed(model, [texts[i] for i in range(len(texts)) if labels[i] in out], None)[0])
    return _fit_belief(inside, strange)


def _parts(labels: list[str], folds: int, rng: np.random.Generator) -> list[int]:
    """Which part each example is held back in: every intent spread over all parts; the only example of an intent is
    never held back."""
    part = [-1] * len(labels)
    for intent in sorted(set(labels)):
        members = [i for i, label in enumerate(labels) if label == intent]
        if len(members) > 1:
            offset = int(rng.integers(folds))
            for place, index in enumerate(rng.permutation(members)):
                part[int(index)] = (place + offset) % folds
    return part


def _observed(model: Margins, texts: list[str], labels: list[str] | None) -> tuple[Floats, Floats]:
    """Belief's features of the best candidates of each text, and whether each is right; without labels none is."""
    if not texts:
        return np.zeros((0, 4)), np.zeros(0)
    scores, known = model.scores(texts)
    shape = belief_features(scores, known)
    best = np.argsort(-scores, axis=1)[:, :CANDIDATES]
    picked = np.take_along_axis(shape, best[:, :, None], axis=1)
    right = np.zeros(best.shape)
    if labels is not None:
        names = np.array(model.intents)
        right = (names[best] == np.array(labels)[:, None]).astype(float)
    return picked.reshape(-1, picked.shape[2]), right.reshape(-1)


def _fit_belief(inside: list[tuple[Floats, Floats]], strange: list[Floats]) -> Any:
    rows = np.concatenate([x for x, _ in inside])
    right = np.concatenate([y for _, y in inside])
    outside = np.concatenate(strange) if strange else np.zeros((0, rows.shape[1]))
    usual, chance = _usual()
    share = STRANGE_WEIGHT * max(1, len(rows)) / max(1, len(outside))
    weight = USUAL_WEIGHT / len(usual)
    return LogisticRegression(C=10.0, max_iter=1000).fit(
        np.concatenate([rows, outside, usual, usual]),
        np.concatenate([right, np.zeros(len(outside)), np.ones(len(usual)), np.zeros(len(usual))]),
        sample_weight=np.concatenate(
            [np.ones(len(rows)), np.full(len(outside), share), weight * chance, weight * (1 - chance)]
        ),
    )


def _usual() -> tuple[Floats, Floats]:
    """Made-up observations and their chances, as flows with plenty of examples show them (20 of CLINC150's intents, 20
    examples each): they speak where a flow has too few examples to learn belief from."""
    grid = np.meshgrid([-1.0, -0.6, -0.3, 0.0, 0.4], [-0.6, 0.1, 0.6, 1.2], [0.2, 0.6, 1.0], [0.5, 0.8, 1.0])
    rows = np.stack([axis.ravel() for axis in grid], axis=1)
    return rows, 1 / (1 + np.exp(-(rows @ np.array([5.5, 2.3, 0.8, 0.5]) + 0.2)))
