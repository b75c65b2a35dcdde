"""A linear SVM over TF-IDF, and over sentence embeddings where there are some; and what a text looks like to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.svm import LinearSVC

from ivr.nlu.features import Features
from ivr.nlu.training import NONE

Floats = NDArray[np.float64]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> (n, width), each of length 1."""

EMBEDDING_WEIGHT = 1.5
"""Against the two blocks of TF-IDF, each of length at most 1 (understanding.md of the design: measured best)."""

TOLERANCE = {False: 1e-4, True: 1e-2}
"""Of the SVM, without and with embeddings: there the looser one takes two thirds of the time, margins differ by 0.002
(800 of BANKING77's sentences)."""


@dataclass
class Observed:
    """What n texts look like to a trained machine."""

    margins: Floats
    """(n, intents)"""
    known: Floats
    """(n, 2): share of the words and of the characters that the examples have too."""
    nearest: Floats | None
    """(n, intents): likeness of the nearest example by embedding."""


@dataclass
class Machine:
    """Trained on some examples."""

    features: Features
    svm: Any
    intents: list[str]
    """Classes that it knows, without NONE."""
    examples: NDArray[np.float32] | None
    """Embeddings of the examples, class by class; None without an embedder."""
    classes: list[str]
    """Sorted, with NONE where it was trained."""
    starts: list[int]
    """Where each class begins in `examples`."""

    def observe(self, texts: Sequence[str], embed: Embed | None) -> Observed:
        rows, known = self.features.transform(texts)
        nearest = None
        if self.examples is not None:
            assert embed is not None
            vectors = embed(texts)
            rows = _beside(rows, vectors)
            best = np.maximum.reduceat(vectors @ self.examples.T, self.starts, axis=1)
            nearest = best[:, [n for n, name in enumerate(self.classes) if name != NONE]]
        raw = self.svm.decision_function(rows)
        if raw.ndim == 1:
            raw = np.stack([-raw, raw], axis=1)
        columns = [list(self.svm.classes_).index(intent) for intent in self.intents]
        return Observed(np.asarray(raw[:, columns]), known, None if nearest is None else nearest.astype(np.float64))


def train(texts: Sequence[str], labels: Sequence[str], embed: Embed | None) -> Machine:
    """`labels` may hold NONE; at least two different ones."""
    features = Features().fit(texts)
    rows, _ = features.transform(texts)
    vectors = None
    if embed is not None:
        vectors = embed(texts)
        rows = _beside(rows, vectors)
    svm = LinearSVC(C=1.0, class_weight="balanced", max_iter=5000, tol=TOLERANCE[embed is not None], random_state=0)
    svm.fit(rows, labels)
    order = np.argsort(np.array(labels), kind="stable")
    classes, starts = np.unique(np.array(labels)[order], return_index=True)
    examples = None if vectors is None else vectors[order]
    return Machine(features, svm, sorted(set(labels) - {NONE}), examples, classes.tolist(), starts.tolist())


def remembered(embed: Embed) -> Embed:
    """The same embedder, which works on each text once."""
    known: dict[str, NDArray[np.float32]] = {}

    def all_of(texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, embed(new), strict=True))
        return np.stack([known[text] for text in texts]) if texts else embed([])

    return all_of


def _beside(rows: Any, vectors: NDArray[np.float32]) -> Any:
    return hstack([rows, csr_matrix(vectors.astype(np.float64) * EMBEDDING_WEIGHT)], format="csr")
