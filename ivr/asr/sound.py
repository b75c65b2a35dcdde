"""Telephone sound for the engines: 8 kHz PCM16 to floats, to 16 kHz, and whether there is any."""

import numpy as np
import numpy.typing as npt
import soxr

RATE = 8000
SHORT_S = 1.5
"""Sound shorter than this is a lone word,"""
QUIET_S = 0.5
"""and gets so much silence on both sides (chosen on single digits)."""
IMAGES = 0.1
_FRAME = 160

Floats = npt.NDArray[np.float32]


def floats(pcm: bytes | bytearray) -> Floats:
    """PCM16 as ±1."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768.0


def to_16k(samples: Floats) -> Floats:
    """From 8 kHz."""
    return np.asarray(soxr.resample(samples, RATE, 2 * RATE, quality="HQ"), dtype=np.float32)


def with_quiet_around(samples: Floats) -> Floats:
    """A lone word with half a second of silence before and after it: the model mistakes what begins at once."""
    if len(samples) >= SHORT_S * RATE:
        return samples
    return np.pad(samples, int(QUIET_S * RATE))


def with_images(samples: Floats) -> Floats:
    """To 16 kHz with what lies below 4 kHz mirrored above it, 20 dB down: a telephone cuts off where "s" and "f" are
    loudest, and the model was trained on sound that has more there than silence."""
    low = to_16k(samples)
    mirrored = np.zeros(len(low), dtype=np.float32)
    mirrored[::2] = 2 * samples[: (len(low) + 1) // 2]
    return np.asarray(low + IMAGES * (mirrored - low), dtype=np.float32)


def loudest_db(samples: Floats) -> float:
    """Level of the loudest 20 ms, dBFS (a full-scale sine is -3)."""
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not len(frames):
        return -120.0
    return float(10 * np.log10(max(float((frames**2).mean(axis=1).max()), 1e-12)))


def voicing(samples: Floats) -> tuple[float, float]:
    """How like a voice it sounds: seconds of loud frames with a pitch between 60 and 400 Hz, and by how many dB the
    loud frames stand out of the quiet ones."""
    size, hop, low, high = 256, 128, RATE // 400, RATE // 60
    count = (len(samples) - size) // hop + 1
    if count < 2:
        return (0.0, 0.0)
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    power = (frames.astype(np.float64) ** 2).mean(axis=1) + 1e-10
    levels = 10 * np.log10(power)
    loud = frames[levels > levels.max() - 20]
    spectrum = np.abs(np.fft.rfft((loud - loud.mean(axis=1, keepdims=True)) * np.hanning(size), 2 * size)) ** 2
    likeness = np.fft.irfft(spectrum)[:, : high + 1]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)[: high + 1]
    peaks = (likeness[:, low:] / np.maximum(likeness[:, :1], 1e-12) * window[0] / window[low:]).max(axis=1)
    voiced = float((peaks > 0.6).sum()) * hop / RATE
    stands_out = float(np.percentile(levels, 95) - np.percentile(levels, 10))
    return (voiced, stands_out)
