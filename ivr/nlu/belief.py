"""How often an intent is right that has such a margin: learned on examples that are held back, and on whole intents
that are held back (what callers say that no intent means). One threshold then means the same in every flow.
"""

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from ivr.nlu.margins import Embed, Floats, Machine, Observed, train
from ivr.nlu.training import NONE

FOLDS = 5
CANDIDATES = 3
"""Best intents of each held-back text from which belief is learned."""
STRANGE_WEIGHT = 0.5
"""Weight of all talk outside the intents against all inside."""
USUAL_WEIGHT = 15.0
"""Observations that the usual belief counts as."""
BIG = 4000
"""From so many examples on, three parts and one set of left-out intents do."""


def shape(seen: Observed) -> Floats:
    """(n, intents, 4 or 5): margin, lead over the best other, known words, known characters, likeness of the nearest
    example where there are embeddings."""
    margins = seen.margins
    order = np.sort(margins, axis=1)
    best = order[:, -1:]
    second = order[:, -2:-1] if margins.shape[1] > 1 else np.full_like(best, -1.0)
    lead = np.where(margins == best, margins - second, margins - best)
    parts = [margins[:, :, None], lead[:, :, None], np.broadcast_to(seen.known[:, None, :], (*margins.shape, 2))]
    if seen.nearest is not None:
        parts.append(seen.nearest[:, :, None])
    return np.concatenate(parts, axis=2)


def chances(belief: Any, seen: Observed) -> Floats:
    """(n, intents), each row adding up to 1 at most; the rest is "none of them"."""
    rows = shape(seen)
    each = belief.predict_proba(rows.reshape(-1, rows.shape[2]))[:, 1].reshape(seen.margins.shape)
    return np.asarray(each / np.maximum(each.sum(axis=1, keepdims=True), 1.0))


def learn(texts: list[str], labels: list[str], talk: list[str], embed: Embed | None) -> Any:
    """A logistic regression over `shape`. `talk`: sentences that no intent means."""
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
        loud = [t for t, p in zip(talk, talk_part, strict=True) if p == fold]
        machine = train([*(texts[i] for i in kept), *quiet], [*(labels[i] for i in kept), *[NONE] * len(quiet)], embed)
        inside.append(_observed(machine, [texts[i] for i in held], [labels[i] for i in held], embed))
        strange.append(_observed(machine, loud, None, embed)[0])
    if len(intents) >= 4:
        groups = rng.permutation(len(intents)) % folds
        for group in range(1 if len(texts) > BIG else folds):
            out = {intent for intent, g in zip(intents, groups, strict=True) if g == group}
            kept = [i for i in range(len(texts)) if labels[i] not in out]
            away = [texts[i] for i in range(len(texts)) if labels[i] in out]
            known = [labels[i] for i in kept]
            machine = train([*(texts[i] for i in kept), *talk], [*known, *[NONE] * len(talk)], embed)
            strange.append(_observed(machine, away, None, embed)[0])
    return _fit(inside, strange, embed is not None)


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


def _observed(
    machine: Machine, texts: list[str], labels: list[str] | None, embed: Embed | None
) -> tuple[Floats, Floats]:
    """Shapes of the best candidates of each text, and whether each is right; without labels none is."""
    if not texts or not machine.intents:
        return np.zeros((0, 4 if embed is None else 5)), np.zeros(0)
    seen = machine.observe(texts, embed)
    best = np.argsort(-seen.margins, axis=1)[:, :CANDIDATES]
    picked = np.take_along_axis(shape(seen), best[:, :, None], axis=1)
    right = np.zeros(best.shape)
    if labels is not None:
        right = (np.array(machine.intents)[best] == np.array(labels)[:, None]).astype(float)
    return picked.reshape(-1, picked.shape[2]), right.reshape(-1)


def _fit(inside: list[tuple[Floats, Floats]], strange: list[Floats], embedded: bool) -> Any:
    rows = np.concatenate([x for x, _ in inside])
    right = np.concatenate([y for _, y in inside])
    outside = np.concatenate(strange)
    usual, chance = _usual(embedded)
    share = STRANGE_WEIGHT * max(1, len(rows)) / max(1, len(outside))
    weight = USUAL_WEIGHT / len(usual)
    return LogisticRegression(C=10.0, max_iter=1000).fit(
        np.concatenate([rows, outside, usual, usual]),
        np.concatenate([right, np.zeros(len(outside)), np.ones(len(usual)), np.zeros(len(usual))]),
        sample_weight=np.concatenate(
            [np.ones(len(rows)), np.full(len(outside), share), weight * chance, weight * (1 - chance)]
        ),
    )


def _usual(embedded: bool) -> tuple[Floats, Floats]:
    """Made-up observations and their chances, as flows with plenty of examples show them (20 of CLINC150's intents, 20
    examples each): they speak where a flow has too few examples to learn belief from."""
    axes = [[-1.0, -0.6, -0.3, 0.0, 0.4], [-0.6, 0.1, 0.6, 1.2], [0.2, 0.6, 1.0], [0.5, 0.8, 1.0]]
    weights, constant = [5.5, 2.3, 0.8, 0.5], 0.2
    if embedded:
        axes.append([0.3, 0.55, 0.8])
        weights, constant = [*weights, 4.0], constant - 4.0 * 0.55
    rows = np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
    return rows, 1 / (1 + np.exp(-(rows @ np.array(weights) + constant)))
