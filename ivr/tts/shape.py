"""From what an engine or a file gives to what a call plays: 8 kHz, one level, no silence around it.

Samples here are float32 mono, ±1. A prompt's level is its active speech level: the mean power of the 20 ms frames that
are less than 30 dB below the loudest one (a plain form of ITU-T P.56, within 1 dB of it on speech).
"""

import wave
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from ivr.tts import SynthesisError

RATE = 8000
TARGET_DB = -20.0
"""dBFS, active level."""
KEEP_S = 0.06
PEAK = 0.89
"""-1 dBFS: nothing is louder."""

Samples = NDArray[np.floating[Any]]


def finish(samples: Samples, rate: int, keep_s: float = KEEP_S) -> bytes:
    """8 kHz mono PCM16, trimmed and at the common level. Raises SynthesisError when it is silent."""
    return to_pcm(level(trim(resample(samples, rate), keep_s)))


def resample(samples: Samples, rate: int) -> Samples:
    if rate == RATE:
        return samples
    return np.asarray(soxr.resample(samples, rate, RATE, quality="HQ"), dtype=np.float32)


def _frame_power(samples: Samples) -> NDArray[np.float64]:
    """Mean square of each whole 20 ms frame of 8 kHz samples; a shorter sound is one frame."""
    size = RATE // 50
    if samples.size < size:
        return np.array([float(np.mean(np.square(samples, dtype=np.float64)))]) if samples.size else np.zeros(0)
    whole = samples[: samples.size // size * size].reshape(-1, size)
    return np.asarray(np.mean(np.square(whole, dtype=np.float64), axis=1))


def active_level_db(samples: Samples) -> float:
    """dBFS of the active frames; -inf for silence."""
    power = _frame_power(samples)
    if not power.size or power.max() <= 1e-10:
        return float("-inf")
    active = power[power > power.max() * 1e-3]
    return float(10 * np.log10(active.mean()))


def trim(samples: Samples, keep_s: float = KEEP_S) -> Samples:
    """Without the silence before and after, but for `keep_s`. Silence is 40 dB below the loudest 20 ms."""
    power = _frame_power(samples)
    if not power.size or power.max() <= 1e-10:
        raise SynthesisError("the sound is silent")
    loud = np.flatnonzero(power > power.max() * 1e-4)
    size, keep = RATE // 50, int(keep_s * RATE)
    start = max(0, int(loud[0]) * size - keep)
    end = min(samples.size, (int(loud[-1]) + 1) * size + keep)
    return samples[start:end]


def level(samples: Samples, target_db: float = TARGET_DB) -> Samples:
    """At the target's active level, peaks above -3 dBFS bent smoothly so that none passes -1 dBFS."""
    out = samples * np.float32(10 ** ((target_db - active_level_db(samples)) / 20))
    knee = np.float32(0.7)
    over = np.abs(out) > knee
    if over.any():
        bent = knee + (PEAK - knee) * np.tanh((np.abs(out[over]) - knee) / (PEAK - knee))
        out[over] = np.sign(out[over]) * bent
    return np.asarray(out, dtype=np.float32)


def to_pcm(samples: Samples) -> bytes:
    """PCM16, little endian, with 3 ms fades so that joints do not click."""
    fade = min(RATE * 3 // 1000, samples.size // 2)
    if fade:
        ramp = np.linspace(0, 1, fade, dtype=np.float32)
        samples = samples.copy()
        samples[:fade] *= ramp
        samples[-fade:] *= ramp[::-1]
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768


def read_wav(path: Path) -> tuple[Samples, int]:
    """Samples (channels averaged) and rate of a PCM WAV file of 8 to 32 bits. Raises SynthesisError."""
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SynthesisError(f"{path.name}: {error or 'not a WAV file'}") from None
    samples = _decode(data, width)
    if channels > 1:
        samples = samples[: samples.size // channels * channels].reshape(-1, channels).mean(axis=1, dtype=np.float32)
    return samples, rate


def _decode(data: bytes, width: int) -> Samples:
    data = data[: len(data) // width * width]
    if width == 1:
        return (np.frombuffer(data, dtype=np.uint8).astype(np.float32) - 128) / 128
    if width == 3:
        wide: Any = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        return np.asarray(wide.view("<i4").reshape(-1) / 2**31, dtype=np.float32)
    return np.asarray(np.frombuffer(data, dtype=f"<i{width}") / float(2 ** (8 * width - 1)), dtype=np.float32)
