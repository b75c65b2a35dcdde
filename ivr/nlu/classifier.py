"""Intent of a text: TF-IDF (and sentence embeddings where their model is installed) and a linear SVM, with confidences
that are shares of right answers (belief.py).
"""

from collections.abc import Sequence

import numpy as np

from ivr.nlu import belief
from ivr.nlu.margins import Embed, Floats, remembered, train
from ivr.nlu.speech_text import without_numbers
from ivr.nlu.training import NONE, TrainingSet, general_talk

EXACT = 0.98
"""Confidence of what is an example, word for word, of one intent only."""


class Classifier:
    """One flow and language, trained. Pickled by builtin.py, without the embedder."""

    def __init__(self, training: TrainingSet, embed: Embed | None = None) -> None:
        """Trains; seconds. Raises ValueError when there is no intent with an example."""
        self.language = training.language
        texts, labels = _rows(training)
        if not texts:
            raise ValueError("no intent has an example")
        self.exact: dict[str, set[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            self.exact.setdefault(text, set()).add(label)
        if embed is not None:
            embed = remembered(embed)  # the same texts are trained on several times
        said = dict.fromkeys(
            without_numbers(s, self.language) for s in (*general_talk(self.language), *training.outside)
        )
        talk = [t for t in said if t and t not in self.exact] or ["qxz"]
        self.machine = train([*texts, *talk], [*labels, *[NONE] * len(talk)], embed)
        self.belief = belief.learn(texts, labels, talk, embed)

    @property
    def intents(self) -> list[str]:
        return self.machine.intents

    @property
    def embedded(self) -> bool:
        """It was trained with an embedder, so `classify` needs the same one."""
        return self.machine.examples is not None

    def classify(self, texts: Sequence[str], embed: Embed | None = None) -> list[list[tuple[str, float]]]:
        """For each text all intents with their confidences, best first; the rest to 1 is "none of them"."""
        clean = [without_numbers(text, self.language) for text in texts]
        rows = belief.chances(self.belief, self.machine.observe(clean, embed))
        results = []
        for row, text in zip(rows, clean, strict=True):
            sure = self.exact.get(text, set())
            raised = _raised(row, self.intents.index(next(iter(sure)))) if len(sure) == 1 else row
            ranked = sorted(zip(self.intents, map(float, raised), strict=True), key=lambda pair: -pair[1])
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
