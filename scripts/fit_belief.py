"""Fits ivr/asr/belief.json: what a decoding's features say about whether it is to be believed.

    python -m scripts.fit_belief DATA [--report]

DATA holds `speech/{coffee,an4,digits}` and `noise`. The first half of each collection's speakers (files, where speakers
are not known) is used, each recording once, clean or in one of the noises; what is inside one grammar is outside
another; noise alone is outside all. `--report` prints figures on the second half with the coefficients in use and
fits nothing.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from ivr import models
from ivr.asr.belief import FREE_FEATURES, HELD_FEATURES, Logistic, load
from ivr.asr.moonshine import Moonshine, decode
from ivr.asr.plain_text import plain
from ivr.flow.grammar import Grammar
from ivr.insight.channel import Samples, g711, pcm16, with_noise
from ivr.insight.field_grammars import field_grammar
from ivr.insight.flow_folder import load_flows
from ivr.insight.phrase_files import read_phrases, read_slots
from ivr.insight.phrase_grammar import phrase_grammar
from ivr.insight.recordings import RATE, Recording, find
from ivr.insight.recordings import load as sound
from ivr.insight.scoring import normal
from ivr.insight.speech_eval import joined, single

TARGET = Path(__file__).parents[1] / "ivr/asr/belief.json"
WORDS = ("yes", "no", "help", "repeat", "start", "stop", "go", "enter", "erase", "rubout", "area code")
FALSE_REJECTION = 0.03
SNR_DB = (None, 20.0, 12.0, 6.0)


@dataclass
class Row:
    """One decoding and the truth about it."""

    kind: str
    inside: bool
    right: bool
    free_right: float
    held: tuple[float, ...]
    free: tuple[float, ...]


def half(recordings: list[Recording], which: int) -> list[Recording]:
    """Every second speaker, or file."""
    names = sorted({r.speaker or r.name for r in recordings})
    kept = set(names[which - 1 :: 2])
    return [r for r in recordings if (r.speaker or r.name) in kept]


class Trials:
    """Sounds against grammars."""

    def __init__(self, data: Path, which: int) -> None:
        folder = models.path("moonshine-tiny-en")
        if folder is None:
            raise SystemExit("model moonshine-tiny-en is not installed")
        self.engine = Moonshine(folder)
        self.random = np.random.default_rng(which)
        self.which = which
        self.speech = data / "speech"
        self.noises = [sound(p) for p in sorted((data / "noise").glob("*.wav"))[which - 1 :: 2]]
        self.events = sorted((data / "noise" / "esc10").glob("*.wav"))[which - 1 :: 2]
        flows = load_flows(Path(__file__).parents[1] / "flows")
        assert flows.published is not None
        orders = flows.published.flows["orders"].grammars
        coffee = self.speech / "coffee"
        self.grammars: dict[str, Grammar] = {
            "coffee": phrase_grammar(
                read_phrases(coffee / "training_phrases.txt", "orderDrink"), read_slots(coffee / "slot_values.yaml")
            ),
            "spelled": field_grammar(["alphanumeric"], "", WORDS),
            "digits": field_grammar(["digits"], "6"),
            "digit": field_grammar(["digits"], ""),
            "menu": flows.grammars[orders["welcome/menu/en"]],
            "number": flows.grammars[orders["which_order/order_id/en"]],
            "yes_no": flows.grammars[orders["really/confirm/en"]],
        }

    def rows(self) -> Iterator[Row]:
        speech = self.speech
        coffee = single(half(find(speech / "coffee"), self.which))
        spelled = single(half(find(speech / "an4"), self.which))
        digit = [r for r in find(speech / "digits") if int(r.name.rsplit("_", 1)[1]) % 2 == self.which - 1]
        strings = joined(digit, 6, 60, self.which)
        lone = [one for n, r in enumerate(digit) for one in single([r], 0.3 * (n // 2 % 2))]
        lone = [lone[int(n)] for n in self.random.permutation(len(lone))]
        for n, one in enumerate(coffee * 2):
            yield self._row(one.sound(), n, "coffee", one.recording)
        for n, one in enumerate(spelled):
            yield self._row(one.sound(), n % 3, "spelled", one.recording)
        for n, one in enumerate(strings):
            yield self._row(one.sound(), n % 3, "digits", one.recording)
        for n, one in enumerate(lone[::2]):
            yield self._row(one.sound(), n % 2, "digit", one.recording)
        for n, one in enumerate(lone[1::4]):
            yield self._row(one.sound(), 0, ("menu", "yes_no", "coffee")[n % 3], None)
        for n, one in enumerate(strings[::2]):
            yield self._row(one.sound(), n % 3, ("menu", "coffee", "yes_no")[n % 3], None)
        others = {"coffee": ("menu", "digits", "yes_no", "spelled"), "spelled": ("coffee", "menu")}
        for n, one in enumerate(coffee):
            yield self._row(one.sound(), n, others["coffee"][n % 4], None)
        for n, one in enumerate(s for s in spelled if len((s.recording.words or "").split()) > 2):
            yield self._row(one.sound(), n, others["spelled"][n % 2], None)
        for n in range(120):
            yield self._row(self._noise(n), 0, list(self.grammars)[n % len(self.grammars)], None)

    def _noise(self, n: int) -> Samples:
        if n % 2:
            found = sound(self.events[n // 2 % len(self.events)])
            return found[: int(self.random.uniform(0.6, 4) * RATE)]
        noise = self.noises[n // 2 % len(self.noises)]
        length = int(self.random.uniform(0.6, 4) * RATE)
        start = int(self.random.integers(0, len(noise) - length))
        level = 10 ** (self.random.uniform(-40, -20) / 20)
        piece = noise[start : start + length]
        return np.asarray(piece * level / max(1e-6, float(np.sqrt((piece**2).mean()))), dtype=np.float32)

    def _row(self, heard: Samples, n: int, name: str, recording: Recording | None) -> Row:
        snr = SNR_DB[n % len(SNR_DB)]
        if snr is not None:
            heard = with_noise(heard, self.noises[n % len(self.noises)], snr, self.random)
        pcm = pcm16(g711(heard, "pcmu"))
        found = decode(self.engine, pcm, self.engine.grammars.get(self.grammars[name]))
        kind = f"{name} {'said' if recording else 'not said'}"
        if found is None or not found.readings:
            return Row(kind, recording is not None, False, 0.0, (), found.free_features if found else ())
        best = found.readings[0]
        right = False
        if recording is not None and recording.intent is not None:
            right = best.parse.intent == recording.intent and best.parse.slots == recording.slots
        elif recording is not None:
            right = normal(best.text) == normal(recording.words or "")
        freely = plain(self.engine.model.vocabulary.text(list(found.free.tokens)))
        free_right = float(normal(freely) == normal(recording.words)) if recording and recording.words else 0.0
        if recording is not None and recording.words is None:
            free_right = -1.0  # no transcript: not known
        return Row(kind, recording is not None, right, free_right, found.held_features, found.free_features)


def fit(x: list[tuple[float, ...]], y: list[bool], names: tuple[str, ...]) -> dict[str, Any]:
    """Logistic regression on standardised features, written for the plain ones."""
    matrix = np.array(x)
    mean, spread = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    model = LogisticRegression(C=1.0, max_iter=2000).fit((matrix - mean) / spread, y)
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - (weights * mean).sum())
    return {"bias": round(bias, 4), "weights": {n: round(float(w), 4) for n, w in zip(names, weights, strict=True)}}


def values(row: dict[str, Any], x: list[tuple[float, ...]]) -> npt.NDArray[np.float64]:
    """The logistic of each."""
    logistic = Logistic(row["bias"], tuple(row["weights"].values()))
    return np.array([logistic(features) for features in x])


def report(rows: list[Row], belief: dict[str, Any]) -> None:
    """False rejection and acceptance, by kind; calibration."""
    held = [r for r in rows if r.held]
    inside = values(belief["inside"], [r.held for r in held])
    right = values(belief["right"], [r.held for r in held])
    for kind in sorted({r.kind for r in rows}):
        mask = np.array([r.kind == kind for r in held])
        took = (inside[mask] >= belief["accept"]).mean() if mask.any() else 0.0
        sure = (right[mask] >= 0.45).mean() if mask.any() else 0.0
        share = np.mean([r.right for r in rows if r.kind == kind])
        print(
            f"{kind:20} {sum(r.kind == kind for r in rows):4}  taken as inside {took:6.1%}  "
            f"above 0.45 {sure:6.1%}  right {share:6.1%}"
        )
    truth = np.array([r.right for r in held])
    place = np.minimum((right * 10).astype(int), 9)
    error = sum(abs(right[place == b].mean() - truth[place == b].mean()) * (place == b).mean() for b in set(place))
    print(f"expected calibration error of `right`: {error:.3f} on {len(held)}")
    for b in sorted(set(place)):
        print(
            f"  {b / 10:.1f}-{b / 10 + 0.1:.1f}: {(place == b).sum():4} said {right[place == b].mean():.2f} "
            f"are {truth[place == b].mean():.2f}"
        )


def main() -> None:
    data = Path(sys.argv[1])
    only_report = "--report" in sys.argv
    rows = list(Trials(data, 2 if only_report else 1).rows())
    if only_report:
        load()
        report(rows, json.loads(TARGET.read_text(encoding="utf-8")))
        return
    held = [r for r in rows if r.held]
    inside = fit([r.held for r in held], [r.inside for r in held], HELD_FEATURES)
    right = fit([r.held for r in held], [r.right for r in held], HELD_FEATURES)
    known = [r for r in rows if r.free and r.free_right >= 0]
    free = fit([r.free for r in known], [r.free_right > 0 for r in known], FREE_FEATURES)
    said = values(inside, [r.held for r in held if r.inside])
    belief = {
        "command": "python -m scripts.fit_belief DATA",
        "accept": round(float(np.quantile(said, FALSE_REJECTION)), 4),
        "heard": 0.1,
        "inside": inside,
        "right": right,
        "free": free,
    }
    report(rows, belief)
    TARGET.write_text(json.dumps(belief, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
