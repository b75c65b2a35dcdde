"""Recordings through a telephone line into a recognizer: what `ivr eval speech` measures."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ivr.flow.grammar import Grammar
from ivr.insight.channel import Codec, Samples, g711, lose_packets, pcm16, with_noise
from ivr.insight.recordings import RATE, Recording, load
from ivr.insight.scoring import Case
from ivr.ports import Recognizer

LEAD_S = 0.3
"""Quiet before and after what is joined, and around what is cut tight."""
_FLOOR = 3e-4
"""Level of the quiet: about -70 dBFS."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the line does."""

    codec: Codec = "pcmu"
    noise: Path | None = None
    snr_db: float | None = None
    loss: float = 0.0
    """Share of packets."""

    @property
    def name(self) -> str:
        parts: list[str] = [self.codec]
        if self.noise is not None and self.snr_db is not None:
            parts.append(f"{self.noise.stem} {self.snr_db:g} dB")
        if self.loss:
            parts.append(f"{self.loss:.0%} lost")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What is said in one case: one recording, or several joined."""

    recording: Recording
    parts: tuple[Path, ...]
    gaps_s: tuple[float, ...] = ()
    pad_s: float = 0.0

    def sound(self) -> Samples:
        """8 kHz, ±1, before the line."""
        pieces = [_quiet(self.pad_s)]
        for n, part in enumerate(self.parts):
            if n:
                pieces.append(_quiet(self.gaps_s[n - 1]))
            pieces.append(load(part))
        pieces.append(_quiet(self.pad_s))
        return np.concatenate(pieces)


def _quiet(seconds: float) -> Samples:
    return np.random.default_rng(1).normal(0, _FLOOR, int(seconds * RATE)).astype(np.float32)


def single(recordings: Sequence[Recording], pad_s: float = 0.0) -> list[Utterance]:
    """Each recording by itself."""
    return [Utterance(recording, (recording.path,), (), pad_s) for recording in recordings]


def joined(recordings: Sequence[Recording], count: int, strings: int, seed: int) -> list[Utterance]:
    """`strings` random sequences of `count` recordings of one speaker each, 50 to 250 ms of quiet between them and
    0.3 s around. Recordings without words are left out."""
    random = np.random.default_rng(seed)
    by_speaker: dict[str, list[Recording]] = {}
    for recording in recordings:
        if recording.words:
            by_speaker.setdefault(recording.speaker, []).append(recording)
    speakers = sorted(by_speaker)
    out = []
    for n in range(strings if speakers else 0):
        choice = by_speaker[speakers[n % len(speakers)]]
        picked = [choice[int(i)] for i in random.integers(0, len(choice), count)]
        gaps = tuple(float(g) for g in random.uniform(0.05, 0.25, count - 1))
        words = " ".join(r.words or "" for r in picked)
        whole = replace(picked[0], name=f"{'+'.join(r.name for r in picked)}", words=words)
        out.append(Utterance(whole, tuple(r.path for r in picked), gaps, LEAD_S))
    return out


def run(
    recognizer: Recognizer,
    language: str,
    grammar: Grammar | None,
    utterances: Sequence[Utterance],
    conditions: Sequence[Condition],
    seed: int,
) -> Iterator[Case]:
    """Each utterance under each condition; the noise's place depends on seed, utterance and condition only."""
    noises = {c.noise: load(c.noise) for c in conditions if c.noise is not None}
    for number, utterance in enumerate(utterances):
        clean = utterance.sound()
        for index, condition in enumerate(conditions):
            random = np.random.default_rng([seed, number, index])
            sound = clean
            if condition.noise is not None and condition.snr_db is not None:
                sound = with_noise(sound, noises[condition.noise], condition.snr_db, random)
            sound = g711(sound, condition.codec)
            if condition.loss:
                sound = lose_packets(sound, condition.loss, random)
            yield heard_as(recognizer, language, grammar, utterance.recording, condition.name, sound)


def heard_as(
    recognizer: Recognizer,
    language: str,
    grammar: Grammar | None,
    recording: Recording,
    condition: str,
    sound: Samples,
) -> Case:
    """One sound, as it comes out of the line."""
    began = time.process_time()
    stream = recognizer.start(language, grammar)
    stream.audio(pcm16(sound))
    result = stream.end()
    took = time.process_time() - began
    best = result.hypotheses[0] if result.hypotheses else None
    return Case(
        recording.name,
        recording.speaker,
        condition,
        best.text if best else "",
        best.confidence if best else 0.0,
        result.in_grammar,
        result.complete,
        len(sound) / RATE,
        took,
        recording.words,
        recording.intent,
        recording.slots,
        best.intent if best else "",
        best.slots if best else {},
        tuple(h.text for h in result.hypotheses[1:]),
    )
