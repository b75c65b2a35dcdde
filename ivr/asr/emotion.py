"""How a caller sounds, from the sound of a finished turn alone: pitch, loudness, rate, brightness (Praat's measures).

Compared with the caller's own earlier turns where there are some: telephones differ by more than moods do. Rules, not
learned on feelings: what is measured of them is in docs/recognition.md. No words are looked at.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from ivr.asr.sound import RATE, floats

SHORTEST_S = 0.6
LONGEST_S = 10.0
CALLS = 500
"""As many calls' usual voices are remembered."""
USUAL_RANGE, USUAL_RATE, USUAL_TILT = 4.4, 4.7, -10.0
"""Of a first turn: medians over 120 utterances of the AN4 corpus (semitones, peaks a second, dB)."""


@dataclass(frozen=True)
class Voice:
    """What was measured."""

    level_db: float
    """Of the voiced stretches."""
    pitch: float
    """Median, semitones above 100 Hz."""
    pitch_range: float
    """Semitones between the 10th and 90th percentile."""
    rate: float
    """Peaks of loudness a second: about syllables."""
    tilt: float
    """Level of 1 to 3.4 kHz against 0 to 1 kHz, dB: a strained voice is brighter."""


@dataclass(frozen=True)
class Emotion:
    """Chances, 0 to 1; both are low in between."""

    frustrated: float
    calm: float


def measured(pcm: bytes) -> Voice | None:
    """8 kHz mono PCM16; None when there is too little voice."""
    import parselmouth

    samples = floats(pcm)[-int(LONGEST_S * RATE) :]
    if samples.size < SHORTEST_S * RATE or float(np.abs(samples).max()) < 0.003:
        return None
    sound = parselmouth.Sound(samples.astype(np.float64), RATE)
    pitches = sound.to_pitch(time_step=0.02, pitch_floor=75, pitch_ceiling=450).selected_array["frequency"]
    voiced = pitches[pitches > 0]
    if voiced.size < 12:
        return None
    semitones = 12 * np.log2(voiced / 100)
    low, median, high = np.percentile(semitones, [10, 50, 90])
    levels = sound.to_intensity(minimum_pitch=75, time_step=0.02).values[0]
    loud = levels[levels > levels.max() - 25]
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    bins = np.fft.rfftfreq(samples.size, 1 / RATE)
    bright = float(spectrum[(bins >= 1000) & (bins < 3400)].sum()) + 1e-12
    dark = float(spectrum[(bins >= 80) & (bins < 1000)].sum()) + 1e-12
    seconds = max(loud.size * 0.02, 0.2)
    return Voice(
        float(loud.mean()), float(median), float(high - low), _peaks(levels) / seconds, 10 * math.log10(bright / dark)
    )


def _peaks(levels: "np.typing.NDArray[np.float64]") -> int:
    """Rises of 2 dB and more in loud stretches (after de Jong and Wempe's syllable nuclei)."""
    found, lowest, threshold = 0, float(levels[0]), float(levels.max()) - 20
    rising = True
    highest = lowest
    for level in levels.tolist():
        if rising:
            highest = max(highest, level)
            if level < highest - 2:
                found += highest > threshold
                rising, lowest = False, level
        else:
            lowest = min(lowest, level)
            if level > lowest + 2:
                rising, highest = True, level
    return found


def judged(voice: Voice, usual: Voice | None) -> Emotion:
    """`usual`: the caller's earlier turns; None at the first one, which is compared with everybody's."""
    if usual is None:
        arousal = (
            0.25 * (voice.pitch_range - USUAL_RANGE)
            + 0.4 * (voice.rate - USUAL_RATE)
            + 0.12 * (voice.tilt - USUAL_TILT)
        ) / 2  # a stranger's voice says little
    else:
        arousal = (
            0.22 * (voice.level_db - usual.level_db)
            + 0.45 * (voice.pitch - usual.pitch)
            + 0.1 * (voice.pitch_range - usual.pitch_range)
            + 0.4 * (voice.rate - usual.rate)
            + 0.12 * (voice.tilt - usual.tilt)
        )
    return Emotion(_chance(1.6 * (arousal - 1.5)), _chance(-1.6 * (arousal - 0.3)))


def _chance(x: float) -> float:
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, x)))), 3)


class Emotions:
    """One a recognizer process: the usual voice of each call that it heard."""

    def __init__(self) -> None:
        self._usual: OrderedDict[str, tuple[Voice, int]] = OrderedDict()

    def heard(self, call: str, pcm: bytes) -> Emotion | None:
        """None when nothing can be told."""
        voice = measured(pcm)
        if voice is None:
            return None
        usual, turns = self._usual.pop(call, (None, 0))
        found = judged(voice, usual)
        self._usual[call] = (_mean(usual, voice, turns), turns + 1)
        while len(self._usual) > CALLS:
            self._usual.popitem(last=False)
        return found


def _mean(usual: Voice | None, voice: Voice, turns: int) -> Voice:
    if usual is None:
        return voice
    old, new = np.array(list(vars(usual).values())), np.array(list(vars(voice).values()))
    return Voice(*(float(x) for x in (old * turns + new) / (turns + 1)))
