"""Telephone sound for the engines: 8 kHz PCM16 to floats, to 16 kHz, and whether there is any."""

import numpy as np
import numpy.typing as npt
import soxr

RATE = 8000
_FRAME = 160

Floats = npt.NDArray[np.float32]


def floats(pcm: bytes | bytearray) -> Floats:
    """PCM16 as ±1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0


def to_16k(samples: Floats) -> Floats:
    """From 8 kHz."""
    return np.asarray(soxr.resample(samples, RATE, 2 * RATE, quality="HQ"), dtype=np.float32)


def loudest_db(samples: Floats) -> float:
    """Level of the loudest 20 ms, dBFS (a full-scale sine is -3)."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return -120.0
    return float(10 * np.log10(max(float((frames**2).mean(axis=1).max()), 1e-12)))
