"""Recordings through a telephone line into a recognizer: what `ivr eval speech` measures."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ivr.flow.grammar import Grammar
from ivr.insight.channel import Hop, Samples, at_level, clipped, delay_packets, lose_packets, pcm16, through, with_noise
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

    hops: tuple[Hop, ...] = ("pcmu",)
    """Codecs, in the order in which the sound goes through them."""
    noise: Path | None = None
    snr_db: float | None = None
    level_db: float | None = None
    """Active level of the caller, noise and all; None: as recorded."""
    over_db: float | None = None
    """So far above full scale before it is clipped."""
    dc: float = 0.0
    """Direct current, ±1."""
    loss: float = 0.0
    """Share of packets."""
    jitter_ms: float = 0.0

    @property
    def name(self) -> str:
        parts: list[str] = ["+".join(self.hops)]
        if self.noise is not None and self.snr_db is not None:
            parts.append(f"{self.noise.stem} {self.snr_db:g} dB")
        if self.level_db is not None:
            parts.append(f"{self.level_db:g} dBFS")
        if self.over_db is not None:
            parts.append(f"clipped {self.over_db:g} dB")
        if self.dc:
            parts.append(f"DC {self.dc:g}")
        if self.loss:
            parts.append(f"{self.loss:.0%} lost")
        if self.jitter_ms:
            parts.append(f"jitter {self.jitter_ms:g} ms")
        return ", ".join(parts)

    def line(self, clean: Samples, noise: Samples | None, random: np.random.Generator) -> Samples:
        """`clean` as it comes out of this line; `noise`: what `self.noise` holds."""
        sound = clean
        if noise is not None and self.snr_db is not None:
            sound = with_noise(sound, noise, self.snr_db, random)
        if self.level_db is not None:
            sound = at_level(sound, self.level_db)
        if self.over_db is not None:
            sound = clipped(sound, self.over_db)
        if self.dc:
            sound = np.asarray(np.clip(sound + self.dc, -1.0, 1.0), dtype=np.float32)
        sound = through(sound, self.hops)
        if self.loss:
            sound = lose_packets(sound, self.loss, random)
        if self.jitter_ms:
            sound = delay_packets(sound, self.jitter_ms, random)
        return sound


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
            noise = noises[condition.noise] if condition.noise is not None else None
            sound = condition.line(clean, noise, random)
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
